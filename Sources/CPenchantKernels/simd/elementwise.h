// Rotary angles, gated activation, embedding rows: each operation beside its gradient.

static void rotary(void *out, int64_t out_stride, pen_dtype out_dtype, const void *x,
                   int64_t x_stride, pen_dtype x_dtype, const float *angles,
                   const int32_t *positions, int64_t rows, int64_t heads, int64_t head_dim,
                   int64_t rotary_dim, float direction) {
  const int64_t half = rotary_dim / 2;
  for (int64_t row = 0; row < rows; row++) {
    const float *cosines = angles + positions[row] * 2 * half;
    const float *sines = cosines + half;
    for (int64_t head = 0; head < heads; head++) {
      const void *from = pen_at(x, x_dtype, row * x_stride + head * head_dim);
      void *to = pen_at_mut(out, out_dtype, row * out_stride + head * head_dim);
      FOR_VECTORS(i, n, half) {
        vf a = load(from, x_dtype, i, n), b = load(from, x_dtype, half + i, n);
        vf cosine = load(cosines, PEN_F32, i, n), sine = load(sines, PEN_F32, i, n) * direction;
        store(to, out_dtype, i, n, a * cosine - b * sine);
        store(to, out_dtype, half + i, n, b * cosine + a * sine);
      }
      for (int64_t i = 2 * half; i < head_dim; i += LANES) {
        int64_t n = pen_min(LANES, head_dim - i);
        store(to, out_dtype, i, n, load(from, x_dtype, i, n));
      }
    }
  }
}

// At −∞ the exponential is +∞ and the quotient 0.
ALWAYS vf sigmoid(vf x) { return 1.0f / (1.0f + exp_f(-x)); }

// √(2/π) and the cubic's coefficient of GELU's tanh form.
#define GELU_SLOPE 0.79788456080286536f
#define GELU_CUBIC 0.044715f

// act(x) and its derivative; ACTIVATION is a constant. The formulas are those of the plain variant.
ALWAYS vf activation_of(const pen_activation ACTIVATION, vf x, vf *derivative) {
  if (ACTIVATION == PEN_GELU_TANH) {
    vf t = tanh_f((x + x * x * x * GELU_CUBIC) * GELU_SLOPE);
    *derivative = (1.0f + t) * 0.5f +
                  x * (1.0f - t * t) * (x * x * (3 * GELU_CUBIC) + 1.0f) * (0.5f * GELU_SLOPE);
    return x * (1.0f + t) * 0.5f;
  }
  if (ACTIVATION == PEN_GELU) {
    // The C library's erfc, a lane at a time: too few models have it to need more.
    vf below;
    for (int i = 0; i < LANES; i++) below[i] = 0.5f * erfcf(x[i] * -0.70710678118654752f);
    *derivative = below + x * exp_f(x * x * -0.5f) * 0.39894228040143268f;
    return x * below;
  }
  vf s = sigmoid(x);
  *derivative = s * (1.0f + x * (1.0f - s));
  return x * s;
}

ALWAYS void activate_rows(const pen_activation ACTIVATION, void *out, int64_t out_stride,
                          const void *gate, const void *up, int64_t gate_stride, int64_t rows,
                          int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    FOR_VECTORS(i, n, columns) {
      vf derivative;
      vf a = activation_of(ACTIVATION, load(gate, dtype, row * gate_stride + i, n), &derivative);
      if (up != NULL) a *= load(up, dtype, row * gate_stride + i, n);
      store(out, dtype, row * out_stride + i, n, a);
    }
  }
}

static void activate(void *out, int64_t out_stride, const void *gate, const void *up,
                     int64_t gate_stride, int64_t rows, int64_t columns, pen_dtype dtype,
                     pen_activation activation) {
  switch (activation) {
    case PEN_GELU_TANH:
      return activate_rows(PEN_GELU_TANH, out, out_stride, gate, up, gate_stride, rows, columns,
                           dtype);
    case PEN_GELU:
      return activate_rows(PEN_GELU, out, out_stride, gate, up, gate_stride, rows, columns, dtype);
    default:
      return activate_rows(PEN_SILU, out, out_stride, gate, up, gate_stride, rows, columns, dtype);
  }
}

ALWAYS void activate_rows_backward(const pen_activation ACTIVATION, void *out, int64_t out_stride,
                                   void *d_gate, void *d_up, int64_t d_gate_stride,
                                   const float *d_out, int64_t d_out_stride, const void *gate,
                                   const void *up, int64_t gate_stride, int64_t rows,
                                   int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    FOR_VECTORS(i, n, columns) {
      vf derivative;
      vf a = activation_of(ACTIVATION, load(gate, dtype, row * gate_stride + i, n), &derivative);
      vf d = load(d_out, PEN_F32, row * d_out_stride + i, n), u = splat(1);
      if (up != NULL) u = load(up, dtype, row * gate_stride + i, n);
      store(out, dtype, row * out_stride + i, n, a * u);
      store(d_gate, dtype, row * d_gate_stride + i, n, d * u * derivative);
      if (d_up != NULL) store(d_up, dtype, row * d_gate_stride + i, n, d * a);
    }
  }
}

static void activate_backward(void *out, int64_t out_stride, void *d_gate, void *d_up,
                              int64_t d_gate_stride, const float *d_out, int64_t d_out_stride,
                              const void *gate, const void *up, int64_t gate_stride, int64_t rows,
                              int64_t columns, pen_dtype dtype, pen_activation activation) {
  switch (activation) {
    case PEN_GELU_TANH:
      return activate_rows_backward(PEN_GELU_TANH, out, out_stride, d_gate, d_up, d_gate_stride,
                                    d_out, d_out_stride, gate, up, gate_stride, rows, columns,
                                    dtype);
    case PEN_GELU:
      return activate_rows_backward(PEN_GELU, out, out_stride, d_gate, d_up, d_gate_stride, d_out,
                                    d_out_stride, gate, up, gate_stride, rows, columns, dtype);
    default:
      return activate_rows_backward(PEN_SILU, out, out_stride, d_gate, d_up, d_gate_stride, d_out,
                                    d_out_stride, gate, up, gate_stride, rows, columns, dtype);
  }
}

static void embed(float *out, int64_t out_stride, const void *table, int64_t table_stride,
                  const int32_t *ids, float scale, bool accumulate, int64_t rows, int64_t columns,
                  pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    int64_t from = ids[row] * table_stride;
    float *to = out + row * out_stride;
    FOR_VECTORS(i, n, columns) {
      vf value = load(table, dtype, from + i, n) * scale;
      if (dtype == PEN_BF16) value = widen(narrow(value));
      if (accumulate) value += load(to, PEN_F32, i, n);
      store(to, PEN_F32, i, n, value);
    }
  }
}

static void embed_backward(float *d_table, int64_t d_table_stride, const float *d_out,
                           int64_t d_out_stride, const int32_t *ids, float scale, int64_t rows,
                           int64_t columns) {
  for (int64_t row = 0; row < rows; row++) {
    float *to = d_table + ids[row] * d_table_stride;
    const float *from = d_out + row * d_out_stride;
    FOR_VECTORS(i, n, columns) {
      store(to, PEN_F32, i, n, load(to, PEN_F32, i, n) + load(from, PEN_F32, i, n) * scale);
    }
  }
}
