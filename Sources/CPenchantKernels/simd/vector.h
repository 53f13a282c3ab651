// Vectors of LANES float32: loads and stores in either dtype, whole or in part, sums and exp.
//
// The including file defines LANES, the types of types.h, partial loads and stores, whose missing lanes read as 0 and are not touched in memory,
// narrow (float32 to bf16, to nearest even) and times_power (x · 2^n for whole n in −126…128).
#define ALWAYS static inline __attribute__((always_inline))

ALWAYS vf splat(float value) { return value - (vf){0}; }

ALWAYS vf select_f(vi mask, vf yes, vf no) { return mask ? yes : no; }

ALWAYS vf fma_f(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }

// a where it is the larger, else b: a NaN in a is passed over.
ALWAYS vf larger(vf a, vf b) { return select_f(a > b, a, b); }

ALWAYS vf widen(vh value) { return (vf)(__builtin_convertvector(value, vu) << 16); }

ALWAYS vf load_f32(const float *from) {
  vf value;
  memcpy(&value, from, sizeof value);
  return value;
}

ALWAYS void store_f32(float *to, vf value) { memcpy(to, &value, sizeof value); }

// `count` elements from `index` on; 1 ≤ count ≤ LANES.
ALWAYS vf load(const void *data, pen_dtype dtype, int64_t index, int64_t count) {
  if (dtype == PEN_BF16) {
    const uint16_t *from = (const uint16_t *)data + index;
    if (count < LANES) return widen(load_first_u16(from, count));
    vh value;
    memcpy(&value, from, sizeof value);
    return widen(value);
  }
  const float *from = (const float *)data + index;
  return count < LANES ? load_first_f32(from, count) : load_f32(from);
}

ALWAYS void store(void *data, pen_dtype dtype, int64_t index, int64_t count, vf value) {
  if (dtype == PEN_BF16) {
    uint16_t *to = (uint16_t *)data + index;
    vh half = narrow(value);
    if (count < LANES) {
      store_first_u16(to, half, count);
    } else {
      memcpy(to, &half, sizeof half);
    }
  } else {
    float *to = (float *)data + index;
    if (count < LANES) {
      store_first_f32(to, value, count);
    } else {
      store_f32(to, value);
    }
  }
}

// `count` int8 elements times their scale.
ALWAYS vf load_i8(const int8_t *from, int64_t count, float scale) {
  vb value = {0};
  if (count < LANES) {
    memcpy(&value, from, (size_t)count);
  } else {
    memcpy(&value, from, sizeof value);
  }
  return __builtin_convertvector(value, vf) * scale;
}

// Walks 0..<total in vectors: i is the first element, n how many of them there are.
#define FOR_VECTORS(i, n, total)                                                                   \
  for (int64_t i = 0, n; n = pen_min(LANES, (total) - i), i < (total); i += LANES)

// The same over scratch that may be read and written up to a whole vector.
#define FOR_WHOLE_VECTORS(i, total) for (int64_t i = 0; i < (total); i += LANES)

// Sums the lanes as a balanced tree, whatever the vector holds.
ALWAYS float sum_lanes(vf value) {
  float lanes[LANES];
  memcpy(lanes, &value, sizeof lanes);
#pragma clang loop unroll(full)
  for (int step = LANES / 2; step > 0; step /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < step; i++) lanes[i] += lanes[i + step];
  }
  return lanes[0];
}

ALWAYS float max_lanes(vf value) {
  float lanes[LANES];
  memcpy(lanes, &value, sizeof lanes);
#pragma clang loop unroll(full)
  for (int step = LANES / 2; step > 0; step /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < step; i++) {
      lanes[i] = lanes[i] > lanes[i + step] ? lanes[i] : lanes[i + step];
    }
  }
  return lanes[0];
}

ALWAYS vi lane_numbers(void) {
  vi numbers;
#pragma clang loop unroll(full)
  for (int i = 0; i < LANES; i++) numbers[i] = i;
  return numbers;
}

// All bits set in the lanes whose index, counted from `first`, is in begin..<end.
ALWAYS vi lanes_within(int64_t first, int64_t begin, int64_t end) {
  vi numbers = lane_numbers();
  return (numbers >= (int32_t)(begin - first)) & (numbers < (int32_t)(end - first));
}

// e^x within 2 ulp; exactly 1 at 0, 0 below −87.3 (no subnormals), +∞ above 88.8, NaN for NaN.
// Cody–Waite reduction x = n ln 2 + r, then a degree-7 polynomial (the coefficients are minimax on
// |r| ≤ ln 2 / 2).
ALWAYS vf exp_f(vf x) {
  const float least = -87.3f;
  vf bounded = select_f(x > 89.0f, splat(89.0f), x);
  vf n = __builtin_elementwise_roundeven(bounded * 1.44269504088896341f);
  vf r = fma_f(n, splat(-0.693359375f), bounded);
  r = fma_f(n, splat(2.12194440e-4f), r);
  vf p = splat(1.9875691500e-4f);
  p = fma_f(p, r, splat(1.3981999507e-3f));
  p = fma_f(p, r, splat(8.3334519073e-3f));
  p = fma_f(p, r, splat(4.1665795894e-2f));
  p = fma_f(p, r, splat(1.6666665459e-1f));
  p = fma_f(p, r, splat(5.0000001201e-1f));
  p = fma_f(p, r * r, r) + 1.0f;
  return select_f(x < least, splat(0), times_power(p, n));
}

// tanh x within 3 ulp: an odd polynomial near 0 (minimax on |x| < 0.625), 1 − 2 / (e^2|x| + 1) beyond.
ALWAYS vf tanh_f(vf x) {
  vf size = __builtin_elementwise_abs(x);
  vi far = (vi)(1.0f - 2.0f / (exp_f(size * 2.0f) + 1.0f)) | ((vi)x & (int32_t)0x80000000);
  vf z = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = fma_f(p, z, splat(2.06390887954e-2f));
  p = fma_f(p, z, splat(-5.37397155531e-2f));
  p = fma_f(p, z, splat(1.33314422036e-1f));
  p = fma_f(p, z, splat(-3.33332819422e-1f));
  return select_f(size < 0.625f, fma_f(p * z, x, x), (vf)far);
}

// cap · tanh(x / cap), and dy/dx from the y it gives.
ALWAYS vf capped(vf x, float cap) { return tanh_f(x / cap) * cap; }
ALWAYS vf cap_slope(vf y, float cap) { return 1.0f - (y / cap) * (y / cap); }

static void soft_cap(float *x, float cap, int64_t count) {
  FOR_VECTORS(i, n, count) {
    store(x, PEN_F32, i, n, capped(load(x, PEN_F32, i, n), cap));
  }
}

static float exp_scalar(float x) { return exp_f(splat(x))[0]; }
