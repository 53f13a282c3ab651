// Attention without tensor cores: for float32, and for heads that no product of 16 by 16 fits. The
// same kernels with the same arguments and grids as the others, and no dynamic shared memory.
//
// A warp works on one row at a time, on 32 rows of the other side at once: first each lane computes
// the score of one of them, then each lane sums the columns that are its own.

enum {
  WIDTH = 32,
  COLUMNS = (HEAD_DIM + 31) / 32,  // that a lane sums: its number and every 32nd from there
  SLICES = 1,
};

static DEVICE int lane_index(void) { return thread_index() % 32; }
static DEVICE int warp_index(void) { return thread_index() / 32; }

static DEVICE float dot(const element *x, const element *y) {
  float sum = 0;
  for (int e = 0; e < HEAD_DIM; e++) sum += to_float(x[e]) * to_float(y[e]);
  return sum;
}

// How q·k becomes a score.
typedef struct {
  float scale, soft_cap;
} plain_rule;

static DEVICE float score_of(const element *q, const element *k, const plain_rule *rule) {
  return capped(rule->scale * dot(q, k), rule->soft_cap);
}

// sums (of a lane's columns) += Σ over the lanes of their factor times their row; NULL for a lane
// without one.
static DEVICE void add_rows(float *sums, float factor, const element *row) {
  SHARED float factors[WARPS][WIDTH];
  SHARED const element *rows[WARPS][WIDTH];
  const int warp = warp_index();
  factors[warp][lane_index()] = rounded(factor);
  rows[warp][lane_index()] = row;
  warp_barrier();
  for (int i = 0; i < WIDTH; i++) {
    if (!rows[warp][i]) continue;
    UNROLL for (int c = 0; c < COLUMNS; c++) {
      int e = lane_index() + 32 * c;
      if (e < HEAD_DIM) sums[c] += factors[warp][i] * to_float(rows[warp][i][e]);
    }
  }
  warp_barrier();
}

static DEVICE void clear_columns(float *sums) {
  UNROLL for (int c = 0; c < COLUMNS; c++) sums[c] = 0;
}

static DEVICE void store_columns(float *to, const float *sums) {
  UNROLL for (int c = 0; c < COLUMNS; c++) {
    int e = lane_index() + 32 * c;
    if (e < HEAD_DIM) to[e] = sums[c];
  }
}

// ---- Forward and decoding -----------------------------------------------------------------------

// One row's softmax so far: the largest score, Σ exp (score − most), and Σ of that times v.
typedef struct {
  float most, total, sums[COLUMNS];
} running_row;

static DEVICE running_row empty_row(void) {
  running_row r;
  r.most = -INFINITE;
  r.total = 0;
  clear_columns(r.sums);
  return r;
}

// Takes in one key for each lane; NULLs where there is none.
static DEVICE void row_step(running_row *r, const element *q, const element *k, const element *v,
                            const plain_rule *rule) {
  float score = k ? score_of(q, k, rule) : -INFINITE;
  float most = fmaxf(r->most, warp_most(score));
  float base = most == -INFINITE ? 0 : most;
  float factor = exp_accurate(r->most - base);
  float p = exp_accurate(score - base);
  r->most = most;
  r->total = r->total * factor + warp_sum_float(p);
  UNROLL for (int c = 0; c < COLUMNS; c++) r->sums[c] *= factor;
  add_rows(r->sums, p, v);
}

KERNEL(attention_forward) {
  const place here = place_of(block_index_x(), a.heads, a.group, 1);
  const int head = here.head, window = (int)a.window;
  const tile t = tile_at(a.segments, a.tiles, here.tile);
  const plain_rule rule = {(float)a.scale, (float)a.soft_cap};
  const long long column = here.key_value * HEAD_DIM;
  const int end = smaller(t.offset + TILE, t.own.length);
  for (int row = t.offset + warp_index(); row < end; row += WARPS) {
    const long long token = t.own.start + row;
    const element *q = a.q + token * a.q_stride + head * HEAD_DIM;
    const key_steps steps = steps_of_queries(a.segments, &t, row, 1, WIDTH, window);
    running_row r = empty_row();
    for (int i = 0; i < steps.count; i++) {
      key_step step = key_step_at(&steps, i);
      interval visible = visible_keys(&step, row, window);
      int seen = lane_index() >= visible.begin && lane_index() < visible.end;
      long long at = (step.start + step.begin + lane_index()) * a.kv_stride + column;
      row_step(&r, q, seen ? a.k + at : 0, seen ? a.v + at : 0, &rule);
    }
    UNROLL for (int c = 0; c < COLUMNS; c++) {
      int e = lane_index() + 32 * c;
      if (e >= HEAD_DIM) break;
      a.out[token * a.out_stride + head * HEAD_DIM + e] = from_float(r.sums[c] / r.total);
    }
    if (lane_index() == 0) {
      a.log_sum_exp[token * a.log_sum_exp_stride + head] = r.most + log_accurate(r.total);
    }
  }
}

