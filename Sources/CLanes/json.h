// Passes over the strings of nested JSON values, 64 bytes a step: with AVX-512 or AVX2 where the machine
// has them, asked at run time so that one build serves every machine.
#pragma once
#include "lanes.h"

#define LANES_INLINE static inline __attribute__((always_inline))

/// What JSON is made of in 64 bytes, a bit for each byte.
struct lanes_marks {
  uint64_t quotes, backslashes;
  /// Of any kind.
  uint64_t brackets;
};

LANES_INLINE struct lanes_marks lanes_marks_plain(const void *bytes) {
  struct lanes_marks marks;
  marks.quotes = lanes_equal_64(bytes, '"');
  marks.backslashes = lanes_equal_64(bytes, '\\');
  marks.brackets = lanes_folded_64(bytes, '{') | lanes_folded_64(bytes, '}');
  return marks;
}

/// Which of 64 bytes have a backslash before them that is not itself escaped. `carry` is 1 when the
/// 64 before them ended in one, else 0.
///
/// After Langdale and Lemire, "Parsing gigabytes of JSON per second" (2019), in the form that simdjson
/// has had since 3.0.
LANES_INLINE uint64_t lanes_escaped(uint64_t backslashes, uint64_t *carry) {
  const uint64_t odd = 0xAAAAAAAAAAAAAAAAu;
  uint64_t free = backslashes & ~*carry;
  uint64_t follows = ((free << 1 | odd) - free) ^ odd;
  uint64_t escaped = follows ^ (backslashes | *carry);
  *carry = (follows & backslashes) >> 63;
  return escaped;
}

/// Where a pass over a nested value stands between two blocks of 64 bytes; all zero at its beginning.
struct lanes_pass {
  uint64_t carry;
  /// All ones inside a string.
  uint64_t inside;
  /// Of the block it stopped at, a bit for each byte that is outside all strings.
  uint64_t brackets, backslashes;
};

/// No branch on what a text says: every second block of a text has a quote or a backslash, which the
/// processor cannot foresee.
LANES_INLINE void lanes_take(struct lanes_marks marks, struct lanes_pass *pass) {
  uint64_t quotes = marks.quotes & ~lanes_escaped(marks.backslashes, &pass->carry);
  // One bit for every byte of a string, its opening quote included.
  uint64_t strings = quotes;
  strings ^= strings << 1;
  strings ^= strings << 2;
  strings ^= strings << 4;
  strings ^= strings << 8;
  strings ^= strings << 16;
  strings ^= strings << 32;
  strings ^= pass->inside;
  pass->inside = (uint64_t)((int64_t)strings >> 63);
  pass->brackets = marks.brackets & ~strings;
  pass->backslashes = marks.backslashes & ~strings;
}

/// The pass itself, once for each way to look at 64 bytes.
#define LANES_PASS(NAME, MARKS)                                                       \
  size_t NAME(const void *bytes, size_t blocks, struct lanes_pass *pass) {            \
    struct lanes_pass state = *pass;                                                  \
    size_t i = 0;                                                                     \
    for (; i < blocks; i++) {                                                         \
      lanes_take(MARKS((const char *)bytes + 64 * i), &state);                        \
      if (state.brackets | state.backslashes) break;                                  \
    }                                                                                 \
    *pass = state;                                                                    \
    return i;                                                                         \
  }

static inline LANES_PASS(lanes_pass_plain, lanes_marks_plain)

#if defined(__x86_64__) && !defined(LANES_PORTABLE)
#include <immintrin.h>

#define LANES_AVX2 __attribute__((target("avx2")))
#define LANES_AVX512 __attribute__((target("avx512bw")))

LANES_AVX2 LANES_INLINE uint64_t lanes_bits_avx2(__m256i low, __m256i high) {
  return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

LANES_AVX2 LANES_INLINE struct lanes_marks lanes_marks_avx2(const void *bytes) {
  __m256i low = _mm256_loadu_si256((const __m256i *)bytes);
  __m256i high = _mm256_loadu_si256((const __m256i *)bytes + 1);
  struct lanes_marks marks;
  __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\');
  marks.quotes = lanes_bits_avx2(_mm256_cmpeq_epi8(low, quote), _mm256_cmpeq_epi8(high, quote));
  marks.backslashes =
      lanes_bits_avx2(_mm256_cmpeq_epi8(low, backslash), _mm256_cmpeq_epi8(high, backslash));
  __m256i fold = _mm256_set1_epi8(0x20);
  low = _mm256_or_si256(low, fold);
  high = _mm256_or_si256(high, fold);
  __m256i open = _mm256_set1_epi8('{'), close = _mm256_set1_epi8('}');
  marks.brackets = lanes_bits_avx2(
      _mm256_or_si256(_mm256_cmpeq_epi8(low, open), _mm256_cmpeq_epi8(low, close)),
      _mm256_or_si256(_mm256_cmpeq_epi8(high, open), _mm256_cmpeq_epi8(high, close)));
  return marks;
}

LANES_AVX512 LANES_INLINE struct lanes_marks lanes_marks_avx512(const void *bytes) {
  __m512i block = _mm512_loadu_si512(bytes);
  struct lanes_marks marks;
  marks.quotes = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"'));
  marks.backslashes = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\'));
  block = _mm512_or_si512(block, _mm512_set1_epi8(0x20));
  marks.brackets = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('{')) |
                   _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('}'));
  return marks;
}

static inline int lanes_has_avx2(void) { return __builtin_cpu_supports("avx2"); }
static inline int lanes_has_avx512(void) { return __builtin_cpu_supports("avx512bw"); }

LANES_AVX2 static LANES_PASS(lanes_pass_avx2, lanes_marks_avx2)
LANES_AVX512 static LANES_PASS(lanes_pass_avx512, lanes_marks_avx512)
#endif

/// Goes over whole blocks of 64 bytes up to the first one with a bracket or a backslash outside its
/// strings, which `pass` then tells of; returns its number, or `blocks` when none has.
static inline size_t lanes_pass_strings(
    const void *bytes, size_t blocks, struct lanes_pass *pass) {
#if defined(__x86_64__) && !defined(LANES_PORTABLE)
  if (lanes_has_avx512()) return lanes_pass_avx512(bytes, blocks, pass);
  if (lanes_has_avx2()) return lanes_pass_avx2(bytes, blocks, pass);
#endif
  return lanes_pass_plain(bytes, blocks, pass);
}
