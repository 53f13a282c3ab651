// bf16 in pairs, for processors with vdpbf16ps: a slot meets a pair of the left row.
#include "two_deep.h"

// LANES slots from one source row, of which `count` elements exist.
ALWAYS vi load_bf16_slots(const void *from, int64_t count) {
  return (vi)_mm512_maskz_loadu_epi16((__mmask32)((1ull << count) - 1), from);
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

ALWAYS vf dot_bf16(vf sum, vi a, vi b) { return dot_pairs(sum, a, b); }
