// Everything that is not a matrix product. Each operation stands beside its gradient.
#include <math.h>

#include "../numbers.h"

// y = x r g with r = (mean x² + ε)^(−1/2)
static float inverse_rms(const void *x, pen_dtype dtype, int64_t columns, float epsilon) {
  double sum = 0;
  for (int64_t i = 0; i < columns; i++) {
    double value = pen_load(x, dtype, i);
    sum += value * value;
  }
  return (float)(1 / sqrt(sum / (double)columns + epsilon));
}

static void rms_norm(void *out, int64_t out_stride, const void *x, int64_t x_stride,
                     const void *gain, float epsilon, int64_t rows, int64_t columns,
                     pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    const void *from = pen_at(x, dtype, row * x_stride);
    float r = inverse_rms(from, dtype, columns, epsilon);
    for (int64_t i = 0; i < columns; i++) {
      float value = pen_load(from, dtype, i) * r * pen_load(gain, dtype, i);
      pen_store(out, dtype, row * out_stride + i, value);
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
    double sum = 0;
    for (int64_t i = 0; i < columns; i++) {
      sum += (double)(pen_load(gain, dtype, i) * dy[i]) * pen_load(from, dtype, i);
    }
    float c = (float)(sum / (double)columns) * r * r;
    for (int64_t i = 0; i < columns; i++) {
      float value = pen_load(from, dtype, i);
      dx[i] += r * (pen_load(gain, dtype, i) * dy[i] - value * c);
      if (d_gain != NULL) d_gain[i] += dy[i] * (value * r);
    }
  }
}

static void rotary(void *out, int64_t out_stride, pen_dtype out_dtype, const void *x,
                   int64_t x_stride, pen_dtype x_dtype, const float *angles,
                   const int32_t *positions, int64_t rows, int64_t heads, int64_t head_dim,
                   int64_t rotary_dim, float direction) {
  const int64_t half = rotary_dim / 2;
  for (int64_t row = 0; row < rows; row++) {
    const float *cosines = angles + positions[row] * 2 * half;
    const float *sines = cosines + half;
    for (int64_t head = 0; head < heads; head++) {
      int64_t from = row * x_stride + head * head_dim, to = row * out_stride + head * head_dim;
      for (int64_t i = 0; i < half; i++) {
        float a = pen_load(x, x_dtype, from + i), b = pen_load(x, x_dtype, from + half + i);
        float sine = direction * sines[i];
        pen_store(out, out_dtype, to + i, a * cosines[i] - b * sine);
        pen_store(out, out_dtype, to + half + i, b * cosines[i] + a * sine);
      }
      for (int64_t i = 2 * half; i < head_dim; i++) {
        pen_store(out, out_dtype, to + i, pen_load(x, x_dtype, from + i));
      }
    }
  }
}

static float sigmoid(float x) { return 1 / (1 + expf(-x)); }

static void silu_multiply(void *out, int64_t out_stride, const void *gate, const void *up,
                          int64_t gate_stride, int64_t rows, int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      float g = pen_load(gate, dtype, row * gate_stride + i);
      float u = pen_load(up, dtype, row * gate_stride + i);
      pen_store(out, dtype, row * out_stride + i, g * sigmoid(g) * u);
    }
  }
}

// With s = sigmoid(g): d silu/dg = s (1 + g (1 − s)).
static void silu_multiply_backward(void *d_gate, void *d_up, int64_t d_gate_stride,
                                   const float *d_out, int64_t d_out_stride, const void *gate,
                                   const void *up, int64_t gate_stride, int64_t rows,
                                   int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      float g = pen_load(gate, dtype, row * gate_stride + i);
      float u = pen_load(up, dtype, row * gate_stride + i);
      float d = d_out[row * d_out_stride + i];
      float s = sigmoid(g);
      pen_store(d_gate, dtype, row * d_gate_stride + i, d * u * (s * (1 + g * (1 - s))));
      pen_store(d_up, dtype, row * d_gate_stride + i, d * (g * s));
    }
  }
}

static void embed(float *out, int64_t out_stride, const void *table, int64_t table_stride,
                  const int32_t *ids, int64_t rows, int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      out[row * out_stride + i] = pen_load(table, dtype, ids[row] * table_stride + i);
    }
  }
}

static void embed_backward(float *d_table, int64_t d_table_stride, const float *d_out,
                           int64_t d_out_stride, const int32_t *ids, int64_t rows,
                           int64_t columns) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      d_table[ids[row] * d_table_stride + i] += d_out[row * d_out_stride + i];
    }
  }
}

static void convert(void *destination, pen_dtype destination_dtype, const void *source,
                    pen_dtype source_dtype, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    pen_store(destination, destination_dtype, i, pen_load(source, source_dtype, i));
  }
}

static void add_scaled(float *destination, const float *source, float scale, int64_t count) {
  for (int64_t i = 0; i < count; i++) destination[i] += scale * source[i];
}

static double sum_squares(const float *x, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)x[i] * x[i];
  return sum;
}

static void adamw(float *weights, void *working, pen_dtype working_dtype, float *m, float *v,
                  const float *gradient, int64_t count, float gradient_scale, float learning_rate,
                  float beta1, float beta2, float epsilon, float weight_decay, float correction1,
                  float correction2) {
  const float keep = 1 - learning_rate * weight_decay;
  const float step = learning_rate / correction1;
  const float root2 = sqrtf(correction2);
  for (int64_t i = 0; i < count; i++) {
    float g = gradient[i] * gradient_scale;
    m[i] = beta1 * m[i] + (1 - beta1) * g;
    v[i] = beta2 * v[i] + (1 - beta2) * (g * g);
    float denominator = sqrtf(v[i]) / root2 + epsilon;
    weights[i] = weights[i] * keep - step * (m[i] / denominator);
    if (working != NULL) pen_store(working, working_dtype, i, weights[i]);
  }
}
