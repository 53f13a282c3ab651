// Scalar loads, stores and bf16 conversion, shared by every instruction set.
#ifndef PEN_NUMBERS_H
#define PEN_NUMBERS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "CPenchantKernels.h"

// A bf16 value is the upper half of the float32 of the same value.
static inline float pen_float(uint16_t value) {
  uint32_t bits = (uint32_t)value << 16;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}

// To nearest, ties to even. A NaN stays one: rounding could carry its payload into the exponent.
static inline uint16_t pen_bfloat(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16) | 0x0040;
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static inline int64_t pen_size(pen_dtype dtype) { return dtype == PEN_BF16 ? 2 : 4; }

static inline float pen_load(const void *data, pen_dtype dtype, int64_t index) {
  return dtype == PEN_BF16 ? pen_float(((const uint16_t *)data)[index])
                           : ((const float *)data)[index];
}

static inline void pen_store(void *data, pen_dtype dtype, int64_t index, float value) {
  if (dtype == PEN_BF16) {
    ((uint16_t *)data)[index] = pen_bfloat(value);
  } else {
    ((float *)data)[index] = value;
  }
}

// What a product sees of a float32 value once it is stored in the matrix dtype.
static inline float pen_rounded(float value, pen_dtype dtype) {
  return dtype == PEN_BF16 ? pen_float(pen_bfloat(value)) : value;
}

static inline const void *pen_at(const void *data, pen_dtype dtype, int64_t index) {
  return (const char *)data + index * pen_size(dtype);
}

static inline void *pen_at_mut(void *data, pen_dtype dtype, int64_t index) {
  return (char *)data + index * pen_size(dtype);
}

static inline int64_t pen_round_up(int64_t value, int64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

// Hands out the next `bytes` of a scratch area, on a cache line of their own. With a NULL base it
// only counts: the functions that say how much scratch a job needs lay it out the same way.
static inline void *pen_carve(void *base, int64_t *used, int64_t bytes) {
  int64_t at = *used;
  *used += pen_round_up(bytes, 64);
  return base == NULL ? NULL : (char *)base + at;
}

static inline int64_t pen_min(int64_t a, int64_t b) { return a < b ? a : b; }
static inline int64_t pen_max(int64_t a, int64_t b) { return a > b ? a : b; }

#endif
