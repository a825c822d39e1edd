// Compares many bytes with one byte at once and gives the answers as bits, which Swift's SIMD types
// cannot: where they stand takes one instruction from here and about ten from a SIMDMask.
#pragma once
#include <stddef.h>
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
