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

static void silu_multiply(void *out, int64_t out_stride, const void *gate, const void *up,
                          int64_t gate_stride, int64_t rows, int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    FOR_VECTORS(i, n, columns) {
      vf g = load(gate, dtype, row * gate_stride + i, n);
      vf u = load(up, dtype, row * gate_stride + i, n);
      store(out, dtype, row * out_stride + i, n, g * sigmoid(g) * u);
    }
  }
}

// With s = sigmoid(g): d silu/dg = s (1 + g (1 − s)).
static void silu_multiply_backward(void *d_gate, void *d_up, int64_t d_gate_stride,
                                   const float *d_out, int64_t d_out_stride, const void *gate,
                                   const void *up, int64_t gate_stride, int64_t rows,
                                   int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    FOR_VECTORS(i, n, columns) {
      vf g = load(gate, dtype, row * gate_stride + i, n);
      vf u = load(up, dtype, row * gate_stride + i, n);
      vf d = load(d_out, PEN_F32, row * d_out_stride + i, n);
      vf s = sigmoid(g);
      store(d_gate, dtype, row * d_gate_stride + i, n, d * u * (s * (1.0f + g * (1.0f - s))));
      store(d_up, dtype, row * d_gate_stride + i, n, d * (g * s));
    }
  }
}

static void embed(float *out, int64_t out_stride, const void *table, int64_t table_stride,
                  const int32_t *ids, int64_t rows, int64_t columns, pen_dtype dtype) {
  for (int64_t row = 0; row < rows; row++) {
    int64_t from = ids[row] * table_stride;
    FOR_VECTORS(i, n, columns) {
      store(out + row * out_stride, PEN_F32, i, n, load(table, dtype, from + i, n));
    }
  }
}

static void embed_backward(float *d_table, int64_t d_table_stride, const float *d_out,
                           int64_t d_out_stride, const int32_t *ids, int64_t rows,
                           int64_t columns) {
  for (int64_t row = 0; row < rows; row++) {
    float *to = d_table + ids[row] * d_table_stride;
    const float *from = d_out + row * d_out_stride;
    FOR_VECTORS(i, n, columns) {
      store(to, PEN_F32, i, n, load(to, PEN_F32, i, n) + load(from, PEN_F32, i, n));
    }
  }
}
