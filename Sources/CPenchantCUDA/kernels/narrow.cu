// Products with few columns (a low-rank factor), or of few rows (decoding), whose sides are then exchanged: all
// they cost is reading the left operand once.
//
//   partial[s] (rows × columns) = left[:, s · DEPTH_EACH ..] · right    out = [out +] scale · Σ_s partial[s]
//
// A library's tiles are made for wide results; here they would leave most of the device idle. A block has 64
// rows and a fixed run of the depth, so that the bits of a row do not depend on how many rows there are.

enum {
  ROWS = 64,          // of a block, 16 a warp
  STEP = 64,          // of the depth, at a time in shared memory
  STAGES = 3,         // steps in shared memory: one worked on, the others on their way
  DEPTH_EACH = 1024,  // of a block
  WIDEST = 64,        // columns at most
  THREADS = 128,
  CHUNK = 8,          // elements in 16 bytes
  PITCH = STEP + CHUNK,
};

typedef struct {
  float *partial;       // (runs of the depth, rows, columns)
  const bf16 *left;     // (rows, depth)
  long long left_stride;
  const bf16 *right;    // (columns, depth), or (depth, columns) where it is not transposed
  long long right_stride;
  long long rows, columns, depth, transposed;  // depth, and columns unless transposed, are multiples of 8
} narrow_product_arguments;

// Columns in whole pairs of matrix fragments.
static DEVICE int padded(int columns) { return (columns + 15) / 16 * 16; }

// Elements from row to row of the right tile: (columns × STEP), or (STEP × columns).
static DEVICE int right_pitch(const narrow_product_arguments *a) {
  return a->transposed ? PITCH : padded((int)a->columns) + CHUNK;
}

// Starts to copy a tile of `rows` × `width` elements; what is not valid becomes zero.
static DEVICE void load_tile(bf16 *to, int pitch, const bf16 *source, long long stride, int rows,
                             int width, int valid_rows, int valid_width) {
  int chunks = width / CHUNK;
  for (int i = thread_index(); i < rows * chunks; i += THREADS) {
    int row = i / chunks, column = i % chunks * CHUNK;
    int valid = row < valid_rows && column < valid_width;
    copy_async_16(to + row * pitch + column, valid ? source + row * stride + column : source, valid);
  }
}

static DEVICE void load_step(bf16 *stage, const narrow_product_arguments *a, long long first,
                             int begin, int end) {
  if (begin < end) {
    int left = end - begin < STEP ? end - begin : STEP, columns = (int)a->columns;
    int rows = a->rows - first < ROWS ? (int)(a->rows - first) : ROWS;
    load_tile(stage, PITCH, a->left + first * a->left_stride + begin, a->left_stride, ROWS, STEP,
              rows, left);
    bf16 *right = stage + ROWS * PITCH;
    if (a->transposed) {
      load_tile(right, PITCH, a->right + begin, a->right_stride, padded(columns), STEP, columns,
                left);
    } else {
      load_tile(right, right_pitch(a), a->right + begin * a->right_stride, a->right_stride, STEP,
                padded(columns), left, columns);
    }
  }
  copy_async_commit();
}

