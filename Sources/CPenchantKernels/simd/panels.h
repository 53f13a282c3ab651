// The right operand of a product, packed so that a tile reads it from front to back.
//
// A panel holds `slots` × PANEL_WIDTH 32-bit elements. A slot is one index of the depth in float32,
// or what the including variant makes of bf16: BF16_SLOT_DEPTH, load_bf16_slots and
// bf16_slot_of_rows say.
enum { PANEL_WIDTH = PANEL_VECTORS * LANES };

static int64_t panel_slots(int64_t depth, pen_dtype dtype) {
  return dtype == PEN_BF16 ? (depth + BF16_SLOT_DEPTH - 1) / BF16_SLOT_DEPTH : depth;
}

static int64_t panel_bytes(int64_t depth, pen_dtype dtype) {
  return panel_slots(depth, dtype) * PANEL_WIDTH * 4;
}

// One block of a panel: `rows` source rows (≤ 0: none) of `count` elements become `slots` slots.
// Inlined so that a whole block, whose counts are constants, stays in registers.
ALWAYS void pack_block(float *to, const void *from, int64_t stride, int64_t rows, int64_t count,
                       int64_t slots, pen_dtype dtype) {
  vi block[LANES];
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < LANES; i++) {
    block[i] = (vi){0};
    if (i >= rows) continue;
    const void *row = pen_at(from, dtype, i * stride);
    block[i] = dtype == PEN_BF16 ? load_bf16_slots(row, count) : (vi)load(row, PEN_F32, 0, count);
  }
  transpose_block(block);
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < LANES; i++) {
    if (i < slots) store_f32(to + i * PANEL_WIDTH, (vf)block[i]);
  }
}

// Blocks of LANES source rows × LANES slots, transposed in registers. Along the rows first: a
// processor follows LANES streams of memory by itself, but not a whole panel's.
static void pack_rows(void *panel, const void *source, int64_t stride, int64_t columns,
                      int64_t depth, pen_dtype dtype) {
  const int64_t slots = panel_slots(depth, dtype);
  const int64_t step = dtype == PEN_BF16 ? BF16_SLOT_DEPTH : 1;
  for (int64_t n = 0; n < PANEL_WIDTH; n += LANES) {
    for (int64_t slot = 0; slot < slots; slot += LANES) {
      int64_t k = slot * step;
      int64_t count = pen_min(LANES * step, depth - k);
      const void *from = pen_at(source, dtype, n * stride + k);
      float *to = (float *)panel + slot * PANEL_WIDTH + n;
      if (n + LANES <= columns && count == LANES * step) {
        pack_block(to, from, stride, LANES, count, LANES, dtype);
      } else {
        pack_block(to, from, stride, columns - n, count, pen_min(LANES, slots - slot), dtype);
      }
    }
  }
}

static void pack_columns(void *panel, const void *source, int64_t stride, int64_t columns,
                         int64_t depth, pen_dtype dtype) {
  const int64_t slots = panel_slots(depth, dtype);
  const int64_t step = dtype == PEN_BF16 ? BF16_SLOT_DEPTH : 1;
  for (int64_t slot = 0; slot < slots; slot++) {
    const void *from = pen_at(source, dtype, slot * step * stride);
    float *to = (float *)panel + slot * PANEL_WIDTH;
    FOR_VECTORS(n, count, PANEL_WIDTH) {
      int64_t present = pen_min(count, columns - n);
      vf value = {0};
      if (present > 0 && dtype == PEN_BF16) {
        int64_t left = depth - slot * step;
        value = (vf)bf16_slot_of_rows((const uint16_t *)from + n, stride, left, present);
      } else if (present > 0) {
        value = load(from, PEN_F32, n, present);
      }
      store_f32(to + n, value);
    }
  }
}
