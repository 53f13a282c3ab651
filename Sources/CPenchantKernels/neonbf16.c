// 64-bit Arm with bf16 products of 2 × 4 by 4 × 2 (bfmmla) and dot products (bfdot).
#include "tables.h"

#if PEN_ARM
#include <arm_neon.h>
#include <math.h>

#include "numbers.h"

#pragma clang attribute push(__attribute__((target("bf16"))), apply_to = function)

#include "simd/neon.h"
#include "simd/vector.h"
#include "simd/transpose.h"
#include "simd/blocks.h"
#include "simd/operations.h"

const pen_kernels pen_kernels_neonbf16 = PEN_TABLE(PEN_ISA_NEONBF16, "neonbf16");

#pragma clang attribute pop
#endif
