// Tiles of bf16 rows in shared memory, and products of them on tensor cores.
//
// A tile is a run of rows of one head. Each takes HEAD_DIM elements and 16 bytes of padding: an odd
// number of 16-byte chunks, so that the eight rows which one phase of ldmatrix reads lie in eight
// different groups of banks, for every HEAD_DIM that is a multiple of 16.
//
// A warp's part of a product is 16 rows high. Of its float32 sums, sums[n][i] of a lane is the
// element in row lane / 4 + 8 (i / 2) and column 8 n + 2 (lane % 4) + i % 2 (PTX ISA, "Matrix
// fragments for mma.m16n8k16"); packed to bf16 they are, as they lie, the left operand of the next
// product. So P and dS go from one product to the next without leaving the lane.

// STREAM, how many rows stream past at a time, comes from the compiler's command line: 64, 32 or
// 16, as the device's shared memory allows; at least 32 up to a HEAD_DIM of 128. So does HEADS: 2
// where a block of queries has a tile of two heads that share their keys. Then a warp has 16 rows
// of each, and every operand that it loads of a key or value serves both.

enum {
  CHUNK = 8,  // elements in 16 bytes
  CHUNKS = HEAD_DIM / CHUNK,
  PITCH = HEAD_DIM + CHUNK,  // elements from one row of a tile to the next
  STREAM_BLOCKS = STREAM / 8,
  HEAD_BLOCKS = HEAD_DIM / 8,
  TILE_ELEMENTS = TILE * PITCH,
  STREAM_ELEMENTS = STREAM * PITCH,
};

static DEVICE int lane_index(void) { return thread_index() % 32; }
static DEVICE int warp_index(void) { return thread_index() / 32; }
// Of the upper element of a lane's sums, in its 16 rows, and of the first in a block of 8 columns.
static DEVICE int lane_row(void) { return lane_index() / 4; }
static DEVICE int lane_column(void) { return lane_index() % 4 * 2; }

// Starts to copy `rows` rows, the first at `source`; those from `valid` on become zeros. A thread
// keeps to one column of chunks; a few stay idle where CHUNKS does not divide their number.
static DEVICE void load_rows(bf16 *to, const bf16 *source, int stride, int rows, int valid) {
  const int step = THREADS / CHUNKS;
  int row = thread_index() / CHUNKS, column = thread_index() % CHUNKS * CHUNK;
  if (row >= step) return;
  const bf16 *from = source + row * stride + column;
  to += row * PITCH + column;
  UNROLL for (int first = 0; first < rows; first += step) {
    if (row >= rows) return;
    // What is not there is not read, but its address should still be one of the tensor's.
    copy_async_16(to, row < valid ? from : source, row < valid);
    row += step;
    from += step * stride;
    to += step * PITCH;
  }
}

// Rows 0 ..< 16 and columns column ..< column + 16 of a tile as the left operand.
static DEVICE void load_left(unsigned *a, const bf16 *rows, int column) {
  int lane = lane_index();
  load_matrix_4(a, rows + lane % 16 * PITCH + lane / 16 * CHUNK + column);
}

// Two right operands whose columns are rows row ..< row + 8 and row + 8 ..< row + 16 of a tile, and
// whose depth are its columns column ..< column + 16: for a product with a transposed tile.
static DEVICE void load_right_of_rows(unsigned *b, const bf16 *rows, int row, int column) {
  int lane = lane_index();
  load_matrix_4(b, rows + (lane / 16 * 8 + lane % 8) * PITCH + lane / 8 % 2 * CHUNK +
                       row * PITCH + column);
}

// Two right operands whose columns are columns column ..< column + 8 and column + 8 ..< column + 16
// of a tile, and whose depth are its rows row ..< row + 16: for a product with the tile as it is.
static DEVICE void load_right_of_columns(unsigned *b, const bf16 *rows, int row, int column) {
  int lane = lane_index();
  load_matrix_4_transposed(b, rows + lane % 16 * PITCH + lane / 16 * CHUNK + row * PITCH + column);
}

static DEVICE void clear(float (*sums)[4], int blocks) {
  UNROLL for (int n = 0; n < blocks; n++) {
    UNROLL for (int i = 0; i < 4; i++) sums[n][i] = 0;
  }
}

// For each of `heads` heads products (16 × 8 · blocks) = left · streamedᵀ. `left` are 16 rows of a
// tile, and those of the next head's, or in `kept`, where that is not NULL, their operands.
static DEVICE void times_transposed(float (*products)[4], int heads, int blocks, const bf16 *left,
                                    unsigned (*kept)[4], const bf16 *streamed) {
  clear(products, heads * blocks);
  UNROLL for (int k = 0; k < HEAD_DIM / 16; k++) {
    unsigned a[HEADS][4], b[4];
    UNROLL for (int h = 0; h < heads; h++) {
      if (kept) {
        UNROLL for (int i = 0; i < 4; i++) a[h][i] = kept[h * HEAD_DIM / 16 + k][i];
      } else {
        load_left(a[h], left + h * TILE_ELEMENTS, 16 * k);
      }
    }
    UNROLL for (int n = 0; n < blocks; n += 2) {
      load_right_of_rows(b, streamed, 8 * n, 16 * k);
      UNROLL for (int h = 0; h < heads; h++) {
        multiply_bf16(products[h * blocks + n], a[h], b);
        multiply_bf16(products[h * blocks + n + 1], a[h], b + 2);
      }
    }
  }
}

