// Slots of two neighbouring indices of the depth, the even one in the low half; an odd depth ends with a
// zero. The including file defines load_bf16_slots.
#define BF16_SLOT_DEPTH 2

// Elements that one step of a dot product between two rows takes.
#define BF16_DOT_STEP (2 * LANES)

// LANES slots from one row of int8, of which `count` elements exist; they share a scale.
ALWAYS vi load_i8_slots(const int8_t *from, int64_t count, float scale) {
  vh low = narrow(load_i8(from, pen_min(LANES, count), scale));
  vh high = {0};
  if (count > LANES) high = narrow(load_i8(from + LANES, count - LANES, scale));
  vi slots;
  memcpy(&slots, &low, sizeof low);
  memcpy((char *)&slots + sizeof low, &high, sizeof high);
  return slots;
}

// Slots from the bf16 values of two source rows.
ALWAYS vi bf16_slot(vf even, vf odd) { return (vi)(((vu)even >> 16) | (vu)odd); }
