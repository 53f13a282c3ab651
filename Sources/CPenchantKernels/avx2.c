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
enum { PANEL_VECTORS = 2 };

typedef float vf __attribute__((ext_vector_type(LANES)));
typedef double vd __attribute__((ext_vector_type(LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(LANES)));

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

// As pen_bfloat.
static inline vh narrow(vf value) {
  vu bits = (vu)value;
  vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  vu quiet = (bits >> 16) | 0x40;
  return __builtin_convertvector(value != value ? quiet : rounded, vh);
}

// 2^n as a product of two powers: n = 128 has none of its own.
static inline vf times_power(vf x, vf n) {
  vi exponent = (vi)_mm256_cvtps_epi32((__m256)n);
  vi half = exponent >> 1;
  return x * (vf)((half + 127) << 23) * (vf)((exponent - half + 127) << 23);
}

#include "simd/vector.h"
#include "simd/transpose.h"
#include "simd/widened.h"
#include "simd/multiply.h"
#include "simd/multiply_rows.h"
#include "simd/attention.h"
#include "simd/attention_backward.h"
#include "simd/decode.h"
#include "simd/head.h"
#include "simd/norm.h"
#include "simd/elementwise.h"
#include "simd/optimizer.h"

const pen_kernels pen_kernels_avx2 = {
  .isa = PEN_ISA_AVX2,
  .name = "avx2",
  .panel_width = PANEL_WIDTH,
  .head_rows = HEAD_ROWS / 2,  // half a block shares out better between threads and costs 5 %
  PEN_TABLE_FUNCTIONS,
};

#pragma clang attribute pop
#endif