// For each of `heads` heads sums (16 × 8 · blocks) += factors, rounded to bf16, (16 × depth) ·
// columns first ..< first + 8 · blocks of a tile's first `depth` rows.
static DEVICE void add_product(float (*sums)[4], int heads, int blocks, float (*factors)[4],
                               int depth, const bf16 *streamed, int first) {
  UNROLL for (int k = 0; k < depth / 16; k++) {
    unsigned a[HEADS][4], b[4];
    UNROLL for (int h = 0; h < heads; h++) {
      const float *left = factors[h * depth / 8 + 2 * k];
      const float *right = factors[h * depth / 8 + 2 * k + 1];
      a[h][0] = pack_bf16(left[0], left[1]);
      a[h][1] = pack_bf16(left[2], left[3]);
      a[h][2] = pack_bf16(right[0], right[1]);
      a[h][3] = pack_bf16(right[2], right[3]);
    }
    UNROLL for (int n = 0; n < blocks; n += 2) {
      load_right_of_columns(b, streamed, 16 * k, 8 * n + first);
      UNROLL for (int h = 0; h < heads; h++) {
        multiply_bf16(sums[h * blocks + n], a[h], b);
        multiply_bf16(sums[h * blocks + n + 1], a[h], b + 2);
      }
    }
  }
}

// What is hidden of a step from a warp's 16 rows.
typedef struct {
  int any, all;
  interval seen[2];  // by the lane's two rows
} hidden_part;

// Of a step of `width` rows; the rows' intervals, whose ends both grow from row to row.
static DEVICE hidden_part hidden_between(interval upper, interval lower, int width) {
  hidden_part hidden;
  hidden.any = upper.end < width || lower.begin > 0;
  hidden.all = upper.begin >= width || lower.end <= 0;
  return hidden;
}

// The rows are queries, from `first` of the own segment on.
static DEVICE hidden_part hidden_keys(const key_step *step, int width, int first, int window) {
  hidden_part hidden = hidden_between(visible_keys(step, first, window),
                                      visible_keys(step, first + 15, window), width);
  UNROLL for (int half = 0; half < 2; half++) {
    hidden.seen[half] = visible_keys(step, first + lane_row() + 8 * half, window);
  }
  return hidden;
}

// The rows are keys, from `first` of the own segment on.
static DEVICE hidden_part hidden_queries(const segment *own, int first, const query_step *step,
                                         int window) {
  hidden_part hidden = hidden_between(visible_queries(own, first, step, window),
                                      visible_queries(own, first + 15, step, window), STREAM);
  UNROLL for (int half = 0; half < 2; half++) {
    hidden.seen[half] = visible_queries(own, first + lane_row() + 8 * half, step, window);
  }
  return hidden;
}

// Of each of `heads` heads hidden scores become −∞.
static DEVICE void hide(float (*scores)[4], int heads, int blocks, const hidden_part *hidden) {
  if (!hidden->any) return;
  UNROLL for (int n = 0; n < blocks; n++) {
    UNROLL for (int i = 0; i < 4; i++) {
      const int column = 8 * n + lane_column() + i % 2;
      const interval *seen = &hidden->seen[i / 2];
      if (column >= seen->begin && column < seen->end) continue;
      UNROLL for (int h = 0; h < heads; h++) scores[h * blocks + n][i] = -INFINITE;
    }
  }
}

// With a soft cap, scores (so far q·k) become cap · tanh(inner · q·k).
static DEVICE void cap_scores(float (*scores)[4], int blocks, const score_rule *rule) {
  if (rule->soft_cap <= 0) return;
  UNROLL for (int n = 0; n < blocks; n++) {
    UNROLL for (int i = 0; i < 4; i++) {
      scores[n][i] = rule->soft_cap * tanh_accurate(rule->inner * scores[n][i]);
    }
  }
}

// The most and the sum over the four lanes that share a row.
static DEVICE float row_most(float x) {
  x = fmaxf(x, warp_xor_float(x, 1));
  return fmaxf(x, warp_xor_float(x, 2));
}
static DEVICE float row_sum(float x) {
  x += warp_xor_float(x, 1);
  return x + warp_xor_float(x, 2);
}

// ---- The running softmax ------------------------------------------------------------------------

// Of a lane's two rows.
typedef struct {
  float most[2];    // the largest score so far
  float totals[2];  // Σ exp (score − most) of the lane's own columns
} running_softmax;

static DEVICE running_softmax empty_softmax(void) {
  running_softmax r = {{-INFINITE, -INFINITE}, {0, 0}};
  return r;
}

// scores ← exp(score − most), not yet divided by their sum; what was summed is scaled to the new
// maximum (algorithm 1 of 2205.14135, with the division left to the end as in 2307.08691).
//
// A step of which a row sees nothing leaves all its bits: its maximum stays, so the factor is 2⁰.
static DEVICE void softmax_step(running_softmax *r, float (*scores)[4], int score_blocks,
                                float (*sums)[4], int sum_blocks, float unit) {
  UNROLL for (int half = 0; half < 2; half++) {
    float most = r->most[half];
    UNROLL for (int n = 0; n < score_blocks; n++) {
      most = fmaxf(most, fmaxf(scores[n][2 * half], scores[n][2 * half + 1]));
    }
    most = row_most(most);
    // A row that has seen nothing yet has no maximum; its exponentials are 0 with any.
    float base = most == -INFINITE ? 0 : most;
    float factor = exp2_fast((r->most[half] - base) * unit);
    float total = r->totals[half] * factor;
    UNROLL for (int n = 0; n < score_blocks; n++) {
      UNROLL for (int i = 2 * half; i < 2 * half + 2; i++) {
        scores[n][i] = exp2_fast(fmaf(scores[n][i], unit, -base * unit));
        total += scores[n][i];
      }
    }
    UNROLL for (int n = 0; n < sum_blocks; n++) {
      sums[n][2 * half] *= factor;
      sums[n][2 * half + 1] *= factor;
    }
    r->most[half] = most;
    r->totals[half] = total;
  }
}
