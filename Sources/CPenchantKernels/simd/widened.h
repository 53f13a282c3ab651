// bf16 widened to float32, for processors without bf16 arithmetic: panels are float32, and the left
// operand is widened as it is read. The products are those of float32.
#define BF16_SLOT_DEPTH 1

// LANES slots from one source row, of which `count` elements exist.
ALWAYS vi load_bf16_slots(const void *from, int64_t count) {
  return (vi)load(from, PEN_BF16, 0, count);
}

// The same from int8: `count` of a row's elements, which share a scale.
ALWAYS vi load_i8_slots(const int8_t *from, int64_t count, float scale) {
  return (vi)widen(narrow(load_i8(from, count, scale)));
}

// Slots from the bf16 values of a source row; there is no second in a slot.
ALWAYS vi bf16_slot(vf row, vf none) {
  (void)none;
  return (vi)row;
}

// sums[r][c] += left row r · panel vector c over one term's depth; ROWS and VECTORS are constants.
// Two elements of the left row come with one broadcast: the even one is shifted up, the odd one
// masked.
ALWAYS void accumulate_bf16(const int ROWS, const int VECTORS, vf sums[6][PANEL_VECTORS],
                            const uint16_t *left, int64_t stride, const void *panel,
                            int64_t depth) {
  const vf *right = panel;
  int64_t k = 0;
  for (; k + 1 < depth; k += 2, right += 2 * PANEL_VECTORS) {
#pragma clang loop unroll(full)
    for (int odd = 0; odd < 2; odd++) {
      // Read again for the odd half: six pairs kept would push the sums out of the registers.
      __asm__ volatile("" ::: "memory");
      vf b[PANEL_VECTORS];
#pragma clang loop unroll(full)
      for (int c = 0; c < VECTORS; c++) b[c] = right[odd * PANEL_VECTORS + c];
#pragma clang loop unroll(full)
      for (int r = 0; r < ROWS; r++) {
        uint32_t pair;
        memcpy(&pair, left + r * stride + k, sizeof pair);
        vu both = pair - (vu){0};
        vf a = (vf)(odd ? both & 0xffff0000u : both << 16);
#pragma clang loop unroll(full)
        for (int c = 0; c < VECTORS; c++) sums[r][c] = fma_f(a, b[c], sums[r][c]);
      }
    }
  }
  if (k == depth) return;
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    vf a = splat(pen_float(left[r * stride + k]));
#pragma clang loop unroll(full)
    for (int c = 0; c < VECTORS; c++) sums[r][c] = fma_f(a, right[c], sums[r][c]);
  }
}

// Elements that one step of a dot product between two rows takes.
#define BF16_DOT_STEP LANES

ALWAYS vf dot_bf16(vf sum, vi a, vi b) { return fma_f((vf)a, (vf)b, sum); }
