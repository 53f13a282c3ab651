// Matrix products. A panel is (depth, 16) float32 whatever the matrix dtype: bf16 converts exactly.
#include "../numbers.h"

enum { PANEL_WIDTH = 16 };

static int64_t panel_bytes(int64_t depth, pen_dtype dtype) {
  (void)dtype;
  return depth * PANEL_WIDTH * (int64_t)sizeof(float);
}

static float element(const pen_matrix *from, int64_t row, int64_t column, pen_dtype dtype) {
  int64_t index = row * from->stride + column;
  if (from->scales == NULL) return pen_load(from->data, dtype, index);
  float scale = from->scales[row * from->scale_stride + column / PEN_GROUP];
  return pen_float(pen_bfloat((float)((const int8_t *)from->data)[index] * scale));
}

static void pack_rows(void *panel, const pen_matrix *source, int64_t columns, int64_t depth,
                      pen_dtype dtype) {
  float *right = panel;
  for (int64_t k = 0; k < depth; k++) {
    for (int64_t n = 0; n < PANEL_WIDTH; n++) {
      right[k * PANEL_WIDTH + n] = n < columns ? element(source, n, k, dtype) : 0;
    }
  }
}

static void pack_columns(void *panel, const pen_matrix *source, int64_t first, int64_t columns,
                         int64_t depth, pen_dtype dtype) {
  float *right = panel;
  for (int64_t k = 0; k < depth; k++) {
    for (int64_t n = 0; n < PANEL_WIDTH; n++) {
      right[k * PANEL_WIDTH + n] = n < columns ? element(source, k, first + n, dtype) : 0;
    }
  }
}

// out = [out +] (scale · sum [+ bias])
static void write_output(const pen_output *out, int64_t row, int64_t column, float sum) {
  float value = out->scale * sum;
  if (out->bias != NULL) value += pen_load(out->bias, out->bias_dtype, column);
  int64_t index = row * out->stride + column;
  if (out->accumulate) value += pen_load(out->data, out->dtype, index);
  pen_store(out->data, out->dtype, index, value);
}

static void multiply(const pen_term *terms, int64_t term_count, pen_dtype dtype, int64_t rows,
                     int64_t columns, const pen_output *out) {
  for (int64_t m = 0; m < rows; m++) {
    float sums[PANEL_WIDTH] = {0};
    for (int64_t t = 0; t < term_count; t++) {
      const pen_term *term = &terms[t];
      const float *right = term->panel;
      for (int64_t k = 0; k < term->depth; k++) {
        float left = pen_load(term->left, dtype, m * term->left_stride + k);
        for (int64_t n = 0; n < PANEL_WIDTH; n++) sums[n] += left * right[k * PANEL_WIDTH + n];
      }
    }
    for (int64_t n = 0; n < columns; n++) write_output(out, m, n, sums[n]);
  }
}

// Σ_i a[i] · b[i]
static float dot(const void *a, const void *b, pen_dtype dtype, int64_t count) {
  float sum = 0;
  for (int64_t i = 0; i < count; i++) sum += pen_load(a, dtype, i) * pen_load(b, dtype, i);
  return sum;
}

static void multiply_rows(const pen_row_term *terms, int64_t term_count, pen_dtype dtype,
                          int64_t rows, int64_t columns, const pen_output *out) {
  for (int64_t m = 0; m < rows; m++) {
    for (int64_t n = 0; n < columns; n++) {
      float sum = 0;
      for (int64_t t = 0; t < term_count; t++) {
        const pen_row_term *term = &terms[t];
        float dot = 0;
        for (int64_t k = 0; k < term->depth; k++) {
          dot += pen_load(term->left, dtype, m * term->left_stride + k)
               * element(&term->right, n, k, dtype);
        }
        sum += dot;
      }
      write_output(out, m, n, sum);
    }
  }
}

static void transpose(void *destination, int64_t destination_stride, pen_dtype destination_dtype,
                      const void *source, int64_t source_stride, pen_dtype source_dtype,
                      int64_t rows, int64_t columns) {
  for (int64_t n = 0; n < columns; n++) {
    for (int64_t m = 0; m < rows; m++) {
      pen_store(destination, destination_dtype, n * destination_stride + m,
                pen_load(source, source_dtype, m * source_stride + n));
    }
  }
}
