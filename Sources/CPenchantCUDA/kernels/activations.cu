// Rotary positions and activations, each beside its gradient; CPenchantKernels/plain/elementwise.h has them as loops.

// ---- Rotary positions --------------------------------------------------------------------------

typedef struct {
  void *out;
  long long out_stride, out_is_float;
  const void *x;
  long long x_stride, x_is_float;
  const float *angles;  // (positions, rotary_dim): half cosines, then half sines
  const int *positions;
  long long count;      // threads: rows × heads × head_dim / 2 pairs, `each` a thread
  long long heads, head_dim, rotary_dim;
  long long each;       // EACH where they lie side by side at multiples of 16 bytes, or 1
  double direction;     // 1, or −1 for the transposed rotation
} rotary_arguments;

// Pair i of a head is (x[i], x[i + half]); what lies behind the rotary dimensions is copied.
KERNEL(rotary) {
  long long index = (long long)block_index_x() * block_threads() + thread_index();
  if (index >= a.count) return;
  int each = (int)a.each, wide = each == EACH, half = (int)a.rotary_dim / 2;
  int per_head = (int)a.head_dim / 2 / each, per_row = per_head * (int)a.heads;
  long long row = index / per_row;
  int within = (int)(index % per_row), head = within / per_head, i = within % per_head * each;
  int first = i, second = i + half, turns = i < half;
  if (!turns) {
    first = 2 * i;
    second = first + each;
  }
  long long from = row * a.x_stride + head * a.head_dim;
  long long to = row * a.out_stride + head * a.head_dim;
  float x[EACH], y[EACH], cosine[EACH], sine[EACH];
  load_either(a.x, from + first, (int)a.x_is_float, x, each, wide);
  load_either(a.x, from + second, (int)a.x_is_float, y, each, wide);
  if (turns) {
    const float *angles = a.angles + a.positions[row] * a.rotary_dim + i;
    load_some_floats(angles, cosine, each, wide);
    load_some_floats(angles + half, sine, each, wide);
    UNROLL for (int j = 0; j < EACH; j++) {
      float turn = (float)a.direction * sine[j], before = x[j];
      x[j] = before * cosine[j] - y[j] * turn;
      y[j] = y[j] * cosine[j] + before * turn;
    }
  }
  store_either(a.out, to + first, (int)a.out_is_float, x, each, wide);
  store_either(a.out, to + second, (int)a.out_is_float, y, each, wide);
}

// ---- Activations -------------------------------------------------------------------------------

enum { SILU, GELU_TANH, GELU };

// act(x), and its derivative.
static DEVICE float activation_of(float x, int kind, float *derivative) {
  if (kind == GELU_TANH) {
    const float slope = 0.79788456080286536f, cubic = 0.044715f;
    float t = tanh_accurate(slope * (x + cubic * x * x * x));
    *derivative = 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * slope * (1 + 3 * cubic * x * x);
    return 0.5f * x * (1 + t);
  }
  if (kind == GELU) {
    float below = 0.5f * erfcf(-x * 0.70710678118654752f);
    *derivative = below + x * 0.39894228040143268f * exponential(-0.5f * x * x);
    return x * below;
  }
  float s = 1 / (1 + exponential(-x));
  *derivative = s * (1 + x * (1 - s));
  return x * s;
}

typedef struct {
  element *out;
  long long out_stride;
  const element *gate, *up;  // up may be NULL
  long long gate_stride, columns, wide, kind;
} activate_arguments;

KERNEL(activate) {
  place p = place_in(a.columns);
  float gate[EACH], up[EACH], derivative;
  load_some(a.gate + p.row * a.gate_stride + p.column, gate, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) up[i] = 1;
  if (a.up != 0) load_some(a.up + p.row * a.gate_stride + p.column, up, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) {
    gate[i] = activation_of(gate[i], (int)a.kind, &derivative) * up[i];
  }
  store_some(a.out + p.row * a.out_stride + p.column, gate, p.count, (int)a.wide);
}

typedef struct {
  element *out;            // what activate computes, once more
  long long out_stride;
  element *d_gate, *d_up;  // d_up is NULL when up is
  long long d_gate_stride;
  const float *d_out;
  long long d_out_stride;
  const element *gate, *up;
  long long gate_stride, columns, wide, kind;
} activate_backward_arguments;

KERNEL(activate_backward) {
  place p = place_in(a.columns);
  float gate[EACH], up[EACH], out[EACH], d_out[EACH];
  load_some(a.gate + p.row * a.gate_stride + p.column, gate, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) up[i] = 1;
  if (a.up != 0) load_some(a.up + p.row * a.gate_stride + p.column, up, p.count, (int)a.wide);
  load_some_floats(a.d_out + p.row * a.d_out_stride + p.column, d_out, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) {
    float derivative, activated = activation_of(gate[i], (int)a.kind, &derivative);
    out[i] = activated * up[i];
    gate[i] = d_out[i] * up[i] * derivative;
    up[i] = d_out[i] * activated;
  }
  store_some(a.out + p.row * a.out_stride + p.column, out, p.count, (int)a.wide);
  store_some(a.d_gate + p.row * a.d_gate_stride + p.column, gate, p.count, (int)a.wide);
  if (a.d_up != 0) {
    store_some(a.d_up + p.row * a.d_gate_stride + p.column, up, p.count, (int)a.wide);
  }
}
