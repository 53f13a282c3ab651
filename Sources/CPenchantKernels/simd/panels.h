// The right operand of a product, packed so that a tile reads it from front to back.
//
// A panel holds `slots` × PANEL_WIDTH 32-bit elements. A slot is one index of the depth in float32,
// or what the including variant makes of bf16: BF16_SLOT_DEPTH, load_bf16_slots and
// bf16_slot say.
enum { PANEL_WIDTH = PANEL_VECTORS * LANES };

static int64_t panel_slots(int64_t depth, pen_dtype dtype) {
  return dtype == PEN_BF16 ? (depth + BF16_SLOT_DEPTH - 1) / BF16_SLOT_DEPTH : depth;
}

static int64_t panel_bytes(int64_t depth, pen_dtype dtype) {
  return panel_slots(depth, dtype) * PANEL_WIDTH * 4;
}

// A row of a right operand, LANES slots from element k on, of which `count` elements exist. INT8 is a
// constant; a group of int8 elements holds whole vectors, so one scale serves.
ALWAYS vi load_slots(const pen_matrix *from, const bool INT8, int64_t row, int64_t k,
                     int64_t count, pen_dtype dtype) {
  const int64_t index = row * from->stride + k;
  if (INT8) {
    float scale = from->scales[row * from->scale_stride + k / PEN_GROUP];
    return load_i8_slots((const int8_t *)from->data + index, count, scale);
  }
  if (dtype == PEN_BF16) return load_bf16_slots((const uint16_t *)from->data + index, count);
  return (vi)load(from->data, PEN_F32, index, count);
}

// The same elements as float32, at most LANES of them.
ALWAYS vf load_elements(const pen_matrix *from, const bool INT8, int64_t row, int64_t k,
                        int64_t count, pen_dtype dtype) {
  int64_t index = row * from->stride + k;
  if (!INT8) return load(from->data, dtype, index, count);
  float scale = from->scales[row * from->scale_stride + k / PEN_GROUP];
  return widen(narrow(load_i8((const int8_t *)from->data + index, count, scale)));
}

// One block of a panel: `rows` source rows from `row` on (≤ 0: none), of each `count` elements from k
// on, become `slots` slots. Inlined so that a whole block, whose counts are constants, stays in
// registers.
ALWAYS void pack_block(float *to, const pen_matrix *source, const bool INT8, int64_t row, int64_t k,
                       int64_t rows, int64_t count, int64_t slots, pen_dtype dtype) {
  // Its own first element, so that the rows' distances from it are known multiples of the stride.
  const pen_matrix from = {
    .data = INT8 ? (const void *)((const int8_t *)source->data + row * source->stride + k)
                 : pen_at(source->data, dtype, row * source->stride + k),
    .stride = source->stride,
    .scales = INT8 ? source->scales + row * source->scale_stride + k / PEN_GROUP : NULL,
    .scale_stride = source->scale_stride,
  };
  vi block[LANES];
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < LANES; i++) {
    block[i] = (vi){0};
    if (i < rows) block[i] = load_slots(&from, INT8, i, 0, count, dtype);
  }
  transpose_block(block);
#pragma clang loop unroll(full)
  for (int64_t i = 0; i < LANES; i++) {
    if (i < slots) store_f32(to + i * PANEL_WIDTH, (vf)block[i]);
  }
}

// Blocks of LANES source rows × LANES slots, transposed in registers. Along the rows first: a
// processor follows LANES streams of memory by itself, but not a whole panel's.
ALWAYS void pack_rows_of(const bool INT8, void *panel, pen_matrix source, int64_t columns,
                         int64_t depth, pen_dtype dtype) {
  const int64_t slots = panel_slots(depth, dtype);
  const int64_t step = dtype == PEN_BF16 ? BF16_SLOT_DEPTH : 1;
  for (int64_t n = 0; n < PANEL_WIDTH; n += LANES) {
    for (int64_t slot = 0; slot < slots; slot += LANES) {
      int64_t k = slot * step;
      int64_t count = pen_min(LANES * step, depth - k);
      float *to = (float *)panel + slot * PANEL_WIDTH + n;
      if (n + LANES <= columns && count == LANES * step) {
        pack_block(to, &source, INT8, n, k, LANES, count, LANES, dtype);
      } else {
        pack_block(to, &source, INT8, n, k, columns - n, count, pen_min(LANES, slots - slot), dtype);
      }
    }
  }
}

static void pack_rows(void *panel, const pen_matrix *source, int64_t columns, int64_t depth,
                      pen_dtype dtype) {
  if (source->scales != NULL) {
    pack_rows_of(true, panel, *source, columns, depth, PEN_BF16);
  } else {
    pack_rows_of(false, panel, *source, columns, depth, dtype);
  }
}

ALWAYS void pack_columns_of(const bool INT8, void *panel, pen_matrix source, int64_t first,
                            int64_t columns, int64_t depth, pen_dtype dtype) {
  const int64_t slots = panel_slots(depth, dtype);
  const int64_t step = dtype == PEN_BF16 ? BF16_SLOT_DEPTH : 1;
  for (int64_t slot = 0; slot < slots; slot++) {
    int64_t k = slot * step;
    float *to = (float *)panel + slot * PANEL_WIDTH;
    FOR_VECTORS(n, count, PANEL_WIDTH) {
      int64_t present = pen_min(count, columns - n);
      vf value = {0};
      if (present > 0) value = load_elements(&source, INT8, k, first + n, present, dtype);
      if (dtype == PEN_BF16) {
        vf odd = {0};
        if (step == 2 && k + 1 < depth && present > 0) {
          odd = load_elements(&source, INT8, k + 1, first + n, present, dtype);
        }
        value = (vf)bf16_slot(value, odd);
      }
      store_f32(to + n, value);
    }
  }
}

static void pack_columns(void *panel, const pen_matrix *source, int64_t first, int64_t columns,
                         int64_t depth, pen_dtype dtype) {
  if (source->scales != NULL) {
    pack_columns_of(true, panel, *source, first, columns, depth, PEN_BF16);
  } else {
    pack_columns_of(false, panel, *source, first, columns, depth, dtype);
  }
}
