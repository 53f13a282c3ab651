// Everything that is neither a matrix product nor a norm. Each operation stands beside its gradient.
#include <math.h>

#include "../numbers.h"

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

// √(2/π) and the cubic's coefficient of GELU's tanh form.
#define GELU_SLOPE 0.79788456080286536f
#define GELU_CUBIC 0.044715f

// act(x), and its derivative:
//   silu       x s                      s (1 + x (1 − s)), s = σ(x)
//   gelu tanh  x (1 + t) / 2            (1 + t) / 2 + x (1 − t²) k (1 + 3 c x²) / 2, t = tanh(k (x + c x³))
//   gelu       x Φ(x)                   Φ(x) + x φ(x)
static float activation_of(float x, pen_activation activation, float *derivative) {
  switch (activation) {
    case PEN_GELU_TANH: {
      float t = tanhf(GELU_SLOPE * (x + GELU_CUBIC * x * x * x));
      *derivative = 0.5f * (1 + t) +
                    0.5f * x * (1 - t * t) * GELU_SLOPE * (1 + 3 * GELU_CUBIC * x * x);
      return 0.5f * x * (1 + t);
    }
    case PEN_GELU: {
      float below = 0.5f * erfcf(-x * 0.70710678118654752f);
      *derivative = below + x * 0.39894228040143268f * expf(-0.5f * x * x);
      return x * below;
    }
    default: {
      float s = sigmoid(x);
      *derivative = s * (1 + x * (1 - s));
      return x * s;
    }
  }
}

static void activate(void *out, int64_t out_stride, const void *gate, const void *up,
                     int64_t gate_stride, int64_t rows, int64_t columns, pen_dtype dtype,
                     pen_activation activation) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      float derivative;
      float a = activation_of(pen_load(gate, dtype, row * gate_stride + i), activation, &derivative);
      float u = up == NULL ? 1 : pen_load(up, dtype, row * gate_stride + i);
      pen_store(out, dtype, row * out_stride + i, a * u);
    }
  }
}

static void activate_backward(void *out, int64_t out_stride, void *d_gate, void *d_up,
                              int64_t d_gate_stride, const float *d_out, int64_t d_out_stride,
                              const void *gate, const void *up, int64_t gate_stride, int64_t rows,
                              int64_t columns, pen_dtype dtype, pen_activation activation) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      float derivative;
      float a = activation_of(pen_load(gate, dtype, row * gate_stride + i), activation, &derivative);
      float u = up == NULL ? 1 : pen_load(up, dtype, row * gate_stride + i);
      float d = d_out[row * d_out_stride + i];
      pen_store(out, dtype, row * out_stride + i, a * u);
      pen_store(d_gate, dtype, row * d_gate_stride + i, d * u * derivative);
      if (d_up != NULL) pen_store(d_up, dtype, row * d_gate_stride + i, d * a);
    }
  }
}

static float capped(float x, float cap) { return cap > 0 ? cap * tanhf(x / cap) : x; }

// dy/dx = 1 − tanh² from y = cap tanh(x / cap).
static float cap_slope(float y, float cap) { return cap > 0 ? 1 - (y / cap) * (y / cap) : 1; }

static void soft_cap(float *x, float cap, int64_t count) {
  for (int64_t i = 0; i < count; i++) x[i] = capped(x[i], cap);
}

static void embed(float *out, int64_t out_stride, const void *table, int64_t table_stride,
                  const int32_t *ids, float scale, bool accumulate, int64_t rows, int64_t columns,
                  pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      float value = scale * pen_load(table, dtype, ids[row] * table_stride + i);
      float *to = &out[row * out_stride + i];
      *to = (accumulate ? *to : 0) + pen_rounded(value, dtype);
    }
  }
}

static void embed_backward(float *d_table, int64_t d_table_stride, const float *d_out,
                           int64_t d_out_stride, const int32_t *ids, float scale, int64_t rows,
                           int64_t columns) {
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; i < columns; i++) {
      d_table[ids[row] * d_table_stride + i] += scale * d_out[row * d_out_stride + i];
    }
  }
}

static void convert(void *destination, pen_dtype destination_dtype, const void *source,
                    pen_dtype source_dtype, float scale, int64_t count) {
  for (int64_t i = 0; i < count; i++) {
    pen_store(destination, destination_dtype, i, scale * pen_load(source, source_dtype, i));
  }
}

static void add_scaled(float *destination, const void *source, pen_dtype source_dtype, float scale,
                       int64_t count) {
  for (int64_t i = 0; i < count; i++) destination[i] += scale * pen_load(source, source_dtype, i);
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
