// 64-bit Arm without bf16 arithmetic: what the generic bodies in simd/ need to know about it. bf16 operands
// are widened, so that both dtypes run on the same multiply-adds.
#include "tables.h"

#if PEN_ARM
#include <math.h>

#include "numbers.h"

#include "simd/neon.h"
#include "simd/vector.h"
#include "simd/transpose.h"
#include "simd/widened.h"
#include "simd/operations.h"

const pen_kernels pen_kernels_neon = PEN_TABLE(PEN_ISA_NEON, "neon");
#endif
