// Products for a few rows with the right operand as stored: dot products of rows, lane by lane,
// summed over the lanes at the end. Four columns at a time keep enough loads in flight to be
// memory-bound.

ALWAYS vi load_dot(const void *row, pen_dtype dtype, int64_t k, int64_t count) {
  return dtype == PEN_BF16 ? load_bf16_slots((const uint16_t *)row + k, count)
                           : (vi)load(row, PEN_F32, k, count);
}

ALWAYS vf add_dot(vf sum, pen_dtype dtype, vi a, vi b) {
  return dtype == PEN_BF16 ? dot_bf16(sum, a, b) : fma_f((vf)a, (vf)b, sum);
}

// `count` elements of the depth, at most a vector's worth.
ALWAYS void row_step(const int ROWS, const int COLUMNS, const pen_dtype DTYPE, vf sums[4][4],
                     const pen_row_term *term, const void *left, const void *right,
                     int64_t count) {
  vi b[4];
#pragma clang loop unroll(full)
  for (int c = 0; c < COLUMNS; c++) b[c] = load_dot(right, DTYPE, c * term->right_stride, count);
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    vi a = load_dot(left, DTYPE, r * term->left_stride, count);
#pragma clang loop unroll(full)
    for (int c = 0; c < COLUMNS; c++) sums[r][c] = add_dot(sums[r][c], DTYPE, a, b[c]);
  }
}

ALWAYS void row_tile(const int ROWS, const int COLUMNS, const pen_dtype DTYPE,
                     const pen_row_term *terms, int64_t term_count, int64_t row, int64_t column,
                     const pen_output *out) {
  const int64_t STEP = DTYPE == PEN_BF16 ? BF16_DOT_STEP : LANES;
  vf sums[4][4];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < COLUMNS; c++) sums[r][c] = (vf){0};
  }
  for (int64_t t = 0; t < term_count; t++) {
    const pen_row_term *term = &terms[t];
    const char *left = pen_at(term->left, DTYPE, row * term->left_stride);
    const char *right = pen_at(term->right, DTYPE, column * term->right_stride);
    int64_t k = 0;
    for (; k + STEP <= term->depth; k += STEP) {
      row_step(ROWS, COLUMNS, DTYPE, sums, term, pen_at(left, DTYPE, k), pen_at(right, DTYPE, k),
               STEP);
    }
    if (k < term->depth) {
      row_step(ROWS, COLUMNS, DTYPE, sums, term, pen_at(left, DTYPE, k), pen_at(right, DTYPE, k),
               term->depth - k);
    }
  }
  for (int r = 0; r < ROWS; r++) {
    for (int c = 0; c < COLUMNS; c++) {
      // Through a vector so that the arithmetic after the sum is write_vector's.
      write_vector(out, row + r, column + c, 1, splat(sum_lanes(sums[r][c])));
    }
  }
}

ALWAYS void row_tiles(const int COLUMNS, const pen_dtype DTYPE, const pen_row_term *terms,
                      int64_t term_count, int64_t rows, int64_t column, const pen_output *out) {
  int64_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    row_tile(4, COLUMNS, DTYPE, terms, term_count, row, column, out);
  }
  for (; row < rows; row++) row_tile(1, COLUMNS, DTYPE, terms, term_count, row, column, out);
}

static void multiply_rows_f32(const pen_row_term *terms, int64_t term_count, int64_t rows,
                              int64_t columns, const pen_output *out) {
  int64_t n = 0;
  for (; n + 4 <= columns; n += 4) row_tiles(4, PEN_F32, terms, term_count, rows, n, out);
  for (; n < columns; n++) row_tiles(1, PEN_F32, terms, term_count, rows, n, out);
}

static void multiply_rows_bf16(const pen_row_term *terms, int64_t term_count, int64_t rows,
                               int64_t columns, const pen_output *out) {
  int64_t n = 0;
  for (; n + 4 <= columns; n += 4) row_tiles(4, PEN_BF16, terms, term_count, rows, n, out);
  for (; n < columns; n++) row_tiles(1, PEN_BF16, terms, term_count, rows, n, out);
}

static void multiply_rows(const pen_row_term *terms, int64_t term_count, pen_dtype dtype,
                          int64_t rows, int64_t columns, const pen_output *out) {
  if (dtype == PEN_BF16) {
    multiply_rows_bf16(terms, term_count, rows, columns, out);
  } else {
    multiply_rows_f32(terms, term_count, rows, columns, out);
  }
}
