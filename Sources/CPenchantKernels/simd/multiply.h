// Products with a packed panel, in register tiles of up to 6 rows × PANEL_VECTORS vectors. Whatever
// the tile, an element is the same chain of additions over the depth: rows and columns do not see
// each other.
#include "panels.h"

ALWAYS void accumulate_f32(const int ROWS, const int VECTORS, vf sums[6][PANEL_VECTORS],
                           const float *left, int64_t stride, const void *panel, int64_t depth) {
  const vf *right = panel;
  for (int64_t k = 0; k < depth; k++, right += PANEL_VECTORS) {
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
      vf a = splat(left[r * stride + k]);
#pragma clang loop unroll(full)
      for (int c = 0; c < VECTORS; c++) sums[r][c] = fma_f(a, right[c], sums[r][c]);
    }
  }
}

// out = [out +] (scale · sum [+ bias]) for one vector of a row.
ALWAYS void write_vector(const pen_output *out, int64_t row, int64_t column, int64_t count,
                         vf sum) {
  vf value = sum * out->scale;
  if (out->bias != NULL) value += load(out->bias, out->bias_dtype, column, count);
  int64_t index = row * out->stride + column;
  if (out->accumulate) value += load(out->data, out->dtype, index, count);
  store(out->data, out->dtype, index, count, value);
}

// Out of line: the tile passes its sums through memory, which costs a few stores and keeps the many
// instances of the tile small.
static __attribute__((noinline)) void write_tile(const pen_output *out, int64_t row, int64_t rows,
                                                 int64_t columns, vf sums[6][PANEL_VECTORS]) {
  for (int64_t r = 0; r < rows; r++) {
    FOR_VECTORS(n, count, columns) {
      write_vector(out, row + r, n, count, sums[r][n / LANES]);
    }
  }
}

ALWAYS void tile(const int ROWS, const int VECTORS, const pen_dtype DTYPE, const pen_term *terms,
                 int64_t term_count, int64_t row, int64_t columns, const pen_output *out) {
  vf sums[6][PANEL_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < VECTORS; c++) sums[r][c] = (vf){0};
  }
  for (int64_t t = 0; t < term_count; t++) {
    const pen_term *term = &terms[t];
    const void *left = pen_at(term->left, DTYPE, row * term->left_stride);
    if (DTYPE == PEN_BF16) {
      accumulate_bf16(ROWS, VECTORS, sums, left, term->left_stride, term->panel, term->depth);
    } else {
      accumulate_f32(ROWS, VECTORS, sums, left, term->left_stride, term->panel, term->depth);
    }
  }
  if (out->dtype == PEN_F32 && out->bias == NULL && columns == VECTORS * LANES) {
    // The common case, straight from the registers; the same arithmetic as write_vector.
    float *to = (float *)out->data + row * out->stride;
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++, to += out->stride) {
#pragma clang loop unroll(full)
      for (int c = 0; c < VECTORS; c++) {
        vf value = sums[r][c] * out->scale;
        if (out->accumulate) value += load_f32(to + c * LANES);
        store_f32(to + c * LANES, value);
      }
    }
    return;
  }
  // A copy, so that `sums` has no address and stays in registers.
  vf results[6][PANEL_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
#pragma clang loop unroll(full)
    for (int c = 0; c < VECTORS; c++) results[r][c] = sums[r][c];
  }
  write_tile(out, row, ROWS, columns, results);
}

// One function for each shape of tile: tile_6_4_bf16 and so on.
typedef void tile_function(const pen_term *terms, int64_t term_count, int64_t row, int64_t columns,
                           const pen_output *out);

#define TILE(ROWS, VECTORS)                                                                        \
  static void tile_##ROWS##_##VECTORS##_f32(const pen_term *terms, int64_t count, int64_t row,     \
                                            int64_t columns, const pen_output *out) {              \
    tile(ROWS, VECTORS, PEN_F32, terms, count, row, columns, out);                                 \
  }                                                                                                \
  static void tile_##ROWS##_##VECTORS##_bf16(const pen_term *terms, int64_t count, int64_t row,    \
                                             int64_t columns, const pen_output *out) {             \
    tile(ROWS, VECTORS, PEN_BF16, terms, count, row, columns, out);                                \
  }
