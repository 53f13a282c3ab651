// Decoding: one query row a sequence against cached keys and values, and how the parts of a long
// sequence are put together.
//
// The keys of a sequence, counted through its runs, are cut into chunks of CACHED_KEYS, and each
// chunk is a block's work: so a long context keeps the whole device busy (Flash-Decoding: Dao et
// al., 2023). Where the cuts are depends on the number of a key alone, and parts are added in their
// order: the bits of a sequence do not depend on its neighbours.
//
// Two lists of ints come from the host, both at addresses that are multiples of 16:
//
//   sequences  4 ints each: the number of its first run, how many runs, the query's position, how
//              many keys.
//   runs       4 ints each: start (row in the cache), length, position of its first row, 0.

enum {
  CACHED_KEYS = 256,
  CACHED_HEADS = 16,     // query heads that a block takes, of those that share a key-value head
  PART = HEAD_DIM + 2,   // float32 of a part: Σ p v, the largest score, Σ p
};

typedef struct {
  element *out;                  // (sequences, heads × HEAD_DIM)
  long long out_stride;
  float *parts;                  // (sequences, heads, chunks, PART)
  long long chunks;              // of the longest sequence
  const element *q;              // (sequences, heads × HEAD_DIM)
  long long q_stride;
  const element *keys, *values;  // (rows, heads / group × HEAD_DIM)
  long long kv_stride;
  const int *sequences, *runs;
  long long heads, group;        // group: query heads that share a key-value head
  double scale, soft_cap;        // as in attention_forward
  long long window;
} attention_decode_arguments;
typedef attention_decode_arguments attention_decode_join_arguments;

typedef struct {
  int first_run, run_count, position, keys;
} sequence;

static DEVICE sequence sequence_at(const int *sequences, int index) {
  vector16 four = ((const vector16 *)sequences)[index];
  sequence s = {(int)four.x, (int)four.y, (int)four.z, (int)four.w};
  return s;
}

// What a block of decoding works on.
typedef struct {
  sequence of;
  int chunk, keys;  // its number, and how many keys it has: none after the sequence's last
  int kv_head, first_head, heads;
} cached_work;

static DEVICE cached_work cached_work_of(const attention_decode_arguments *a) {
  const int group = (int)a->group, blocks = tiles_in(group, CACHED_HEADS);
  const int within = block_index_y() % blocks * CACHED_HEADS;
  cached_work w;
  w.of = sequence_at(a->sequences, block_index_z());
  w.chunk = block_index_x();
  w.keys = larger(smaller(w.of.keys - w.chunk * CACHED_KEYS, CACHED_KEYS), 0);
  w.kv_head = block_index_y() / blocks;
  w.first_head = w.kv_head * group + within;
  w.heads = smaller(group - within, CACHED_HEADS);
  return w;
}

// The cache's row of each of a chunk's keys; −1 where the window hides it, and after the last.
static DEVICE void find_rows(int *rows, const attention_decode_arguments *a, const cached_work *w) {
  for (int i = thread_index(); i < CACHED_KEYS; i += block_threads()) {
    int key = w->chunk * CACHED_KEYS + i, row = -1;
    for (int r = 0; r < w->of.run_count; r++) {
      segment run = segment_at(a->runs, w->of.first_run + r);
      if (key < run.length) {
        int distance = w->of.position - (run.position + key);
        if (a->window <= 0 || distance < a->window) row = run.start + key;
        break;
      }
      key -= run.length;
    }
    rows[i] = row;
  }
  block_barrier();
}

// Column `column` of `count` parts put together, in their order, `stride` float32 apart; what is
// still to be divided by is *total. A part that saw no key has a largest score of −∞ and adds
// nothing.
static DEVICE float join(const float *parts, long long stride, int count, int column, float *most,
                         float *total) {
  float base = -INFINITE, sum = 0, divisor = 0;
  for (int i = 0; i < count; i++) base = fmaxf(base, parts[i * stride + HEAD_DIM]);
  for (int i = 0; i < count; i++) {
    const float *part = parts + i * stride;
    if (part[HEAD_DIM] == -INFINITE) continue;
    float factor = exp2_fast((part[HEAD_DIM] - base) * LOG2_E);
    sum += factor * part[column];
    divisor += factor * part[HEAD_DIM + 1];
  }
  *most = base;
  *total = divisor;
  return sum;
}

// Writes a head's column of a chunk: to `out` where the sequence has no other chunk.
static DEVICE void put_part(const attention_decode_arguments *a, const cached_work *w, int head,
                            int column, float sum, float most, float total) {
  const int z = block_index_z();
  if (w->of.keys <= CACHED_KEYS) {
    a->out[z * a->out_stride + head * HEAD_DIM + column] = from_float(sum / total);
    return;
  }
  float *part = a->parts + ((z * a->heads + head) * a->chunks + w->chunk) * PART;
  part[column] = sum;
  if (column == 0) {
    part[HEAD_DIM] = most;
    part[HEAD_DIM + 1] = total;
  }
}

// Puts the chunks of long sequences together. Grid (heads, sequences), THREADS threads; not needed
// where no sequence has more than one.
KERNEL(attention_decode_join) {
  const int head = block_index_x();
  const sequence s = sequence_at(a.sequences, block_index_y());
  if (s.keys <= CACHED_KEYS) return;
  const float *parts = a.parts + (block_index_y() * a.heads + head) * a.chunks * PART;
  for (int column = thread_index(); column < HEAD_DIM; column += THREADS) {
    float most, total;
    float sum = join(parts, PART, tiles_in(s.keys, CACHED_KEYS), column, &most, &total);
    a.out[block_index_y() * a.out_stride + head * HEAD_DIM + column] = from_float(sum / total);
  }
}
