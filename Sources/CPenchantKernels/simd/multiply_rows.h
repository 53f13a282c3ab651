// Products for a few rows with the right operand as stored: dot products of rows, lane by lane. Every
// output is one chain of vector additions over the depth, then one tree over the lanes, whatever the
// number of rows and columns.
//
// What limits is memory, and a processor streams best from one place: with fewer than ROW_TILE rows
// the operand is read row after row, from front to back. With more, four of its rows are read side by
// side, so that a loaded vector meets four of the left. The lines of the next four rows are asked for in
// order meanwhile, by as many tiles as there are, so that memory is as busy as the arithmetic.
enum { ROW_TILE = 4, CACHE_LINE = 64 };

// A tile's share of the lines that the next columns need.
typedef struct row_ahead {
  int64_t tile, tiles;  // tiles: a divisor of ROW_TILE, or 0 where nothing is asked for
} row_ahead;

ALWAYS vi load_left(const pen_row_term *term, pen_dtype dtype, int64_t row, int64_t k,
                    int64_t count) {
  int64_t index = row * term->left_stride + k;
  return dtype == PEN_BF16 ? load_bf16_slots((const uint16_t *)term->left + index, count)
                           : (vi)load(term->left, PEN_F32, index, count);
}

ALWAYS vf add_dot(vf sum, pen_dtype dtype, vi a, vi b) {
  return dtype == PEN_BF16 ? dot_bf16(sum, a, b) : fma_f((vf)a, (vf)b, sum);
}

// sums[r][c] += left row · right row over `count` elements of the depth, at most a vector's worth.
ALWAYS void row_step(const int ROWS, const int COLUMNS, const pen_dtype DTYPE, const bool INT8,
                     vf sums[ROW_TILE][ROW_TILE], const pen_row_term *term, int64_t row,
                     int64_t column, int64_t k, int64_t count) {
  vi b[ROW_TILE];
#pragma clang loop unroll(full)
  for (int c = 0; c < COLUMNS; c++) {
    b[c] = load_slots(&term->right, INT8, column + c, k, count, DTYPE);
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    vi a = load_left(term, DTYPE, row + r, k, count);
#pragma clang loop unroll(full)
    for (int c = 0; c < COLUMNS; c++) sums[r][c] = add_dot(sums[r][c], DTYPE, a, b[c]);
  }
}

// One term's part of ROWS × COLUMNS sums.
ALWAYS void add_row_term(const int ROWS, const int COLUMNS, const pen_dtype DTYPE, const bool INT8,
                         vf sums[ROW_TILE][ROW_TILE], const pen_row_term *term, int64_t row,
                         int64_t column, row_ahead ahead) {
  const int64_t STEP = DTYPE == PEN_BF16 ? BF16_DOT_STEP : LANES;
  const int64_t SIZE = INT8 ? 1 : pen_size(DTYPE);
  const char *next = NULL, *end = NULL;
  int64_t each = 0;  // bytes asked for in a step
  if (COLUMNS > 1 && ahead.tiles > 0) {
    const int64_t row_bytes = term->right.stride * SIZE;
    const int64_t share = COLUMNS * row_bytes / ahead.tiles;
    next = (const char *)term->right.data + (column + COLUMNS) * row_bytes + ahead.tile * share;
    end = next + share;
    each = COLUMNS * STEP * SIZE / ahead.tiles;
  }
  int64_t k = 0;
  for (; k + STEP <= term->depth; k += STEP) {
    const char *until = next + each < end ? next + each : end;
    for (; next < until; next += CACHE_LINE) __builtin_prefetch(next);
    row_step(ROWS, COLUMNS, DTYPE, INT8, sums, term, row, column, k, STEP);
  }
  if (k < term->depth) {
    row_step(ROWS, COLUMNS, DTYPE, INT8, sums, term, row, column, k, term->depth - k);
  }
}

