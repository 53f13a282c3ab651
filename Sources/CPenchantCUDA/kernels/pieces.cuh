// How rows are cut among threads and loaded, for what treats each row by itself.

// Elements that a thread takes at once. `wide` says that addresses and strides are multiples of eight of them, so
// that they are loaded together.
#define EACH 8

// Up to eight elements; what is not there is 0.
static DEVICE void load_some(const element *from, float *x, int count, int wide) {
  if (wide && count >= EACH) {
    load_eight(from, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) x[i] = i < count ? to_float(from[i]) : 0;
}
static DEVICE void store_some(element *to, const float *x, int count, int wide) {
  if (wide && count >= EACH) {
    store_eight(to, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) {
    if (i < count) to[i] = from_float(x[i]);
  }
}
static DEVICE void load_some_floats(const float *from, float *x, int count, int wide) {
  if (wide && count >= EACH) {
    load_eight_floats(from, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) x[i] = i < count ? from[i] : 0;
}
static DEVICE void store_some_floats(float *to, const float *x, int count, int wide) {
  if (wide && count >= EACH) {
    store_eight_floats(to, x);
    return;
  }
  UNROLL for (int i = 0; i < EACH; i++) {
    if (i < count) to[i] = x[i];
  }
}
// The same for a tensor that is float32 or of the matrix dtype.
static DEVICE void load_either(const void *from, long long at, int is_float, float *x, int count,
                               int wide) {
  if (is_float) {
    load_some_floats((const float *)from + at, x, count, wide);
  } else {
    load_some((const element *)from + at, x, count, wide);
  }
}
static DEVICE void store_either(void *to, long long at, int is_float, const float *x, int count,
                                int wide) {
  if (is_float) {
    store_some_floats((float *)to + at, x, count, wide);
  } else {
    store_some((element *)to + at, x, count, wide);
  }
}

// A block has one row, or PIECE elements of one.
#define PIECE 2048

// Where this thread's eight elements lie when each row is cut into pieces of PIECE, a block each.
typedef struct {
  long long row, column;
  int count;  // elements there are from column on, as far as anybody asks
} place;

static DEVICE place place_in(long long columns) {
  long long pieces = (columns + PIECE - 1) / PIECE;
  place p;
  p.row = block_index_x() / pieces;
  p.column = block_index_x() % pieces * PIECE + thread_index() * EACH;
  long long left = columns - p.column;
  p.count = left > EACH ? EACH : left > 0 ? (int)left : 0;
  return p;
}
