#include "tables.h"

#include <stddef.h>

#if PEN_X86
static bool has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512bf16(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
      && __builtin_cpu_supports("avx512bf16");
}
#endif

const pen_kernels *pen_kernels_for(pen_isa isa) {
  switch (isa) {
    case PEN_ISA_PLAIN: return &pen_kernels_plain;
#if PEN_X86
    case PEN_ISA_AVX2: return has_avx2() ? &pen_kernels_avx2 : NULL;
    case PEN_ISA_AVX512BF16: return has_avx512bf16() ? &pen_kernels_avx512bf16 : NULL;
#endif
    default: return NULL;
  }
}

pen_isa pen_best_isa(void) {
  for (pen_isa isa = PEN_ISA_AVX512BF16; isa > PEN_ISA_PLAIN; isa--) {
    if (pen_kernels_for(isa) != NULL) return isa;
  }
  return PEN_ISA_PLAIN;
}
