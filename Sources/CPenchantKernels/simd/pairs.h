// bf16 in pairs, for processors with vdpbf16ps: a slot of a panel is two neighbouring indices of
// the depth, the even one in the low half; an odd depth ends with a zero.
#define BF16_SLOT_DEPTH 2

// LANES slots from one source row, of which `count` elements exist.
ALWAYS vi load_bf16_slots(const void *from, int64_t count) {
  return (vi)_mm512_maskz_loadu_epi16((__mmask32)((1ull << count) - 1), from);
}

// `present` slots of two source rows; `left` rows exist from here on.
ALWAYS vi bf16_slot_of_rows(const uint16_t *from, int64_t stride, int64_t left, int64_t present) {
  vu low = (vu)load(from, PEN_BF16, 0, present);
  vu high = left > 1 ? (vu)load(from + stride, PEN_BF16, 0, present) : (vu){0};
  return (vi)((low >> 16) | high);
}

ALWAYS vf dot_pairs(vf sum, vi a, vi b) {
  return (vf)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
}

// sums[r][c] += left row r · panel vector c over one term's depth; ROWS and VECTORS are constants.
ALWAYS void accumulate_bf16(const int ROWS, const int VECTORS, vf sums[6][PANEL_VECTORS],
                            const uint16_t *left, int64_t stride, const void *panel,
                            int64_t depth) {
  const vi *right = panel;
  int64_t k = 0;
  for (; k + 1 < depth; k += 2, right += PANEL_VECTORS) {
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
      int32_t pair;
      memcpy(&pair, left + r * stride + k, sizeof pair);
      vi a = pair - (vi){0};
#pragma clang loop unroll(full)
      for (int c = 0; c < VECTORS; c++) sums[r][c] = dot_pairs(sums[r][c], a, right[c]);
    }
  }
  if (k == depth) return;
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++) {
    vi a = (int32_t)left[r * stride + k] - (vi){0};
#pragma clang loop unroll(full)
    for (int c = 0; c < VECTORS; c++) sums[r][c] = dot_pairs(sums[r][c], a, right[c]);
  }
}

// Elements that one step of a dot product between two rows takes.
#define BF16_DOT_STEP (2 * LANES)

ALWAYS vf dot_bf16(vf sum, vi a, vi b) { return dot_pairs(sum, a, b); }