// Grid (rows / ROWS, depth / DEPTH_EACH). Shared memory: STAGES of the left tile, then the right one.
KERNEL_BOUNDS(THREADS, 4, narrow_product) {
  DYNAMIC_SHARED(shared);
  const int columns = (int)a.columns, pitch = right_pitch(&a), lane = thread_index() % 32;
  const int stage_elements =
      ROWS * PITCH + (a.transposed ? padded(columns) : STEP) * pitch;
  const long long first = (long long)block_index_x() * ROWS;
  const int begin = block_index_y() * DEPTH_EACH;
  const int end = begin + DEPTH_EACH < a.depth ? begin + DEPTH_EACH : (int)a.depth;
  bf16 *stages = (bf16 *)shared;
  float sums[WIDEST / 8][4];
  UNROLL for (int n = 0; n < WIDEST / 8; n++) {
    UNROLL for (int i = 0; i < 4; i++) sums[n][i] = 0;
  }
  UNROLL for (int s = 0; s < STAGES - 1; s++) {
    load_step(stages + s * stage_elements, &a, first, begin + s * STEP, end);
  }
  for (int step = 0; begin + step * STEP < end; step++) {
    copy_async_wait(STAGES - 2);
    block_barrier();  // the step has come for all, and all are done with the one before
    load_step(stages + (step + STAGES - 1) % STAGES * stage_elements, &a, first,
              begin + (step + STAGES - 1) * STEP, end);
    const bf16 *stage = stages + step % STAGES * stage_elements;
    const bf16 *left = stage + thread_index() / 32 * 16 * PITCH, *right = stage + ROWS * PITCH;
    UNROLL for (int k = 0; k < STEP; k += 16) {
      unsigned x[4], w[4];
      load_matrix_4(x, left + lane % 16 * PITCH + lane / 16 * CHUNK + k);
      UNROLL for (int n = 0; n < WIDEST; n += 16) {
        if (n >= columns) break;
        if (a.transposed) {
          load_matrix_4(w, right + (n + lane / 16 * 8 + lane % 8) * pitch + lane / 8 % 2 * CHUNK + k);
        } else {
          load_matrix_4_transposed(w, right + (k + lane % 16) * pitch + lane / 16 * CHUNK + n);
        }
        multiply_bf16(sums[n / 8], x, w);
        multiply_bf16(sums[n / 8 + 1], x, w + 2);
      }
    }
  }
  // PTX ISA, "Matrix fragments for mma.m16n8k16".
  UNROLL for (int n = 0; n < WIDEST / 8; n++) {
    UNROLL for (int i = 0; i < 4; i++) {
      long long row = first + thread_index() / 32 * 16 + lane / 4 + 8 * (i / 2);
      int column = 8 * n + 2 * (lane % 4) + i % 2;
      if (row < a.rows && column < columns) {
        a.partial[((long long)block_index_y() * a.rows + row) * columns + column] = sums[n][i];
      }
    }
  }
}

typedef struct {
  void *out;
  long long out_stride, out_is_float, accumulates;
  const float *partial;
  long long runs, rows, columns;
  double scale;
} narrow_sum_arguments;

// A thread an element.
KERNEL(narrow_sum) {
  long long index = (long long)block_index_x() * block_threads() + thread_index();
  if (index >= a.rows * a.columns) return;
  float sum = 0;
  for (long long run = 0; run < a.runs; run++) sum += a.partial[run * a.rows * a.columns + index];
  sum *= (float)a.scale;
  long long at = index / a.columns * a.out_stride + index % a.columns;
  if (a.out_is_float) {
    float *out = (float *)a.out + at;
    *out = a.accumulates ? *out + sum : sum;
  } else {
    element *out = (element *)a.out + at;
    *out = from_float(a.accumulates ? to_float(*out) + sum : sum);
  }
}

typedef struct {
  void *out;            // (rows, columns)
  long long out_stride, out_is_float, accumulates;
  const float *partial; // (runs, columns, rows): the product with its sides exchanged
  long long runs, rows, columns;
  const bf16 *left, *right;  // a second term's (rows, depth) and (columns, depth); a depth of 0 is none
  long long left_stride, right_stride, depth;
  const bf16 *bias;     // (columns), or NULL
  double scale;
} few_rows_sum_arguments;

// out = [out +] scale · (Σ_s partial[s]ᵀ + left · rightᵀ) [+ bias], a thread an element.
KERNEL(few_rows_sum) {
  long long index = (long long)block_index_x() * block_threads() + thread_index();
  if (index >= a.rows * a.columns) return;
  long long row = index / a.columns, column = index % a.columns;
  float sum = 0;
  for (long long run = 0; run < a.runs; run++) {
    sum += a.partial[(run * a.columns + column) * a.rows + row];
  }
  const bf16 *left = a.left + row * a.left_stride, *right = a.right + column * a.right_stride;
  for (long long k = 0; k < a.depth; k++) sum += bf16_to_float(left[k]) * bf16_to_float(right[k]);
  sum *= (float)a.scale;
  if (a.bias != 0) sum += bf16_to_float(a.bias[column]);
  long long at = row * a.out_stride + column;
  if (a.out_is_float) {
    float *out = (float *)a.out + at;
    *out = a.accumulates ? *out + sum : sum;
  } else {
    ((element *)a.out)[at] = from_float(sum);
  }
}
