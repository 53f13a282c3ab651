// Matrix products of few rows, for decoding, and weights kept as int8.

#define GROUP 64
#define TOGETHER 8  // left rows that meet a right row while it is in registers

typedef struct {
  const element *left;
  const void *right;          // (columns, depth) elements, or int8 where there are scales
  const float *scales;        // one for each GROUP of a right row, or NULL
  long long left_stride, right_stride, scale_stride, depth, wide;
} row_term;

typedef struct {
  void *out;
  long long out_stride, out_is_float, rows, columns, accumulates;
  const element *bias;  // (columns), or NULL
  double scale;
  row_term first, second;  // second.left is NULL where there is one term
} multiply_rows_arguments;

// Eight elements of a right row as products read them, `count` of them real.
static DEVICE void load_right(const row_term *term, long long column, long long k, int count,
                              float *w) {
  if (term->scales == 0) {
    const element *from = (const element *)term->right + column * term->right_stride + k;
    if (term->wide && count >= 8) {
      load_eight(from, w);
      return;
    }
    UNROLL for (int i = 0; i < 8; i++) w[i] = i < count ? to_float(from[i]) : 0;
    return;
  }
  const signed char *from = (const signed char *)term->right + column * term->right_stride + k;
  float scale = term->scales[column * term->scale_stride + k / GROUP];
  if (term->wide && count >= 8) {
    vector8 packed = *(const vector8 *)from;
    UNROLL for (int i = 0; i < 8; i++) {
      unsigned part = i < 4 ? packed.x : packed.y;
      w[i] = rounded((float)(signed char)(part >> (8 * (i % 4))) * scale);
    }
    return;
  }
  UNROLL for (int i = 0; i < 8; i++) w[i] = i < count ? rounded((float)from[i] * scale) : 0;
}

// sums[m] += left[first + m] · right[column], this lane's share of it.
static DEVICE void add_term(const row_term *term, long long first, int count, long long column,
                            float *sums) {
  for (long long k = (thread_index() % 32) * 8; k < term->depth; k += 32 * 8) {
    int there = (int)(term->depth - k);
    float w[8];
    load_right(term, column, k, there, w);
    UNROLL for (int m = 0; m < TOGETHER; m++) {
      if (m >= count) continue;
      const element *from = term->left + (first + m) * term->left_stride + k;
      float x[8];
      if (term->wide && there >= 8) {
        load_eight(from, x);
      } else {
        UNROLL for (int i = 0; i < 8; i++) x[i] = i < there ? to_float(from[i]) : 0;
      }
      UNROLL for (int i = 0; i < 8; i++) sums[m] += x[i] * w[i];
    }
  }
}

// out = [out +] scale · Σ terms [+ bias], a warp a column and TOGETHER rows: a row's bits do not depend on others.
KERNEL(multiply_rows) {
  long long column = (long long)block_index_x() * (block_threads() / 32) + thread_index() / 32;
  if (column >= a.columns) return;
  long long first = (long long)block_index_y() * TOGETHER;
  int count = a.rows - first < TOGETHER ? (int)(a.rows - first) : TOGETHER;
  float sums[TOGETHER];
  UNROLL for (int m = 0; m < TOGETHER; m++) sums[m] = 0;
  add_term(&a.first, first, count, column, sums);
  if (a.second.left != 0) add_term(&a.second, first, count, column, sums);
  UNROLL for (int m = 0; m < TOGETHER; m++) {
    if (m < count) sums[m] = warp_sum_float(sums[m]);
  }
  if (thread_index() % 32 != 0) return;
  UNROLL for (int m = 0; m < TOGETHER; m++) {
    if (m >= count) continue;
    long long at = (first + m) * a.out_stride + column;
    float value = sums[m] * (float)a.scale;
    if (a.bias != 0) value += to_float(a.bias[column]);
    if (a.out_is_float) {
      float *out = (float *)a.out + at;
      *out = a.accumulates ? *out + value : value;
    } else {
      ((element *)a.out)[at] = from_float(value);
    }
  }
}

typedef struct {
  element *out;  // (rows, columns), contiguous
  const signed char *values;
  const float *scales;
  long long value_stride, scale_stride, columns;
} dequantise_arguments;

// out = value · scale; a block has one row.
KERNEL(dequantise) {
  long long row = block_index_x();
  for (long long k = thread_index(); k < a.columns; k += block_threads()) {
    a.out[row * a.columns + k] = from_float((float)a.values[row * a.value_stride + k] *
                                            a.scales[row * a.scale_stride + k / GROUP]);
  }
}

typedef struct {
  signed char *values;
  float *scales;
  const element *x;
  long long value_stride, scale_stride, x_stride, rows, columns;
  int *faults;  // set to 1 where an element is not finite
} quantise_arguments;

// Of each GROUP of a row scale = max |x| / 127 and the nearest whole number, ties to even, to x / scale. A thread
// has a group.
KERNEL(quantise) {
  long long groups = (a.columns + GROUP - 1) / GROUP;
  long long index = (long long)block_index_x() * block_threads() + thread_index();
  if (index >= a.rows * groups) return;
  long long row = index / groups, begin = index % groups * GROUP;
  int count = a.columns - begin < GROUP ? (int)(a.columns - begin) : GROUP;
  const element *x = a.x + row * a.x_stride + begin;
  signed char *values = a.values + row * a.value_stride + begin;
  float most = 0;
  int finite = 1;
  for (int k = 0; k < count; k++) {
    float size = fabsf(to_float(x[k]));
    if (!(size < INFINITE)) finite = 0;
    most = size > most ? size : most;
  }
  if (!finite) *a.faults = 1;
  a.scales[row * a.scale_stride + begin / GROUP] = most / 127;
  float inverse = most > 0 ? 127 / most : 0;
  for (int k = 0; k < count; k++) {
    float steps = rintf(to_float(x[k]) * inverse);
    values[k] = steps >= -127 && steps <= 127 ? (signed char)steps : 0;
  }
}

typedef struct {
  void *out;                 // (rows, columns)
  long long out_stride, out_is_float, accumulates;
  const element *left, *right;
  // Elements from row to row and from column to column of left (rows × depth) and right (depth × columns).
  long long left_row, left_column, right_row, right_column;
  long long rows, columns, depth;
  double scale;
} multiply_any_arguments;

// out = [out +] scale · left · right, however they lie: for shapes that the library refuses. A thread an element.
KERNEL(multiply_any) {
  long long index = (long long)block_index_x() * block_threads() + thread_index();
  if (index >= a.rows * a.columns) return;
  long long row = index / a.columns, column = index % a.columns;
  const element *left = a.left + row * a.left_row, *right = a.right + column * a.right_column;
  float sum = 0;
  for (long long k = 0; k < a.depth; k++) {
    sum += to_float(left[k * a.left_column]) * to_float(right[k * a.right_row]);
  }
  sum *= (float)a.scale;
  long long at = row * a.out_stride + column;
  if (a.out_is_float) {
    float *out = (float *)a.out + at;
    *out = a.accumulates ? *out + sum : sum;
  } else {
    element *out = (element *)a.out + at;
    *out = from_float(a.accumulates ? to_float(*out) + sum : sum);
  }
}
