// Operations that treat each row by itself, each beside its gradient.
//
// What they compute is CPenchantKernels/plain/elementwise.h and norm.h. A block of threads has one row, or 2048
// elements of one; `wide` says that addresses and strides are multiples of eight elements, so that eight are
// loaded at once. Sums are float32, in an order fixed by the row's length.

#define EACH 8
#define CHUNK 2048

// Up to eight elements; what is not there is 0.
static DEVICE void load_some(const element *from, float *x, int count, int wide) {
  if (wide && count >= EACH) {
    load_eight(from, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) x[i] = i < count ? to_float(from[i]) : 0;
}
static DEVICE void store_some(element *to, const float *x, int count, int wide) {
  if (wide && count >= EACH) {
    store_eight(to, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) {
    if (i < count) to[i] = from_float(x[i]);
  }
}
static DEVICE void load_some_floats(const float *from, float *x, int count, int wide) {
  if (wide && count >= EACH) {
    load_eight_floats(from, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) x[i] = i < count ? from[i] : 0;
}
static DEVICE void store_some_floats(float *to, const float *x, int count, int wide) {
  if (wide && count >= EACH) {
    store_eight_floats(to, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) {
    if (i < count) to[i] = x[i];
  }
}
// The same for a tensor that is float32 or of the matrix dtype.
static DEVICE void load_either(const void *from, long long at, int is_float, float *x, int count,
                               int wide) {
  if (is_float) {
    load_some_floats((const float *)from + at, x, count, wide);
  } else {
    load_some((const element *)from + at, x, count, wide);
  }
}
static DEVICE void store_either(void *to, long long at, int is_float, const float *x, int count,
                                int wide) {
  if (is_float) {
    store_some_floats((float *)to + at, x, count, wide);
  } else {
    store_some((element *)to + at, x, count, wide);
  }
}

// Where this thread's eight elements lie when each row is cut into pieces of CHUNK, a block each.
typedef struct {
  long long row, column;
  int count;  // elements there are from column on, as far as anybody asks
} place;

static DEVICE place place_in(long long columns) {
  long long pieces = (columns + CHUNK - 1) / CHUNK;
  place p;
  p.row = block_index_x() / pieces;
  p.column = block_index_x() % pieces * CHUNK + thread_index() * EACH;
  long long left = columns - p.column;
  p.count = left > EACH ? EACH : left > 0 ? (int)left : 0;
  return p;
}

// ---- Conversion, sums, moves -------------------------------------------------------------------

typedef struct {
  void *out;
  long long out_stride, out_is_float;
  const void *x;
  long long x_stride, x_is_float, columns, wide;
  double scale;
} convert_arguments;

// out = scale · x
KERNEL(convert) {
  place p = place_in(a.columns);
  float x[EACH];
  load_either(a.x, p.row * a.x_stride + p.column, (int)a.x_is_float, x, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) x[i] *= (float)a.scale;
  store_either(a.out, p.row * a.out_stride + p.column, (int)a.out_is_float, x, p.count,
               (int)a.wide);
}

typedef struct {
  float *out;
  long long out_stride;
  const void *x;
  long long x_stride, x_is_float, columns, wide;
  double scale;
} add_arguments;

// out += scale · x
KERNEL(add) {
  place p = place_in(a.columns);
  float x[EACH], sum[EACH];
  load_either(a.x, p.row * a.x_stride + p.column, (int)a.x_is_float, x, p.count, (int)a.wide);
  float *out = a.out + p.row * a.out_stride + p.column;
  load_some_floats(out, sum, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) sum[i] += (float)a.scale * x[i];
  store_some_floats(out, sum, p.count, (int)a.wide);
}

typedef struct {
  void *out;
  long long out_stride, out_is_float;
  const element *row;
  long long columns, wide, accumulates;
} repeat_arguments;

// Every row of out = [out +] row: a bias, before a product is added to it.
KERNEL(repeat) {
  place p = place_in(a.columns);
  float x[EACH], before[EACH];
  load_some(a.row + p.column, x, p.count, (int)a.wide);
  if (a.accumulates) {
    load_either(a.out, p.row * a.out_stride + p.column, (int)a.out_is_float, before, p.count,
                (int)a.wide);
    UNROLL for (int i = 0; i < EACH; i++) x[i] += before[i];
  }
  store_either(a.out, p.row * a.out_stride + p.column, (int)a.out_is_float, x, p.count,
               (int)a.wide);
}

typedef struct {
  unsigned short *out;
  const unsigned short *x;
  long long out_stride, x_stride, columns, wide;  // in units of two bytes
  const int *rows;
  long long scatters;
} move_rows_arguments;

// out[i] = x[rows[i]], or out[rows[i]] = x[i] when it scatters.
KERNEL(move_rows) {
  place p = place_in(a.columns);
  long long other = a.rows[p.row];
  const unsigned short *from = a.x + (a.scatters ? p.row : other) * a.x_stride + p.column;
  unsigned short *to = a.out + (a.scatters ? other : p.row) * a.out_stride + p.column;
  if (a.wide && p.count >= EACH) {
    *(vector16 *)to = *(const vector16 *)from;
    return;
  }
  for (int i = 0; i < EACH && i < p.count; i++) to[i] = from[i];
}

typedef struct {
  float *x;
  long long count;
  double cap;
} soft_cap_arguments;

KERNEL(soft_cap) {
  long long i = (long long)block_index_x() * block_threads() + thread_index();
  if (i < a.count) a.x[i] = capped(a.x[i], (float)a.cap);
}

// ---- Embedding ---------------------------------------------------------------------------------

typedef struct {
  float *out;
  long long out_stride;
  const element *table;
  long long table_stride;
  const int *ids;
  long long columns, wide, accumulates;
  double scale;
} embed_arguments;

// out = [out +] scale · table[id], the product rounded to the table's dtype
KERNEL(embed) {
  place p = place_in(a.columns);
  float x[EACH], sum[EACH];
  load_some(a.table + (long long)a.ids[p.row] * a.table_stride + p.column, x, p.count, (int)a.wide);
  float *out = a.out + p.row * a.out_stride + p.column;
  UNROLL for (int i = 0; i < EACH; i++) sum[i] = 0;
  if (a.accumulates) load_some_floats(out, sum, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) sum[i] += rounded((float)a.scale * x[i]);
  store_some_floats(out, sum, p.count, (int)a.wide);
}

typedef struct {
  float *d_table;
  long long d_table_stride;
  const float *d_out;
  long long d_out_stride;
  const int *ids;
  long long rows, columns;
  double scale;
} embed_backward_arguments;

// d_table[id] += scale · d_out, a thread a column: rows that share an id are added in order.
KERNEL(embed_backward) {
  long long column = (long long)block_index_x() * block_threads() + thread_index();
  if (column >= a.columns) return;
  for (long long row = 0; row < a.rows; row++) {
    a.d_table[a.ids[row] * a.d_table_stride + column] +=
        (float)a.scale * a.d_out[row * a.d_out_stride + column];
  }
}

// ---- Norms -------------------------------------------------------------------------------------

typedef struct {
  element *out;
  long long out_stride;
  element *x;
  long long x_stride;
  const float *source;         // what x is first made from by rounding, or NULL
  long long source_stride;
  const element *gain, *bias;  // bias of a layer norm; NULL for root mean square
  long long columns, wide;
  double gain_offset, epsilon;
} norm_arguments;

// The mean that a norm takes off (0 for root mean square) and the factor it multiplies with.
static DEVICE void norm_statistics(const element *x, long long columns, int wide, int centres,
                                   float epsilon, float *space, float *mean, float *factor) {
  float values[EACH], sum = 0;
  *mean = 0;
  if (centres) {
    for (long long k = thread_index() * EACH; k < columns; k += block_threads() * EACH) {
      load_some(x + k, values, (int)(columns - k), wide);
      UNROLL for (int i = 0; i < EACH; i++) sum += values[i];
    }
    *mean = block_sum_float(sum, space) / (float)columns;
  }
  float squares = 0;
  for (long long k = thread_index() * EACH; k < columns; k += block_threads() * EACH) {
    load_some(x + k, values, (int)(columns - k), wide);
    UNROLL for (int i = 0; i < EACH; i++) {
      float value = k + i < columns ? values[i] - *mean : 0;
      squares += value * value;
    }
  }
  *factor = 1 / sqrtf(block_sum_float(squares, space) / (float)columns + epsilon);
}

KERNEL(norm) {
  SHARED float space[32];
  element *x = a.x + block_index_x() * a.x_stride;
  element *out = a.out + block_index_x() * a.out_stride;
  float mean, factor;
  if (a.source != 0) {
    // Each thread reads again what it has written itself.
    const float *source = a.source + block_index_x() * a.source_stride;
    for (long long k = thread_index() * EACH; k < a.columns; k += block_threads() * EACH) {
      float values[EACH];
      load_some_floats(source + k, values, (int)(a.columns - k), (int)a.wide);
      store_some(x + k, values, (int)(a.columns - k), (int)a.wide);
    }
  }
  norm_statistics(x, a.columns, (int)a.wide, a.bias != 0, (float)a.epsilon, space, &mean, &factor);
  for (long long k = thread_index() * EACH; k < a.columns; k += block_threads() * EACH) {
    int count = (int)(a.columns - k);
    float values[EACH], gain[EACH], bias[EACH];
    load_some(x + k, values, count, (int)a.wide);
    load_some(a.gain + k, gain, count, (int)a.wide);
    UNROLL for (int i = 0; i < EACH; i++) bias[i] = 0;
    if (a.bias != 0) load_some(a.bias + k, bias, count, (int)a.wide);
    UNROLL for (int i = 0; i < EACH; i++) {
      values[i] = (values[i] - mean) * factor * ((float)a.gain_offset + gain[i]) + bias[i];
    }
    store_some(out + k, values, count, (int)a.wide);
  }
}

typedef struct {
  float *d_x;
  long long d_x_stride;
  const float *d_out;
  long long d_out_stride;
  const element *x;
  long long x_stride;
  const element *gain;
  long long columns, wide, centres;
  double gain_offset, epsilon;
  float *statistics;  // (rows, 2) mean and factor for norm_gradients, or NULL
} norm_backward_arguments;

// With n = (x − mean) r and g the gain: d_x += r (g dy − mean(g dy) − n mean(g dy n)), without the first mean
// for root mean square.
KERNEL(norm_backward) {
  SHARED float space[32];
  long long row = block_index_x();
  const element *x = a.x + row * a.x_stride;
  const float *d_out = a.d_out + row * a.d_out_stride;
  float *d_x = a.d_x + row * a.d_x_stride;
  int wide = (int)a.wide;
  float mean, factor, values[EACH], gain[EACH], dy[EACH];
  norm_statistics(x, a.columns, wide, (int)a.centres, (float)a.epsilon, space, &mean, &factor);
  float sum = 0, weighted = 0;
  for (long long k = thread_index() * EACH; k < a.columns; k += block_threads() * EACH) {
    int count = (int)(a.columns - k);
    load_some(x + k, values, count, wide);
    load_some(a.gain + k, gain, count, wide);
    load_some_floats(d_out + k, dy, count, wide);
    UNROLL for (int i = 0; i < EACH; i++) {
      float scaled = ((float)a.gain_offset + gain[i]) * dy[i];
      sum += scaled;
      weighted += scaled * ((values[i] - mean) * factor);
    }
  }
  sum = a.centres ? block_sum_float(sum, space) / (float)a.columns : 0;
  weighted = block_sum_float(weighted, space) / (float)a.columns;
  for (long long k = thread_index() * EACH; k < a.columns; k += block_threads() * EACH) {
    int count = (int)(a.columns - k);
    float before[EACH];
    load_some(x + k, values, count, wide);
    load_some(a.gain + k, gain, count, wide);
    load_some_floats(d_out + k, dy, count, wide);
    load_some_floats(d_x + k, before, count, wide);
    UNROLL for (int i = 0; i < EACH; i++) {
      float n = (values[i] - mean) * factor;
      before[i] += factor * (((float)a.gain_offset + gain[i]) * dy[i] - sum - n * weighted);
    }
    store_some_floats(d_x + k, before, count, wide);
  }
  if (a.statistics != 0 && thread_index() == 0) {
    a.statistics[2 * row] = mean;
    a.statistics[2 * row + 1] = factor;
  }
}

typedef struct {
  float *partial;  // (blocks, 2, columns): gradients of gain and bias of each block of rows
  const float *d_out;
  long long d_out_stride;
  const element *x;
  long long x_stride;
  const float *statistics;
  long long rows, columns, rows_each;
} norm_gradients_arguments;

// Sums a fixed number of rows, a thread a column.
KERNEL(norm_gradients) {
  long long column = (long long)block_index_y() * block_threads() + thread_index();
  if (column >= a.columns) return;
  long long first = block_index_x() * a.rows_each;
  float gain = 0, bias = 0;
  for (long long row = first; row < first + a.rows_each && row < a.rows; row++) {
    float dy = a.d_out[row * a.d_out_stride + column];
    float n = (to_float(a.x[row * a.x_stride + column]) - a.statistics[2 * row]) *
              a.statistics[2 * row + 1];
    gain += dy * n;
    bias += dy;
  }
  float *to = a.partial + 2 * block_index_x() * a.columns + column;
  to[0] = gain;
  to[a.columns] = bias;
}

typedef struct {
  float *d_gain, *d_bias;  // d_bias may be NULL
  const float *partial;
  long long blocks, columns;
} norm_gradients_add_arguments;

KERNEL(norm_gradients_add) {
  long long column = (long long)block_index_x() * block_threads() + thread_index();
  if (column >= a.columns) return;
  float gain = a.d_gain[column], bias = a.d_bias != 0 ? a.d_bias[column] : 0;
  for (long long block = 0; block < a.blocks; block++) {
    gain += a.partial[2 * block * a.columns + column];
    bias += a.partial[(2 * block + 1) * a.columns + column];
  }
  a.d_gain[column] = gain;
  if (a.d_bias != 0) a.d_bias[column] = bias;
}

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

static DEVICE float exponential(float x) {
  return MATRIX_IS_BF16 ? exp2_fast(x * 1.44269504088896341f) : exp_accurate(x);
}

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
  element *d_gate, *d_up;  // d_up is NULL when up is
  long long d_gate_stride;
  const float *d_out;
  long long d_out_stride;
  const element *gate, *up;
  long long gate_stride, columns, wide, kind;
} activate_backward_arguments;

KERNEL(activate_backward) {
  place p = place_in(a.columns);
  float gate[EACH], up[EACH], d_out[EACH];
  load_some(a.gate + p.row * a.gate_stride + p.column, gate, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) up[i] = 1;
  if (a.up != 0) load_some(a.up + p.row * a.gate_stride + p.column, up, p.count, (int)a.wide);
  load_some_floats(a.d_out + p.row * a.d_out_stride + p.column, d_out, p.count, (int)a.wide);
  UNROLL for (int i = 0; i < EACH; i++) {
    float derivative, activated = activation_of(gate[i], (int)a.kind, &derivative);
    gate[i] = d_out[i] * up[i] * derivative;
    up[i] = d_out[i] * activated;
  }
  store_some(a.d_gate + p.row * a.d_gate_stride + p.column, gate, p.count, (int)a.wide);
  if (a.d_up != 0) {
    store_some(a.d_up + p.row * a.d_gate_stride + p.column, up, p.count, (int)a.wide);
  }
}
