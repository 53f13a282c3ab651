// 2^n as a product of two powers, for processors without an instruction for it: n = 128 has none of
// its own.
static inline vf times_power(vf x, vf n) {
  vi exponent = __builtin_convertvector(n, vi);
  vi half = exponent >> 1;
  return x * (vf)((half + 127) << 23) * (vf)((exponent - half + 127) << 23);
}
