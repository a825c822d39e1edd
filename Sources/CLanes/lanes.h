// Compares many bytes with one byte at once and gives the answers as bits, which Swift's SIMD types
// cannot: where they stand takes one instruction from here and about ten from a SIMDMask.
#pragma once
#include <stdint.h>
#include <string.h>

#if defined(__SSE2__) && !defined(LANES_PORTABLE)
#include <emmintrin.h>

/// Bit i tells whether the i-th of 16 bytes is `byte`.
static inline uint32_t lanes_equal_16(const void *bytes, uint8_t byte) {
  __m128i block = _mm_loadu_si128((const __m128i *)bytes);
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8((char)byte)));
}

/// The same for `byte` and its twin without bit 5, so that 0x7B finds `{` and `[`.
static inline uint32_t lanes_folded_16(const void *bytes, uint8_t byte) {
  __m128i block = _mm_loadu_si128((const __m128i *)bytes);
  block = _mm_or_si128(block, _mm_set1_epi8(0x20));
  return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(block, _mm_set1_epi8((char)byte)));
}

#else

static inline uint32_t lanes_zero_8(uint64_t word) {
  const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
  uint64_t zeros = ~(((word & low) + low) | word | low);
  return (uint32_t)((zeros >> 7) * 0x0102040810204080u >> 56);
}

static inline uint32_t lanes_compare_16(const void *bytes, uint64_t fold, uint8_t byte) {
  uint64_t words[2];
  memcpy(words, bytes, 16);
  uint64_t pattern = 0x0101010101010101u * byte;
  return lanes_zero_8((words[0] | fold) ^ pattern) |
         lanes_zero_8((words[1] | fold) ^ pattern) << 8;
}

static inline uint32_t lanes_equal_16(const void *bytes, uint8_t byte) {
  return lanes_compare_16(bytes, 0, byte);
}

static inline uint32_t lanes_folded_16(const void *bytes, uint8_t byte) {
  return lanes_compare_16(bytes, 0x2020202020202020u, byte);
}

#endif

/// Bit i tells whether the i-th of 64 bytes is `byte`.
static inline uint64_t lanes_equal_64(const void *bytes, uint8_t byte) {
  const char *block = (const char *)bytes;
  return (uint64_t)lanes_equal_16(block, byte) |
         (uint64_t)lanes_equal_16(block + 16, byte) << 16 |
         (uint64_t)lanes_equal_16(block + 32, byte) << 32 |
         (uint64_t)lanes_equal_16(block + 48, byte) << 48;
}

/// The same for `byte` and its twin without bit 5.
static inline uint64_t lanes_folded_64(const void *bytes, uint8_t byte) {
  const char *block = (const char *)bytes;
  return (uint64_t)lanes_folded_16(block, byte) |
         (uint64_t)lanes_folded_16(block + 16, byte) << 16 |
         (uint64_t)lanes_folded_16(block + 32, byte) << 32 |
         (uint64_t)lanes_folded_16(block + 48, byte) << 48;
}

/// What JSON is made of in 64 bytes, a bit for each byte.
struct lanes_marks {
  uint64_t quotes, backslashes;
  /// Of any kind.
  uint64_t brackets;
};

#if defined(__x86_64__) && !defined(LANES_PORTABLE)
#include <immintrin.h>

#define LANES_AVX2 __attribute__((target("avx2")))

LANES_AVX2 static uint64_t lanes_bits_avx2(__m256i low, __m256i high) {
  return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

LANES_AVX2 static struct lanes_marks lanes_marks_avx2(const void *bytes) {
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
#endif

static inline struct lanes_marks lanes_marks_plain(const void *bytes) {
  struct lanes_marks marks;
  marks.quotes = lanes_equal_64(bytes, '"');
  marks.backslashes = lanes_equal_64(bytes, '\\');
  marks.brackets = lanes_folded_64(bytes, '{') | lanes_folded_64(bytes, '}');
  return marks;
}

static inline struct lanes_marks lanes_marks_64(const void *bytes) {
#if defined(__x86_64__) && !defined(LANES_PORTABLE)
  // Asked at run time, so that one build serves every machine: a load and a branch that is foreseen.
  if (__builtin_cpu_supports("avx2")) return lanes_marks_avx2(bytes);
#endif
  return lanes_marks_plain(bytes);
}
