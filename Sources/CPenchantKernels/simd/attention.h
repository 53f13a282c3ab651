// Attention over segments, blocks of queries against blocks of keys with a running softmax (arXiv
// 2205.14135, algorithm 1). Blocks are counted from the start of each segment, so that a row's
// additions come in the same order wherever its segment lies and whatever lies beside it.

enum { FORWARD_QUERIES = 48, FORWARD_KEYS = 256 };

// Queries first..<first + rows of segment `own` against keys begin..<begin + keys of segment
// `segment`.
typedef struct key_block {
  int64_t segment;
  int64_t own;
  int64_t first;
  int64_t begin;
  int64_t keys;
} key_block;

// The keys of the block that its query row sees: begin..<end, counted within the block; may be
// empty.
static void visible_keys(const pen_attention *job, const key_block *block, int64_t row,
                         int64_t *begin, int64_t *end) {
  const pen_segment *keys = &job->segments[block->segment];
  const pen_segment *own = &job->segments[block->own];
  int64_t offset = block->first + row;
  int64_t last = block->segment == block->own ? offset + 1 : keys->length;
  int64_t least = job->window > 0 ? own->position + offset - job->window + 1 - keys->position : 0;
  *begin = pen_max(least - block->begin, 0);
  *end = pen_min(last - block->begin, block->keys);
}

// The next block of at most `size` keys that a query of first..<first + rows sees; false after the
// last. Start with segment −1. The prompt's blocks come first, then the own segment's.
static bool next_block(const pen_attention *job, int64_t size, int64_t rows, key_block *block) {
  if (block->segment < 0) {
    block->segment = 0;
    block->begin = -size;
  }
  while (true) {
    block->begin += size;
    bool is_own = block->segment == block->own;
    int64_t limit = is_own ? block->first + rows : job->segments[block->segment].length;
    if (block->begin >= limit) {
      if (is_own) return false;
      block->segment = block->own;
      block->begin = -size;
      continue;
    }
    block->keys = pen_min(size, limit - block->begin);
    // The first row sees furthest back.
    int64_t begin, end;
    visible_keys(job, block, 0, &begin, &end);
    if (begin < block->keys) return true;
  }
}

// The panels of K or V of all segments, one after the other. As rows (Kᵀ: the right operand of Q·Kᵀ
// and dO·Vᵀ) a segment has panels of PANEL_WIDTH keys; as columns (V: the right operand of P·V and
// dS·K) it has blocks of `size` keys, each block the panels of the head's columns, with room for
// `size` keys.
static int64_t rows_bytes(const pen_attention *job, int64_t segment) {
  return panel_count(job->segments[segment].length) * panel_bytes(job->head_dim, job->dtype);
}

static int64_t columns_block_bytes(const pen_attention *job, int64_t size) {
  return panel_count(job->head_dim) * panel_bytes(size, job->dtype);
}

static int64_t columns_bytes(const pen_attention *job, int64_t segment, int64_t size) {
  int64_t blocks = (job->segments[segment].length + size - 1) / size;
  return blocks * columns_block_bytes(job, size);
}

static int64_t all_rows_bytes(const pen_attention *job) {
  int64_t bytes = 0;
  for (int64_t s = 0; s < job->segment_count; s++) bytes += rows_bytes(job, s);
  return bytes;
}

static int64_t all_columns_bytes(const pen_attention *job, int64_t size) {
  int64_t bytes = 0;
  for (int64_t s = 0; s < job->segment_count; s++) bytes += columns_bytes(job, s, size);
  return bytes;
}

// The panels from one segment's key on; as columns, the block that starts there.
static panels rows_at(const pen_attention *job, char *data, int64_t segment, int64_t key) {
  for (int64_t s = 0; s < segment; s++) data += rows_bytes(job, s);
  int64_t bytes = panel_bytes(job->head_dim, job->dtype);
  return (panels){data + key / PANEL_WIDTH * bytes, bytes};
}

static panels columns_at(const pen_attention *job, char *data, int64_t segment, int64_t key,
                         int64_t size) {
  for (int64_t s = 0; s < segment; s++) data += columns_bytes(job, s, size);
  return (panels){data + key / size * columns_block_bytes(job, size),
                  panel_bytes(size, job->dtype)};
}

static void pack_segments_rows(const pen_attention *job, char *data, const void *source) {
  for (int64_t s = 0; s < job->segment_count; s++) {
    const pen_segment *segment = &job->segments[s];
    pack_all_rows(rows_at(job, data, s, 0),
                  pen_at(source, job->dtype, segment->start * job->kv_stride), job->kv_stride,
                  segment->length, job->head_dim, job->dtype);
  }
}

static void pack_segments_columns(const pen_attention *job, char *data, const void *source,
                                  int64_t size) {
  for (int64_t s = 0; s < job->segment_count; s++) {
    const pen_segment *segment = &job->segments[s];
    for (int64_t key = 0; key < segment->length; key += size) {
      pack_all_columns(columns_at(job, data, s, key, size),
                       pen_at(source, job->dtype, (segment->start + key) * job->kv_stride),
                       job->kv_stride, job->head_dim, pen_min(size, segment->length - key),
                       job->dtype);
    }
  }
}

