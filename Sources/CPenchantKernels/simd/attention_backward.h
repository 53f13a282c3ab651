// The gradient of attention, with the probabilities computed again from log_sum_exp
// (arXiv 2205.14135, algorithm 4):
//
//   P = exp(S − lse)    dP = dO Vᵀ    dS = P ∘ (dP − D) · scale [· cap′], D = Σ dO ∘ O
//   dV += Pᵀ dO    dQ += dS K    dK += dSᵀ Q
//
// P and dS are rounded to the matrix dtype where they enter a product; sums are float32, in the
// order of segments, query blocks, heads, key blocks.

enum { BACKWARD_QUERIES = 96, BACKWARD_KEYS = 128 };

typedef struct backward_scratch {
  char *k_rows;     // panels of Kᵀ
  char *v_rows;     // panels of Vᵀ
  char *k_columns;  // panels of K
  panels q;         // of the block's Q
  panels d_out;     // of the block's dO
  float *p;         // (BACKWARD_QUERIES, BACKWARD_KEYS) scores, then P
  float *d_s;       // the same: dP, then dS
  void *p_t;        // (BACKWARD_KEYS, BACKWARD_QUERIES) Pᵀ, matrix dtype
  void *d_s_t;      // the same: dSᵀ
  void *d_s_half;   // (BACKWARD_QUERIES, BACKWARD_KEYS) dS, matrix dtype
  float *d;         // (BACKWARD_QUERIES) D
  int64_t bytes;
} backward_scratch;

static backward_scratch backward_layout(const pen_attention *job, void *base) {
  const int64_t tile = BACKWARD_QUERIES * BACKWARD_KEYS * 4;
  const int64_t queries = columns_block_bytes(job, BACKWARD_QUERIES);
  backward_scratch s = {0};
  s.k_rows = pen_carve(base, &s.bytes, all_rows_bytes(job));
  s.v_rows = pen_carve(base, &s.bytes, all_rows_bytes(job));
  s.k_columns = pen_carve(base, &s.bytes, all_columns_bytes(job, BACKWARD_KEYS));
  s.q = (panels){pen_carve(base, &s.bytes, queries), panel_bytes(BACKWARD_QUERIES, job->dtype)};
  s.d_out = (panels){pen_carve(base, &s.bytes, queries), s.q.stride};
  s.p = pen_carve(base, &s.bytes, tile);
  s.d_s = pen_carve(base, &s.bytes, tile);
  s.p_t = pen_carve(base, &s.bytes, tile);
  s.d_s_t = pen_carve(base, &s.bytes, tile);
  s.d_s_half = pen_carve(base, &s.bytes, tile);
  s.d = pen_carve(base, &s.bytes, BACKWARD_QUERIES * 4);
  return s;
}

static int64_t backward_bytes(const pen_attention *job) {
  return backward_layout(job, NULL).bytes;
}

// scores, dP → P, dS for one row of a block; CAPPED is a constant.
ALWAYS void softmax_row_backward(const bool CAPPED, const pen_attention *job,
                                 const key_block *block, int64_t row, float log_sum,
                                 const backward_scratch *s) {
  float *p_row = s->p + row * BACKWARD_KEYS, *d_s_row = s->d_s + row * BACKWARD_KEYS;
  float d = s->d[row];
  int64_t begin, end;
  visible_keys(job, block, row, &begin, &end);
  FOR_WHOLE_VECTORS(j, block->keys) {
    vi mask = lanes_within(j, begin, end);
    vf score = load_f32(p_row + j);
    if (CAPPED) score = capped(score, job->soft_cap);
    vf p = exp_f(score - log_sum);
    vf d_s = p * (load_f32(d_s_row + j) - d) * job->scale;
    if (CAPPED) d_s *= cap_slope(score, job->soft_cap);
    store_f32(p_row + j, select_f(mask, p, (vf){0}));
    store_f32(d_s_row + j, select_f(mask, d_s, (vf){0}));
  }
}

