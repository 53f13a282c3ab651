// Norms of rows, each beside its gradient; what they compute is CPenchantKernels/plain/norm.h.
//
// A block of threads has one row. Sums are float32, in an order fixed by the row's length.

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
