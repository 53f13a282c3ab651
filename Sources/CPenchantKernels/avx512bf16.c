// AVX-512 with bf16 dot products: what the generic bodies in simd/ need to know about it.
#include "tables.h"

#if PEN_X86
#include <immintrin.h>
#include <math.h>

#include "numbers.h"

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))),             \
    apply_to = function)

// A tile of 6 rows × 4 vectors leaves 8 of the 32 registers for the operands.
#define LANES 16
enum { PANEL_VECTORS = 4 };

typedef float vf __attribute__((ext_vector_type(LANES)));
typedef double vd __attribute__((ext_vector_type(LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(LANES)));

static inline vf load_first_f32(const float *from, int64_t count) {
  return (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), from);
}

static inline void store_first_f32(float *to, vf value, int64_t count) {
  _mm512_mask_storeu_ps(to, (__mmask16)((1u << count) - 1), (__m512)value);
}

static inline vh load_first_u16(const uint16_t *from, int64_t count) {
  return (vh)_mm256_maskz_loadu_epi16((__mmask16)((1u << count) - 1), from);
}

static inline void store_first_u16(uint16_t *to, vh value, int64_t count) {
  _mm256_mask_storeu_epi16(to, (__mmask16)((1u << count) - 1), (__m256i)value);
}

// Subnormal values become 0, as vdpbf16ps would read them.
static inline vh narrow(vf value) { return (vh)_mm512_cvtneps_pbh((__m512)value); }

static inline vf times_power(vf x, vf n) { return (vf)_mm512_scalef_ps((__m512)x, (__m512)n); }

#include "simd/vector.h"
#include "simd/transpose.h"
#include "simd/pairs.h"
#include "simd/multiply.h"
#include "simd/multiply_rows.h"
#include "simd/attention.h"
#include "simd/attention_backward.h"
#include "simd/decode.h"
#include "simd/head.h"
#include "simd/norm.h"
#include "simd/elementwise.h"
#include "simd/optimizer.h"

const pen_kernels pen_kernels_avx512bf16 = {
  .isa = PEN_ISA_AVX512BF16,
  .name = "avx512bf16",
  .panel_width = PANEL_WIDTH,
  .head_rows = HEAD_ROWS / 2,  // half a block shares out better between threads and costs 5 %
  PEN_TABLE_FUNCTIONS,
};

#pragma clang attribute pop
#endif
