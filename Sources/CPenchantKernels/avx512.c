// AVX-512 without bf16 dot products: what the generic bodies in simd/ need to know about it. bf16
// operands are widened, so that both dtypes run on the same multiply-adds.
#include "tables.h"

#if PEN_X86
#include <immintrin.h>
#include <math.h>

#include "numbers.h"

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)

#include "simd/avx512.h"

#include "simd/narrow.h"
#include "simd/vector.h"
#include "simd/transpose.h"
#include "simd/widened.h"
#include "simd/operations.h"

const pen_kernels pen_kernels_avx512 = PEN_TABLE(PEN_ISA_AVX512, "avx512");

#pragma clang attribute pop
#endif
