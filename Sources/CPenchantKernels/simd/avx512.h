// What the variants with 512-bit vectors share.

// A tile of 6 rows × 4 vectors leaves 8 of the 32 registers for the operands.
#define LANES 16
#define PANEL_VECTORS 4

#include "types.h"

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

static inline vf times_power(vf x, vf n) { return (vf)_mm512_scalef_ps((__m512)x, (__m512)n); }
