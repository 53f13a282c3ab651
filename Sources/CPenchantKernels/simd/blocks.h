// bf16 in blocks, for processors with bfmmla: two rows of four by two columns of four give 2 × 2 sums.
#include "two_deep.h"

// LANES slots from one source row, of which `count` elements exist.
ALWAYS vi load_bf16_slots(const void *from, int64_t count) {
  vi value = {0};
  if (count < 2 * LANES) {
    memcpy(&value, from, (size_t)count * 2);
  } else {
    memcpy(&value, from, sizeof value);
  }
  return value;
}

ALWAYS vf dot_bf16(vf sum, vi a, vi b) {
  return (vf)vbfdotq_f32((float32x4_t)sum, (bfloat16x8_t)a, (bfloat16x8_t)b);
}

// Four elements of a row, of which `count` exist.
ALWAYS uint64_t load_four(const uint16_t *from, int64_t count) {
  uint64_t value = 0;
  memcpy(&value, from, (size_t)pen_min(count, 4) * 2);
  return value;
}

// sums[r][c] += left row r · panel vector c over one term's depth; ROWS and VECTORS are constants. The
// sums are held two rows by two columns meanwhile; a row without a neighbour has a row of zeros beside
// it. What a row sums is the same in any tile.
ALWAYS void accumulate_bf16(const int ROWS, const int VECTORS, vf sums[6][PANEL_VECTORS],
                            const uint16_t *left, int64_t stride, const void *panel,
                            int64_t depth) {
  vf blocks[3][2 * PANEL_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r += 2) {
#pragma clang loop unroll(full)
    for (int c = 0; c < VECTORS; c++) {
      vf even = sums[r][c], odd = r + 1 < ROWS ? sums[r + 1][c] : (vf){0};
      blocks[r / 2][2 * c] = __builtin_shufflevector(even, odd, 0, 1, 4, 5);
      blocks[r / 2][2 * c + 1] = __builtin_shufflevector(even, odd, 2, 3, 6, 7);
    }
  }
  const vi *right = panel;
  for (int64_t k = 0; k < depth; k += 4, right += 2 * PANEL_VECTORS) {
    const int64_t count = depth - k;
    bfloat16x8_t a[3];
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r += 2) {
      uint64_t even = count < 4 ? load_four(left + r * stride + k, count)
                                : load_four(left + r * stride + k, 4);
      uint64_t odd = 0;
      if (r + 1 < ROWS) {
        odd = count < 4 ? load_four(left + (r + 1) * stride + k, count)
                        : load_four(left + (r + 1) * stride + k, 4);
      }
      a[r / 2] = (bfloat16x8_t)vcombine_u64(vcreate_u64(even), vcreate_u64(odd));
    }
#pragma clang loop unroll(full)
    for (int c = 0; c < VECTORS; c++) {
      // The panel ends with the depth: a second slot may not be there.
      vi near = right[c], far = count > 2 ? right[PANEL_VECTORS + c] : (vi){0};
      bfloat16x8_t low = (bfloat16x8_t)__builtin_shufflevector(near, far, 0, 4, 1, 5);
      bfloat16x8_t high = (bfloat16x8_t)__builtin_shufflevector(near, far, 2, 6, 3, 7);
#pragma clang loop unroll(full)
      for (int r = 0; r < ROWS; r += 2) {
        vf *block = &blocks[r / 2][2 * c];
        block[0] = (vf)vbfmmlaq_f32((float32x4_t)block[0], a[r / 2], low);
        block[1] = (vf)vbfmmlaq_f32((float32x4_t)block[1], a[r / 2], high);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r += 2) {
#pragma clang loop unroll(full)
    for (int c = 0; c < VECTORS; c++) {
      vf *block = &blocks[r / 2][2 * c];
      sums[r][c] = __builtin_shufflevector(block[0], block[1], 0, 1, 4, 5);
      if (r + 1 < ROWS) {
        sums[r + 1][c] = __builtin_shufflevector(block[0], block[1], 2, 3, 6, 7);
      }
    }
  }
}
