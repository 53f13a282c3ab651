// Norms of rows, each beside its gradient.
#include <math.h>

#include "../numbers.h"

// y = x r g with r = (mean x² + ε)^(−1/2) and g = offset + gain
static float inverse_rms(const void *x, pen_dtype dtype, int64_t columns, float epsilon) {
  double sum = 0;
  for (int64_t i = 0; i < columns; i++) {
    double value = pen_load(x, dtype, i);
    sum += value * value;
  }
  return (float)(1 / sqrt(sum / (double)columns + epsilon));
}

static void rms_norm(void *out, int64_t out_stride, const void *x, int64_t x_stride,
                     const void *gain, float gain_offset, float epsilon, int64_t rows,
                     int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    float r = inverse_rms(from, dtype, columns, epsilon);
    for (int64_t i = 0; i < columns; i++) {
      float value = pen_load(from, dtype, i) * r * (gain_offset + pen_load(gain, dtype, i));
      pen_store(out, dtype, row * out_stride + i, value);
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
    double sum = 0;
    for (int64_t i = 0; i < columns; i++) {
      float g = gain_offset + pen_load(gain, dtype, i);
      sum += (double)(g * dy[i]) * pen_load(from, dtype, i);
    }
    float c = (float)(sum / (double)columns) * r * r;
    for (int64_t i = 0; i < columns; i++) {
      float value = pen_load(from, dtype, i), g = gain_offset + pen_load(gain, dtype, i);
      dx[i] += r * (g * dy[i] - value * c);
      if (d_gain != NULL) d_gain[i] += dy[i] * (value * r);
    }
  }
}

// The mean of a row, and (mean (x − mean)² + ε)^(−1/2).
static float inverse_deviation(const void *x, pen_dtype dtype, int64_t columns, float epsilon,
                               float *mean) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < columns; i++) sum += pen_load(x, dtype, i);
  *mean = (float)(sum / (double)columns);
  for (int64_t i = 0; i < columns; i++) {
    double value = pen_load(x, dtype, i) - *mean;
    squares += value * value;
  }
  return (float)(1 / sqrt(squares / (double)columns + epsilon));
}

// y = n g + b with n = (x − mean x) r (Ba et al., arXiv 1607.06450)
static void layer_norm(void *out, int64_t out_stride, const void *x, int64_t x_stride,
                       const void *gain, const void *bias, float epsilon, int64_t rows,
                       int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    float mean;
    float r = inverse_deviation(from, dtype, columns, epsilon, &mean);
    for (int64_t i = 0; i < columns; i++) {
      float n = (pen_load(from, dtype, i) - mean) * r;
      float value = n * pen_load(gain, dtype, i) + pen_load(bias, dtype, i);
      pen_store(out, dtype, row * out_stride + i, value);
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
    double sum = 0, weighted = 0;
    for (int64_t i = 0; i < columns; i++) {
      float scaled = pen_load(gain, dtype, i) * dy[i];
      sum += scaled;
      weighted += (double)scaled * ((pen_load(from, dtype, i) - mean) * r);
    }
    float a = (float)(sum / (double)columns), c = (float)(weighted / (double)columns);
    for (int64_t i = 0; i < columns; i++) {
      float n = (pen_load(from, dtype, i) - mean) * r;
      dx[i] += r * (pen_load(gain, dtype, i) * dy[i] - a - n * c);
      if (d_gain == NULL) continue;
      d_gain[i] += dy[i] * n;
      d_bias[i] += dy[i];
    }
  }
}