#define TILES(VECTORS) TILE(6, VECTORS) TILE(4, VECTORS) TILE(2, VECTORS) TILE(1, VECTORS)
TILES(1)
TILES(2)
#if PANEL_VECTORS == 4
TILES(4)
#endif

enum { TILE_HEIGHTS = 4 };
static const int64_t tile_heights[TILE_HEIGHTS] = {6, 4, 2, 1};

#define TILE_ROW(VECTORS, DTYPE)                                                                   \
  {tile_6_##VECTORS##_##DTYPE, tile_4_##VECTORS##_##DTYPE, tile_2_##VECTORS##_##DTYPE,             \
   tile_1_##VECTORS##_##DTYPE}
static tile_function *const tile_functions[2][3][TILE_HEIGHTS] = {
#if PANEL_VECTORS == 4
  {TILE_ROW(1, f32), TILE_ROW(2, f32), TILE_ROW(4, f32)},
  {TILE_ROW(1, bf16), TILE_ROW(2, bf16), TILE_ROW(4, bf16)},
#else
  {TILE_ROW(1, f32), TILE_ROW(2, f32)},
  {TILE_ROW(1, bf16), TILE_ROW(2, bf16)},
#endif
};

static void multiply(const pen_term *terms, int64_t term_count, pen_dtype dtype, int64_t rows,
                     int64_t columns, const pen_output *out) {
  int width = columns <= LANES ? 0 : columns <= 2 * LANES ? 1 : 2;
  tile_function *const *tiles = tile_functions[dtype == PEN_BF16][width];
  int64_t row = 0;
  for (int height = 0; height < TILE_HEIGHTS; height++) {
    for (; row + tile_heights[height] <= rows; row += tile_heights[height]) {
      tiles[height](terms, term_count, row, columns, out);
    }
  }
}

// Panels side by side: a right operand of more columns than one holds.
typedef struct panels {
  char *data;
  int64_t stride;  // bytes from one to the next: those of a panel of at least the depth used
} panels;

static int64_t panel_count(int64_t columns) { return (columns + PANEL_WIDTH - 1) / PANEL_WIDTH; }

// out (rows × columns) = [out +] scale · left · right
static void multiply_panels(const void *left, int64_t left_stride, panels right, int64_t depth,
                            pen_dtype dtype, int64_t rows, int64_t columns, float scale,
                            bool accumulate, float *out, int64_t out_stride) {
  for (int64_t i = 0; i < panel_count(columns); i++) {
    int64_t n = i * PANEL_WIDTH;
    pen_term term = {left, left_stride, right.data + i * right.stride, depth};
    pen_output output = {
      .data = out + n,
      .stride = out_stride,
      .dtype = PEN_F32,
      .accumulate = accumulate,
      .scale = scale,
    };
    multiply(&term, 1, dtype, rows, pen_min(PANEL_WIDTH, columns - n), &output);
  }
}

// All of Xᵀ, X (columns × depth) as stored.
static void pack_all_rows(panels to, const void *source, int64_t stride, int64_t columns,
                          int64_t depth, pen_dtype dtype) {
  for (int64_t i = 0; i < panel_count(columns); i++) {
    int64_t n = i * PANEL_WIDTH;
    pen_matrix rows = {.data = pen_at(source, dtype, n * stride), .stride = stride};
    pack_rows(to.data + i * to.stride, &rows, pen_min(PANEL_WIDTH, columns - n), depth, dtype);
  }
}

// All of X (depth × columns) as stored.
static void pack_all_columns(panels to, const void *source, int64_t stride, int64_t columns,
                             int64_t depth, pen_dtype dtype) {
  pen_matrix matrix = {.data = source, .stride = stride};
  for (int64_t i = 0; i < panel_count(columns); i++) {
    int64_t n = i * PANEL_WIDTH;
    pack_columns(to.data + i * to.stride, &matrix, n, pen_min(PANEL_WIDTH, columns - n), depth,
                 dtype);
  }
}
