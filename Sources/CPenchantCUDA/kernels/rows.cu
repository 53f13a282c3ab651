// Conversion, sums and moves of rows, and the embedding beside its gradient.
//
// What they compute is CPenchantKernels/plain/elementwise.h.

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
