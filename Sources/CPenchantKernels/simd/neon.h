// What the variants for 64-bit Arm share.

// A tile of 6 rows × 4 vectors leaves 8 of the 32 registers for the operands.
#define LANES 4
#define PANEL_VECTORS 4

#include "types.h"

static inline vf load_first_f32(const float *from, int64_t count) {
  vf value = {0};
  memcpy(&value, from, (size_t)count * sizeof *from);
  return value;
}

static inline void store_first_f32(float *to, vf value, int64_t count) {
  memcpy(to, &value, (size_t)count * sizeof *to);
}

static inline vh load_first_u16(const uint16_t *from, int64_t count) {
  vh value = {0};
  memcpy(&value, from, (size_t)count * sizeof *from);
  return value;
}

static inline void store_first_u16(uint16_t *to, vh value, int64_t count) {
  memcpy(to, &value, (size_t)count * sizeof *to);
}

#include "narrow.h"
#include "times_power.h"