KERNEL(attention_decode) {
  SHARED int rows[CACHED_KEYS];
  const plain_rule rule = {(float)a.scale, (float)a.soft_cap};
  const cached_work work = cached_work_of(&a);
  if (work.keys == 0) return;
  find_rows(rows, &a, &work);
  for (int i = warp_index(); i < work.heads; i += WARPS) {
    const int head = work.first_head + i;
    const element *q = a.q + block_index_z() * a.q_stride + head * HEAD_DIM;
    running_row r = empty_row();
    for (int first = 0; first < work.keys; first += WIDTH) {
      int row = rows[first + lane_index()];
      long long at = row * a.kv_stride + work.kv_head * HEAD_DIM;
      row_step(&r, q, row < 0 ? 0 : a.keys + at, row < 0 ? 0 : a.values + at, &rule);
    }
    UNROLL for (int c = 0; c < COLUMNS; c++) {
      int e = lane_index() + 32 * c;
      if (e < HEAD_DIM) put_part(&a, &work, head, e, r.sums[c], r.most, r.total);
    }
  }
}

// ---- Backward -----------------------------------------------------------------------------------

KERNEL(attention_deltas) {
  const long long row = block_index_x();
  for (int head = warp_index(); head < a.heads; head += WARPS) {
    const long long at = row * a.out_stride + head * HEAD_DIM;
    float sum = 0;
    for (int e = lane_index(); e < HEAD_DIM; e += 32) {
      sum += to_float(a.d_out[at + e]) * to_float(a.out[at + e]);
    }
    sum = warp_sum_float(sum);
    if (lane_index() == 0) a.deltas[row * a.heads + head] = sum;
  }
}

// Of one query and one key of its head.
typedef struct {
  float p, d_s;
} slope;

static DEVICE slope slope_of(const attention_backward_arguments *a, const plain_rule *rule,
                             long long query, int head, long long key) {
  const long long column = head / a->group * HEAD_DIM;
  const element *q = a->q + query * a->q_stride + head * HEAD_DIM;
  const element *d_out = a->d_out + query * a->d_out_stride + head * HEAD_DIM;
  const float log_sum_exp = a->log_sum_exp[query * a->log_sum_exp_stride + head];
  const float delta = a->deltas[query * a->heads + head];
  float score = score_of(q, a->k + key * a->kv_stride + column, rule);
  float d_p = dot(d_out, a->v + key * a->kv_stride + column);
  slope s;
  s.p = exp_accurate(score - log_sum_exp);
  s.d_s = s.p * (d_p - delta) * cap_slope(score, rule->soft_cap) * rule->scale;
  return s;
}

static DEVICE void sum_query_gradients(const attention_backward_arguments *a, int block) {
  const place here = place_of(block, a->heads, a->group, 1);
  const int head = here.head, window = (int)a->window;
  const tile t = tile_at(a->segments, a->query_tiles, here.tile);
  const plain_rule rule = {(float)a->scale, (float)a->soft_cap};
  const element *k = a->k + here.key_value * HEAD_DIM;
  const int end = smaller(t.offset + TILE, t.own.length);
  for (int row = t.offset + warp_index(); row < end; row += WARPS) {
    const long long token = t.own.start + row;
    const key_steps steps = steps_of_queries(a->segments, &t, row, 1, WIDTH, window);
    float d_q[COLUMNS];
    clear_columns(d_q);
    for (int i = 0; i < steps.count; i++) {
      key_step step = key_step_at(&steps, i);
      interval visible = visible_keys(&step, row, window);
      int seen = lane_index() >= visible.begin && lane_index() < visible.end;
      long long key = step.start + step.begin + lane_index();
      float d_s = seen ? slope_of(a, &rule, token, head, key).d_s : 0;
      add_rows(d_q, d_s, seen ? k + key * a->kv_stride : 0);
    }
    store_columns(a->d_q + token * a->d_q_stride + head * HEAD_DIM, d_q);
  }
}

static DEVICE void sum_key_gradients(const attention_backward_arguments *a, int block) {
  const int window = (int)a->window, group = (int)a->group;
  const place here = place_of(block, a->heads, group, group);
  const tile t = tile_at(a->segments, a->key_tiles, here.tile);
  const plain_rule rule = {(float)a->scale, (float)a->soft_cap};
  const int end = smaller(t.offset + TILE, t.own.length);
  for (int row = t.offset + warp_index(); row < end; row += WARPS) {
    const long long token = t.own.start + row;
    const long long at = token * a->d_kv_stride + here.key_value * HEAD_DIM;
    query_step step = before_queries(group);
    float d_k[COLUMNS], d_v[COLUMNS];
    clear_columns(d_k);
    clear_columns(d_v);
    while (next_query_step(&step, a->segments, &t, row, 1, group, WIDTH, window)) {
      const int head = here.head + step.head;
      interval visible = visible_queries(&t.own, row, &step, window);
      int seen = lane_index() >= visible.begin && lane_index() < visible.end;
      long long query = step.queries.start + step.begin + lane_index();
      slope s = {0, 0};
      if (seen) s = slope_of(a, &rule, query, head, token);
      add_rows(d_v, s.p, seen ? a->d_out + query * a->d_out_stride + head * HEAD_DIM : 0);
      add_rows(d_k, s.d_s, seen ? a->q + query * a->q_stride + head * HEAD_DIM : 0);
    }
    store_columns(a->d_k + at, d_k);
    store_columns(a->d_v + at, d_v);
  }
}

KERNEL(attention_backward) {
  const int key_blocks = (int)a.tile_count * ((int)a.heads / (int)a.group);
  if (block_index_x() < key_blocks) {
    sum_key_gradients(&a, block_index_x());
  } else {
    sum_query_gradients(&a, block_index_x() - key_blocks);
  }
}
