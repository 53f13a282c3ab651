#include "tables.h"

#include <stddef.h>

#if PEN_X86
static bool has_avx2(void) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
      && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

static bool has_avx512bf16(void) {
  return has_avx512() && __builtin_cpu_supports("avx512bf16");
}
#endif

#if PEN_ARM && defined(__linux__)
#include <sys/auxv.h>

static bool has_neonbf16(void) {
  const unsigned long bf16 = 1ul << 14;  // HWCAP2_BF16, which old headers lack
  return (getauxval(AT_HWCAP2) & bf16) != 0;
}
#elif PEN_ARM && defined(__APPLE__)
#include <sys/sysctl.h>

static bool has_neonbf16(void) {
  int value = 0;
  size_t size = sizeof value;
  return sysctlbyname("hw.optional.arm.FEAT_BF16", &value, &size, NULL, 0) == 0 && value != 0;
}
#elif PEN_ARM
static bool has_neonbf16(void) { return false; }
#endif

const pen_kernels *pen_kernels_for(pen_isa isa) {
  switch (isa) {
    case PEN_ISA_PLAIN: return &pen_kernels_plain;
#if PEN_X86
    case PEN_ISA_AVX2: return has_avx2() ? &pen_kernels_avx2 : NULL;
    case PEN_ISA_AVX512: return has_avx512() ? &pen_kernels_avx512 : NULL;
    case PEN_ISA_AVX512BF16: return has_avx512bf16() ? &pen_kernels_avx512bf16 : NULL;
#endif
#if PEN_ARM
    case PEN_ISA_NEON: return &pen_kernels_neon;
    case PEN_ISA_NEONBF16: return has_neonbf16() ? &pen_kernels_neonbf16 : NULL;
#endif
    default: return NULL;
  }
}

pen_isa pen_best_isa(void) {
  for (pen_isa isa = PEN_ISA_COUNT; isa-- > PEN_ISA_PLAIN;) {
    if (pen_kernels_for(isa) != NULL) return isa;
  }
  return PEN_ISA_PLAIN;
}
