// Root-mean-square norm: y = x r g with r = (mean x² + ε)^(−1/2). Statistics in double.

static float inverse_rms(const void *x, pen_dtype dtype, int64_t columns, float epsilon) {
  vf sum = {0};
  FOR_VECTORS(i, n, columns) {
    vf value = load(x, dtype, i, n);
    sum = fma_f(value, value, sum);
  }
  return (float)(1 / sqrt((double)sum_lanes(sum) / (double)columns + epsilon));
}

static void rms_norm(void *out, int64_t out_stride, const void *x, int64_t x_stride,
                     const void *gain, float epsilon, int64_t rows, int64_t columns,
                     pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    void *to = pen_at_mut(out, dtype, row * out_stride);
    float r = inverse_rms(from, dtype, columns, epsilon);
    FOR_VECTORS(i, n, columns) {
      store(to, dtype, i, n, load(from, dtype, i, n) * r * load(gain, dtype, i, n));
    }
  }
}

// dx = r (g dy − x r² mean(g dy x))    dg = dy x r
static void rms_norm_backward(float *d_x, int64_t d_x_stride, float *d_gain, const float *d_out,
                              int64_t d_out_stride, const void *x, int64_t x_stride,
                              const void *gain, float epsilon, int64_t rows, int64_t columns,
                              pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    const float *dy = d_out + row * d_out_stride;
    float *dx = d_x + row * d_x_stride;
    float r = inverse_rms(from, dtype, columns, epsilon);
    vf sum = {0};
    FOR_VECTORS(i, n, columns) {
      vf scaled = load(gain, dtype, i, n) * load(dy, PEN_F32, i, n);
      sum = fma_f(scaled, load(from, dtype, i, n), sum);
    }
    float c = (float)((double)sum_lanes(sum) / (double)columns) * r * r;
    FOR_VECTORS(i, n, columns) {
      vf value = load(from, dtype, i, n), dy_i = load(dy, PEN_F32, i, n);
      vf change = (load(gain, dtype, i, n) * dy_i - value * c) * r;
      store(dx, PEN_F32, i, n, load(dx, PEN_F32, i, n) + change);
      if (d_gain == NULL) continue;
      store(d_gain, PEN_F32, i, n, fma_f(dy_i, value * r, load(d_gain, PEN_F32, i, n)));
    }
  }
}
