// float32 to bf16 as pen_bfloat, for processors without an instruction for it.
static inline vh narrow(vf value) {
  vu bits = (vu)value;
  vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  vu quiet = (bits >> 16) | 0x40;
  return __builtin_convertvector(value != value ? quiet : rounded, vh);
}
