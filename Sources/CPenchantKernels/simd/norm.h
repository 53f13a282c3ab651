// Norms of rows, each beside its gradient. Statistics end in double.

// Root-mean-square norm: y = x r g with r = (mean x² + ε)^(−1/2) and g = offset + gain.

static float inverse_rms(const void *x, pen_dtype dtype, int64_t columns, float epsilon) {
  vf sum = {0};
  FOR_VECTORS(i, n, columns) {
    vf value = load(x, dtype, i, n);
    sum = fma_f(value, value, sum);
  }
  return (float)(1 / sqrt((double)sum_lanes(sum) / (double)columns + epsilon));
}

static void rms_norm(void *out, int64_t out_stride, const void *x, int64_t x_stride,
                     const void *gain, float gain_offset, float epsilon, int64_t rows,
                     int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    void *to = pen_at_mut(out, dtype, row * out_stride);
    float r = inverse_rms(from, dtype, columns, epsilon);
    FOR_VECTORS(i, n, columns) {
      vf g = load(gain, dtype, i, n) + gain_offset;
      store(to, dtype, i, n, load(from, dtype, i, n) * r * g);
    }
  }
}

// dx = r (g dy − x r² mean(g dy x))    dg = dy x r
static void rms_norm_backward(float *d_x, int64_t d_x_stride, float *d_gain, const float *d_out,
                              int64_t d_out_stride, const void *x, int64_t x_stride,
                              const void *gain, float gain_offset, float epsilon, int64_t rows,
                              int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    const float *dy = d_out + row * d_out_stride;
    float *dx = d_x + row * d_x_stride;
    float r = inverse_rms(from, dtype, columns, epsilon);
    vf sum = {0};
    FOR_VECTORS(i, n, columns) {
      vf scaled = (load(gain, dtype, i, n) + gain_offset) * load(dy, PEN_F32, i, n);
      sum = fma_f(scaled, load(from, dtype, i, n), sum);
    }
    float c = (float)((double)sum_lanes(sum) / (double)columns) * r * r;
    FOR_VECTORS(i, n, columns) {
      vf value = load(from, dtype, i, n), dy_i = load(dy, PEN_F32, i, n);
      vf g = load(gain, dtype, i, n) + gain_offset;
      vf change = (g * dy_i - value * c) * r;
      store(dx, PEN_F32, i, n, load(dx, PEN_F32, i, n) + change);
      if (d_gain == NULL) continue;
      store(d_gain, PEN_F32, i, n, fma_f(dy_i, value * r, load(d_gain, PEN_F32, i, n)));
    }
  }
}

// The mean of a row, and (mean (x − mean)² + ε)^(−1/2).
static float inverse_deviation(const void *x, pen_dtype dtype, int64_t columns, float epsilon,
                               float *mean) {
  vf sum = {0}, squares = {0};
  FOR_VECTORS(i, n, columns) sum += load(x, dtype, i, n);
  *mean = (float)((double)sum_lanes(sum) / (double)columns);
  FOR_VECTORS(i, n, columns) {
    // Lanes beyond the row read as 0, which is not the mean.
    vf value = select_f(lanes_within(0, 0, n), load(x, dtype, i, n) - *mean, (vf){0});
    squares = fma_f(value, value, squares);
  }
  return (float)(1 / sqrt((double)sum_lanes(squares) / (double)columns + epsilon));
}

// y = n g + b with n = (x − mean x) r (Ba et al., arXiv 1607.06450)
static void layer_norm(void *out, int64_t out_stride, const void *x, int64_t x_stride,
                       const void *gain, const void *bias, float epsilon, int64_t rows,
                       int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    void *to = pen_at_mut(out, dtype, row * out_stride);
    float mean;
    float r = inverse_deviation(from, dtype, columns, epsilon, &mean);
    FOR_VECTORS(i, n, columns) {
      vf norm = (load(from, dtype, i, n) - mean) * r;
      store(to, dtype, i, n, fma_f(norm, load(gain, dtype, i, n), load(bias, dtype, i, n)));
    }
  }
}

// dx = r (g dy − mean(g dy) − n mean(g dy n))    dg = dy n    db = dy
static void layer_norm_backward(float *d_x, int64_t d_x_stride, float *d_gain, float *d_bias,
                                const float *d_out, int64_t d_out_stride, const void *x,
                                int64_t x_stride, const void *gain, float epsilon, int64_t rows,
                                int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    const float *dy = d_out + row * d_out_stride;
    float *dx = d_x + row * d_x_stride;
    float mean;
    float r = inverse_deviation(from, dtype, columns, epsilon, &mean);
    vf sum = {0}, weighted = {0};
    FOR_VECTORS(i, n, columns) {
      // 0 beyond the row, as dy is.
      vf scaled = load(gain, dtype, i, n) * load(dy, PEN_F32, i, n);
      sum += scaled;
      weighted = fma_f(scaled, (load(from, dtype, i, n) - mean) * r, weighted);
    }
    float a = (float)((double)sum_lanes(sum) / (double)columns);
    float c = (float)((double)sum_lanes(weighted) / (double)columns);
    FOR_VECTORS(i, n, columns) {
      vf norm = (load(from, dtype, i, n) - mean) * r, dy_i = load(dy, PEN_F32, i, n);
      vf change = (load(gain, dtype, i, n) * dy_i - a - norm * c) * r;
      store(dx, PEN_F32, i, n, load(dx, PEN_F32, i, n) + change);
      if (d_gain == NULL) continue;
      store(d_gain, PEN_F32, i, n, fma_f(dy_i, norm, load(d_gain, PEN_F32, i, n)));
      store(d_bias, PEN_F32, i, n, load(d_bias, PEN_F32, i, n) + dy_i);
    }
  }
}
