// AVX2 with FMA: what the generic bodies in simd/ need to know about it. bf16 operands are widened,
// so that both dtypes run on the same multiply-adds.
#include "tables.h"

#if PEN_X86
#include <immintrin.h>
#include <math.h>

#include "numbers.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

// A tile of 6 rows × 2 vectors leaves 4 of the 16 registers for the operands.
#define LANES 8
#define PANEL_VECTORS 2

#include "simd/types.h"

static inline __m256i first_lanes(int64_t count) {
  const __m256i numbers = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), numbers);
}

static inline vf load_first_f32(const float *from, int64_t count) {
  return (vf)_mm256_maskload_ps(from, first_lanes(count));
}

static inline void store_first_f32(float *to, vf value, int64_t count) {
  _mm256_maskstore_ps(to, first_lanes(count), (__m256)value);
}

static inline vh load_first_u16(const uint16_t *from, int64_t count) {
  vh value = {0};
  memcpy(&value, from, (size_t)count * sizeof *from);
  return value;
}

static inline void store_first_u16(uint16_t *to, vh value, int64_t count) {
  memcpy(to, &value, (size_t)count * sizeof *to);
}

#include "simd/narrow.h"
#include "simd/times_power.h"
#include "simd/vector.h"
#include "simd/transpose.h"
#include "simd/widened.h"
#include "simd/operations.h"

const pen_kernels pen_kernels_avx2 = PEN_TABLE(PEN_ISA_AVX2, "avx2");

#pragma clang attribute pop
#endif
