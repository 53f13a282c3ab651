// The matrix dtype and how it is loaded, stored and summed.
//
// A module is compiled once for each matrix dtype: bfloat16, or float32 with -DFLOAT32.

static DEVICE float bf16_to_float(bf16 x) { return bits_float((unsigned)x << 16); }
static DEVICE bf16 float_to_bf16(float x) { return (bf16)pack_bf16(x, 0); }

#ifdef FLOAT32
#define MATRIX_IS_BF16 0
typedef float element;
static DEVICE float to_float(element x) { return x; }
static DEVICE element from_float(float x) { return x; }
#else
#define MATRIX_IS_BF16 1
typedef bf16 element;
static DEVICE float to_float(element x) { return bf16_to_float(x); }
static DEVICE element from_float(float x) { return float_to_bf16(x); }
#endif

// What a product sees of a value once it is stored in the matrix dtype.
static DEVICE float rounded(float x) { return to_float(from_float(x)); }

// Two neighbouring elements at once: stores of pairs keep memory traffic wide.
static DEVICE void store_pair(element *to, float a, float b) {
#ifdef FLOAT32
  to[0] = a;
  to[1] = b;
#else
  *(unsigned *)to = pack_bf16(a, b);
#endif
}

// Eight neighbouring elements at an address that is a multiple of 16.
static DEVICE void load_eight(const element *from, float *x) {
#ifdef FLOAT32
  UNROLL for (int i = 0; i < 2; i++) {
    vector16 part = ((const vector16 *)from)[i];
    x[4 * i] = bits_float(part.x);
    x[4 * i + 1] = bits_float(part.y);
    x[4 * i + 2] = bits_float(part.z);
    x[4 * i + 3] = bits_float(part.w);
  }
#else
  vector16 all = *(const vector16 *)from;
  x[0] = bits_float(all.x << 16);
  x[1] = bits_float(all.x & 0xffff0000u);
  x[2] = bits_float(all.y << 16);
  x[3] = bits_float(all.y & 0xffff0000u);
  x[4] = bits_float(all.z << 16);
  x[5] = bits_float(all.z & 0xffff0000u);
  x[6] = bits_float(all.w << 16);
  x[7] = bits_float(all.w & 0xffff0000u);
#endif
}
static DEVICE void store_eight(element *to, const float *x) {
#ifdef FLOAT32
  UNROLL for (int i = 0; i < 2; i++) {
    vector16 part;
    part.x = float_bits(x[4 * i]);
    part.y = float_bits(x[4 * i + 1]);
    part.z = float_bits(x[4 * i + 2]);
    part.w = float_bits(x[4 * i + 3]);
    ((vector16 *)to)[i] = part;
  }
#else
  vector16 all;
  all.x = pack_bf16(x[0], x[1]);
  all.y = pack_bf16(x[2], x[3]);
  all.z = pack_bf16(x[4], x[5]);
  all.w = pack_bf16(x[6], x[7]);
  *(vector16 *)to = all;
#endif
}
static DEVICE void load_eight_floats(const float *from, float *x) {
  UNROLL for (int i = 0; i < 2; i++) {
    vector16 part = ((const vector16 *)from)[i];
    x[4 * i] = bits_float(part.x);
    x[4 * i + 1] = bits_float(part.y);
    x[4 * i + 2] = bits_float(part.z);
    x[4 * i + 3] = bits_float(part.w);
  }
}
static DEVICE void store_eight_floats(float *to, const float *x) {
  UNROLL for (int i = 0; i < 2; i++) {
    vector16 part;
    part.x = float_bits(x[4 * i]);
    part.y = float_bits(x[4 * i + 1]);
    part.z = float_bits(x[4 * i + 2]);
    part.w = float_bits(x[4 * i + 3]);
    ((vector16 *)to)[i] = part;
  }
}

// e^x, as exactly as the matrix dtype can tell.
static DEVICE float exponential(float x) {
  return MATRIX_IS_BF16 ? exp2_fast(x * 1.44269504088896341f) : exp_accurate(x);
}

// y = cap · tanh(x / cap), and dy/dx from y; a cap of 0 is none.
static DEVICE float capped(float x, float cap) {
  return cap > 0 ? cap * tanh_accurate(x / cap) : x;
}
static DEVICE float cap_slope(float y, float cap) {
  return cap > 0 ? 1 - (y / cap) * (y / cap) : 1;
}

static DEVICE float warp_sum_float(float x) {
  UNROLL for (int mask = 16; mask > 0; mask >>= 1) x += warp_xor_float(x, mask);
  return x;
}
static DEVICE double warp_sum_double(double x) {
  UNROLL for (int mask = 16; mask > 0; mask >>= 1) x += warp_xor_double(x, mask);
  return x;
}
static DEVICE float warp_most(float x) {
  UNROLL for (int mask = 16; mask > 0; mask >>= 1) x = fmaxf(x, warp_xor_float(x, mask));
  return x;
}

// The sum over a block of whole warps, in an order fixed by its size; every thread gets it. `space` holds
// one number a warp (32 at most), and is free again once all threads have returned.
static DEVICE float block_sum_float(float x, float *space) {
  x = warp_sum_float(x);
  if (thread_index() % 32 == 0) space[thread_index() / 32] = x;
  block_barrier();
  float sum = 0;
  for (int warp = 0; warp < block_threads() / 32; warp++) sum += space[warp];
  block_barrier();
  return sum;
}
static DEVICE double block_sum_double(double x, double *space) {
  x = warp_sum_double(x);
  if (thread_index() % 32 == 0) space[thread_index() / 32] = x;
  block_barrier();
  double sum = 0;
  for (int warp = 0; warp < block_threads() / 32; warp++) sum += space[warp];
  block_barrier();
  return sum;
}
