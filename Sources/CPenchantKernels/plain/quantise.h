// Weights as int8 with a scale a group.
#include <math.h>

static bool quantise(int8_t *data, int64_t stride, float *scales, int64_t scale_stride,
                     const void *source, int64_t source_stride, pen_dtype dtype, int64_t rows,
                     int64_t columns) {
  bool finite = true;
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t begin = 0; begin < columns; begin += PEN_GROUP) {
      int64_t end = pen_min(columns, begin + PEN_GROUP);
      float most = 0;
      for (int64_t k = begin; k < end; k++) {
        float x = pen_load(source, dtype, row * source_stride + k);
        finite = finite && isfinite(x);
        most = fabsf(x) > most ? fabsf(x) : most;
      }
      scales[row * scale_stride + begin / PEN_GROUP] = most / 127;
      float inverse = most > 0 ? 127 / most : 0;
      for (int64_t k = begin; k < end; k++) {
        float x = pen_load(source, dtype, row * source_stride + k);
        float steps = rintf(x * inverse);
        // Only what is not finite, and refused, lies outside.
        data[row * stride + k] = steps >= -127 && steps <= 127 ? (int8_t)steps : 0;
      }
    }
  }
  return finite;
}
