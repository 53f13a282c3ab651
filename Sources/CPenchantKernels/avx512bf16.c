// AVX-512 with bf16 dot products: what the generic bodies in simd/ need to know about it.
#include "tables.h"

#if PEN_X86
#include <immintrin.h>
#include <math.h>

#include "numbers.h"

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))),             \
    apply_to = function)

#include "simd/avx512.h"

// Subnormal values become 0, as vdpbf16ps would read them.
static inline vh narrow(vf value) { return (vh)_mm512_cvtneps_pbh((__m512)value); }

#include "simd/vector.h"
#include "simd/transpose.h"
#include "simd/pairs.h"
#include "simd/operations.h"

const pen_kernels pen_kernels_avx512bf16 = PEN_TABLE(PEN_ISA_AVX512BF16, "avx512bf16");

#pragma clang attribute pop
#endif
