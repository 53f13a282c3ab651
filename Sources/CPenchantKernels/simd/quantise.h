// Weights as int8 with a scale a group; the arithmetic of the plain variant, bit for bit.
static bool quantise(int8_t *data, int64_t stride, float *scales, int64_t scale_stride,
                     const void *source, int64_t source_stride, pen_dtype dtype, int64_t rows,
                     int64_t columns) {
  vf unbounded = {0};  // x − x: 0, or NaN once an element is not finite
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t begin = 0; begin < columns; begin += PEN_GROUP) {
      const int64_t count = pen_min(PEN_GROUP, columns - begin);
      const int64_t at = row * source_stride + begin;
      vf most = {0};
      FOR_VECTORS(i, n, count) {
        vf x = load(source, dtype, at + i, n);
        unbounded += x - x;
        most = larger(__builtin_elementwise_abs(x), most);
      }
      float size = max_lanes(most);
      scales[row * scale_stride + begin / PEN_GROUP] = size / 127;
      float inverse = size > 0 ? 127 / size : 0;
      FOR_VECTORS(i, n, count) {
        vf steps = __builtin_elementwise_roundeven(load(source, dtype, at + i, n) * inverse);
        // Only what is not finite, and refused, lies outside.
        steps = select_f((vi)(steps >= -127.0f) & (vi)(steps <= 127.0f), steps, (vf){0});
        vb whole = __builtin_convertvector(steps, vb);
        memcpy(data + row * stride + begin + i, &whole, (size_t)n);
      }
    }
  }
  return sum_lanes(unbounded) == 0;
}
