// Transposition of LANES × LANES blocks of 32-bit elements in registers (Eklundh): for each bit of
// the index, rows that differ in that bit exchange the lanes that differ in it.
ALWAYS void transpose_block(vi rows[LANES]) {
#define STAGE(bit, LOW, HIGH)                                                                      \
  _Pragma("clang loop unroll(full)") for (int i = 0; i < LANES; i++) {                             \
    if ((i & bit) == 0) {                                                                          \
      vi a = rows[i], b = rows[i | bit];                                                           \
      rows[i] = LOW;                                                                               \
      rows[i | bit] = HIGH;                                                                        \
    }                                                                                              \
  }
#define PICK(...) __builtin_shufflevector(a, b, __VA_ARGS__)
#if LANES == 16
  STAGE(8, PICK(0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),
        PICK(8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31))
  STAGE(4, PICK(0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),
        PICK(4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))
  STAGE(2, PICK(0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),
        PICK(2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))
  STAGE(1, PICK(0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30),
        PICK(1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#elif LANES == 8
  STAGE(4, PICK(0, 1, 2, 3, 8, 9, 10, 11), PICK(4, 5, 6, 7, 12, 13, 14, 15))
  STAGE(2, PICK(0, 1, 8, 9, 4, 5, 12, 13), PICK(2, 3, 10, 11, 6, 7, 14, 15))
  STAGE(1, PICK(0, 8, 2, 10, 4, 12, 6, 14), PICK(1, 9, 3, 11, 5, 13, 7, 15))
#else
  STAGE(2, PICK(0, 1, 4, 5), PICK(2, 3, 6, 7))
  STAGE(1, PICK(0, 4, 2, 6), PICK(1, 5, 3, 7))
#endif
#undef PICK
#undef STAGE
}

// One block, inlined so that a whole one, whose counts are constants, stays in registers.
ALWAYS void transpose_part(void *destination, int64_t destination_stride,
                           pen_dtype destination_dtype, const void *source, int64_t source_stride,
                           pen_dtype source_dtype, int64_t height, int64_t width) {
  vi block[LANES];
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < LANES; i++) {
    block[i] = (vi){0};
    if (i < height) block[i] = (vi)load(source, source_dtype, i * source_stride, width);
  }
  transpose_block(block);
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < LANES; i++) {
    if (i >= width) continue;
    store(destination, destination_dtype, i * destination_stride, height, (vf)block[i]);
  }
}

static void transpose(void *destination, int64_t destination_stride, pen_dtype destination_dtype,
                      const void *source, int64_t source_stride, pen_dtype source_dtype,
                      int64_t rows, int64_t columns) {
  for (int64_t row = 0; row < rows; row += LANES) {
    int64_t height = pen_min(LANES, rows - row);
    for (int64_t column = 0; column < columns; column += LANES) {
      int64_t width = pen_min(LANES, columns - column);
      const void *from = pen_at(source, source_dtype, row * source_stride + column);
      void *to = pen_at_mut(destination, destination_dtype, column * destination_stride + row);
      if (height == LANES && width == LANES) {
        transpose_part(to, destination_stride, destination_dtype, from, source_stride,
                       source_dtype, LANES, LANES);
      } else {
        transpose_part(to, destination_stride, destination_dtype, from, source_stride,
                       source_dtype, height, width);
      }
    }
  }
}