ALWAYS void row_sums(const int ROWS, const int COLUMNS, const pen_dtype DTYPE,
                     vf sums[ROW_TILE][ROW_TILE], const pen_row_term *terms, int64_t term_count,
                     int64_t row, int64_t column, row_ahead ahead) {
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < COLUMNS; c++) sums[r][c] = (vf){0};
  }
  for (int64_t t = 0; t < term_count; t++) {
    if (DTYPE == PEN_BF16 && terms[t].right.scales != NULL) {
      add_row_term(ROWS, COLUMNS, DTYPE, true, sums, &terms[t], row, column, ahead);
    } else {
      add_row_term(ROWS, COLUMNS, DTYPE, false, sums, &terms[t], row, column, ahead);
    }
  }
}

// The sums of up to LANES vectors over their lanes, one in each lane: the tree of sum_lanes, for all at
// once.
ALWAYS vf sum_each(vi sums[LANES]) {
  transpose_block(sums);
#pragma clang loop unroll(full)
  for (int step = LANES / 2; step > 0; step /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < step; i++) sums[i] = (vi)((vf)sums[i] + (vf)sums[i + step]);
  }
  return (vf)sums[0];
}

// ROWS × 4 outputs, four columns side by side.
ALWAYS void row_tile(const int ROWS, const pen_dtype DTYPE, const pen_row_term *terms,
                     int64_t term_count, int64_t row, int64_t column, row_ahead ahead,
                     const pen_output *out) {
  enum { PER_VECTOR = LANES / ROW_TILE };  // rows of outputs that one vector of sums holds
  vf sums[ROW_TILE][ROW_TILE];
  row_sums(ROWS, ROW_TILE, DTYPE, sums, terms, term_count, row, column, ahead);
#pragma clang loop unroll(full)
  for (int first = 0; first < ROWS; first += PER_VECTOR) {
    vi each[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) {
      int r = first + i / ROW_TILE;
      each[i] = r < ROWS ? (vi)sums[r][i % ROW_TILE] : (vi){0};
    }
    float results[LANES];
    store_f32(results, sum_each(each));
#pragma clang loop unroll(full)
    for (int r = first; r < ROWS && r < first + PER_VECTOR; r++) {
      write_vector(out, row + r, column, ROW_TILE,
                   load(results, PEN_F32, (r - first) * ROW_TILE, ROW_TILE));
    }
  }
}

// `count` outputs of one row, at most LANES, column after column.
ALWAYS void row_run(const pen_dtype DTYPE, const pen_row_term *terms, int64_t term_count,
                    int64_t row, int64_t column, int64_t count, const pen_output *out) {
  vi each[LANES] = {{0}};
  for (int64_t c = 0; c < count; c++) {
    vf sums[ROW_TILE][ROW_TILE];
    row_sums(1, 1, DTYPE, sums, terms, term_count, row, column + c, (row_ahead){0});
    each[c] = (vi)sums[0][0];
  }
  write_vector(out, row, column, count, sum_each(each));
}

ALWAYS void multiply_rows_of(const pen_dtype DTYPE, const pen_row_term *terms, int64_t term_count,
                             int64_t rows, int64_t columns, const pen_output *out) {
  int64_t n = 0;
  if (rows >= ROW_TILE) {
    const int64_t tiles = rows >= 4 * ROW_TILE ? 4 : rows >= 2 * ROW_TILE ? 2 : 1;
    for (; n + ROW_TILE <= columns; n += ROW_TILE) {
      int64_t row = 0;
      for (; row + ROW_TILE <= rows; row += ROW_TILE) {
        int64_t tile = row / ROW_TILE;
        row_ahead ahead = {.tile = tile, .tiles = tile < tiles ? tiles : 0};
        row_tile(ROW_TILE, DTYPE, terms, term_count, row, n, ahead, out);
      }
      for (; row < rows; row++) row_tile(1, DTYPE, terms, term_count, row, n, (row_ahead){0}, out);
    }
  }
  for (; n < columns; n += LANES) {
    int64_t count = pen_min(LANES, columns - n);
    for (int64_t row = 0; row < rows; row++) row_run(DTYPE, terms, term_count, row, n, count, out);
  }
}

static void multiply_rows(const pen_row_term *terms, int64_t term_count, pen_dtype dtype,
                          int64_t rows, int64_t columns, const pen_output *out) {
  if (dtype == PEN_BF16) {
    multiply_rows_of(PEN_BF16, terms, term_count, rows, columns, out);
  } else {
    multiply_rows_of(PEN_F32, terms, term_count, rows, columns, out);
  }
}