typedef struct forward_scratch {
  char *k;        // panels of Kᵀ
  char *v;        // panels of V
  float *scores;  // (FORWARD_QUERIES, FORWARD_KEYS)
  void *p;        // the same, matrix dtype
  float *sums;    // (FORWARD_QUERIES, sums_stride) Σ p v so far
  float *most;    // (FORWARD_QUERIES) the largest score so far
  float *totals;  // (FORWARD_QUERIES) Σ p so far
  int64_t sums_stride;
  int64_t bytes;
} forward_scratch;

static forward_scratch forward_layout(const pen_attention *job, void *base) {
  const int64_t tile = FORWARD_QUERIES * FORWARD_KEYS;
  forward_scratch s = {.sums_stride = pen_round_up(job->head_dim, LANES)};
  s.k = pen_carve(base, &s.bytes, all_rows_bytes(job));
  s.v = pen_carve(base, &s.bytes, all_columns_bytes(job, FORWARD_KEYS));
  s.scores = pen_carve(base, &s.bytes, tile * 4);
  s.p = pen_carve(base, &s.bytes, tile * 4);
  s.sums = pen_carve(base, &s.bytes, FORWARD_QUERIES * s.sums_stride * 4);
  s.most = pen_carve(base, &s.bytes, FORWARD_QUERIES * 4);
  s.totals = pen_carve(base, &s.bytes, FORWARD_QUERIES * 4);
  return s;
}

// One row of a block: p ← exp(score − max), with what was summed before scaled to the new maximum.
// A block of which the row sees nothing changes nothing: the maximum stays, and the sums get zeros
// added.
static void softmax_row(const pen_attention *job, const key_block *block, int64_t row,
                        const forward_scratch *s) {
  const float *scores = s->scores + row * FORWARD_KEYS;
  int64_t begin, end;
  visible_keys(job, block, row, &begin, &end);

  vf most = splat(s->most[row]);
  FOR_WHOLE_VECTORS(j, block->keys) {
    vf visible = select_f(lanes_within(j, begin, end), load_f32(scores + j), splat(-INFINITY));
    most = larger(visible, most);
  }
  float before = s->most[row], now = max_lanes(most);
  if (now > before && before > -INFINITY) {
    float correction = exp_scalar(before - now);
    s->totals[row] *= correction;
    float *sums = s->sums + row * s->sums_stride;
    FOR_WHOLE_VECTORS(e, s->sums_stride) store_f32(sums + e, load_f32(sums + e) * correction);
  }
  s->most[row] = now;

  float shift = now > -INFINITY ? now : 0;
  vf total = {0};
  FOR_WHOLE_VECTORS(j, block->keys) {
    vi mask = lanes_within(j, begin, end);
    vf p = select_f(mask, exp_f(load_f32(scores + j) - shift), (vf){0});
    total += p;
    store(s->p, job->dtype, row * FORWARD_KEYS + j, LANES, p);
  }
  s->totals[row] += sum_lanes(total);
}

static void forward_queries(const pen_attention *job, int64_t own, int64_t first, int64_t rows,
                            int64_t head, const forward_scratch *s) {
  const int64_t h = job->head_dim;
  const int64_t token = job->segments[own].start + first;
  const void *q = pen_at(job->q, job->dtype, token * job->q_stride + head * h);
  memset(s->sums, 0, (size_t)(rows * s->sums_stride) * sizeof(float));
  for (int64_t row = 0; row < rows; row++) {
    s->most[row] = -INFINITY;
    s->totals[row] = 0;
  }
  key_block block = {.segment = -1, .own = own, .first = first};
  while (next_block(job, FORWARD_KEYS, rows, &block)) {
    multiply_panels(q, job->q_stride, rows_at(job, s->k, block.segment, block.begin), h,
                    job->dtype, rows, block.keys, job->scale, false, s->scores, FORWARD_KEYS);
    for (int64_t row = 0; row < rows; row++) {
      if (job->soft_cap > 0) soft_cap(s->scores + row * FORWARD_KEYS, job->soft_cap, block.keys);
      softmax_row(job, &block, row, s);
    }
    multiply_panels(s->p, FORWARD_KEYS,
                    columns_at(job, s->v, block.segment, block.begin, FORWARD_KEYS),
                    block.keys, job->dtype, rows, h, 1, true, s->sums, s->sums_stride);
  }
  for (int64_t row = 0; row < rows; row++) {
    float total = s->totals[row];
    int64_t to = (token + row) * job->out_stride + head * h;
    FOR_VECTORS(e, n, h) {
      store(job->out, job->dtype, to + e, n, load_f32(s->sums + row * s->sums_stride + e) / total);
    }
    job->log_sum_exp[(token + row) * job->lse_stride + head] = s->most[row] + logf(total);
  }
}

static int64_t backward_bytes(const pen_attention *job);

static int64_t attention_scratch(const pen_attention *job, bool backward) {
  return backward ? backward_bytes(job) : forward_layout(job, NULL).bytes;
}

static void attention_forward(const pen_attention *job, void *scratch) {
  forward_scratch s = forward_layout(job, scratch);
  pack_segments_rows(job, s.k, job->k);
  pack_segments_columns(job, s.v, job->v, FORWARD_KEYS);
  for (int64_t own = 0; own < job->segment_count; own++) {
    int64_t length = job->segments[own].length;
    for (int64_t first = 0; first < length; first += FORWARD_QUERIES) {
      int64_t rows = pen_min(FORWARD_QUERIES, length - first);
      for (int64_t head = 0; head < job->group; head++) {
        forward_queries(job, own, first, rows, head, &s);
      }
    }
  }
}