static void backward_block(const pen_attention *job, const key_block *block, int64_t rows,
                           int64_t head, bool is_first, const backward_scratch *s) {
  const int64_t h = job->head_dim;
  const pen_dtype dtype = job->dtype;
  const int64_t token = job->segments[block->own].start + block->first;
  const void *q = pen_at(job->q, dtype, token * job->q_stride + head * h);
  const void *d_out = pen_at(job->d_out, dtype, token * job->out_stride + head * h);
  multiply_panels(q, job->q_stride, rows_at(job, s->k_rows, block->segment, block->begin), h,
                  dtype, rows, block->keys, job->scale, false, s->p, BACKWARD_KEYS);
  multiply_panels(d_out, job->out_stride,
                  rows_at(job, s->v_rows, block->segment, block->begin), h, dtype, rows,
                  block->keys, 1, false, s->d_s, BACKWARD_KEYS);
  for (int64_t row = 0; row < rows; row++) {
    float log_sum = job->log_sum_exp[(token + row) * job->lse_stride + head];
    if (job->soft_cap > 0) {
      softmax_row_backward(true, job, block, row, log_sum, s);
    } else {
      softmax_row_backward(false, job, block, row, log_sum, s);
    }
  }
  transpose(s->p_t, BACKWARD_QUERIES, dtype, s->p, BACKWARD_KEYS, PEN_F32, rows, block->keys);
  transpose(s->d_s_t, BACKWARD_QUERIES, dtype, s->d_s, BACKWARD_KEYS, PEN_F32, rows, block->keys);
  for (int64_t row = 0; row < rows; row++) {
    FOR_WHOLE_VECTORS(j, block->keys) {
      int64_t at = row * BACKWARD_KEYS + j;
      store(s->d_s_half, dtype, at, LANES, load_f32(s->d_s + at));
    }
  }
  int64_t key = (job->segments[block->segment].start + block->begin) * job->d_kv_stride;
  multiply_panels(s->p_t, BACKWARD_QUERIES, s->d_out, rows, dtype, block->keys, h, 1, true,
                  job->d_v + key, job->d_kv_stride);
  multiply_panels(s->d_s_t, BACKWARD_QUERIES, s->q, rows, dtype, block->keys, h, 1, true,
                  job->d_k + key, job->d_kv_stride);
  multiply_panels(s->d_s_half, BACKWARD_KEYS,
                  columns_at(job, s->k_columns, block->segment, block->begin, BACKWARD_KEYS),
                  block->keys, dtype, rows, h, 1, !is_first,
                  job->d_q + token * job->d_q_stride + head * h, job->d_q_stride);
}

static void backward_queries(const pen_attention *job, int64_t own, int64_t first, int64_t rows,
                             int64_t head, const backward_scratch *s) {
  const int64_t h = job->head_dim;
  const pen_dtype dtype = job->dtype;
  const int64_t token = job->segments[own].start + first;
  const int64_t out_at = token * job->out_stride + head * h;
  pack_all_columns(s->q, pen_at(job->q, dtype, token * job->q_stride + head * h), job->q_stride, h,
                   rows, dtype);
  pack_all_columns(s->d_out, pen_at(job->d_out, dtype, out_at), job->out_stride, h, rows, dtype);
  for (int64_t row = 0; row < rows; row++) {
    vf sum = {0};
    FOR_VECTORS(e, n, h) {
      int64_t at = out_at + row * job->out_stride + e;
      sum = fma_f(load(job->d_out, dtype, at, n), load(job->out, dtype, at, n), sum);
    }
    s->d[row] = sum_lanes(sum);
  }
  key_block block = {.segment = -1, .own = own, .first = first};
  for (bool is_first = true; next_block(job, BACKWARD_KEYS, rows, &block); is_first = false) {
    backward_block(job, &block, rows, head, is_first, s);
  }
}

static void attention_backward(const pen_attention *job, void *scratch) {
  backward_scratch s = backward_layout(job, scratch);
  pack_segments_rows(job, s.k_rows, job->k);
  pack_segments_rows(job, s.v_rows, job->v);
  pack_segments_columns(job, s.k_columns, job->k, BACKWARD_KEYS);
  for (int64_t i = 0; i < job->segment_count; i++) {
    const pen_segment *segment = &job->segments[i];
    for (int64_t row = 0; row < segment->length; row++) {
      int64_t at = (segment->start + row) * job->d_kv_stride;
      memset(job->d_k + at, 0, (size_t)job->head_dim * sizeof(float));
      memset(job->d_v + at, 0, (size_t)job->head_dim * sizeof(float));
    }
  }
  for (int64_t own = 0; own < job->segment_count; own++) {
    int64_t length = job->segments[own].length;
    for (int64_t first = 0; first < length; first += BACKWARD_QUERIES) {
      int64_t rows = pen_min(BACKWARD_QUERIES, length - first);
      for (int64_t head = 0; head < job->group; head++) {
        backward_queries(job, own, first, rows, head, &s);
      }
    }
  }
}
