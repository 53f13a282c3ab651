// Attention backward on tensor cores: D, then dQ by tiles of queries and dK, dV by tiles of keys.

enum {
  BACKWARD_BLOCKS = HEAD_DIM <= 128 ? 2 : 1,
  // A warp sums dK and dV of 16 keys in registers: for wide heads in two halves of the columns, by
  // two blocks.
  SLICES = HEAD_DIM <= 128 ? 1 : 2,
  SLICE_BLOCKS = (HEAD_BLOCKS + 2 * SLICES - 1) / (2 * SLICES) * 2,
};

// D = Σ dO ∘ O of each row and head. Grid (rows), THREADS threads: a warp takes every WARPS-th head.
KERNEL(attention_deltas) {
  const long long row = block_index_x();
  for (int head = thread_index() / 32; head < a.heads; head += WARPS) {
    const long long at = row * a.out_stride + head * HEAD_DIM;
    float sum = 0;
    if (lane_index() < CHUNKS) {
      float out[CHUNK], d_out[CHUNK];
      load_eight(a.out + at + lane_index() * CHUNK, out);
      load_eight(a.d_out + at + lane_index() * CHUNK, d_out);
      UNROLL for (int i = 0; i < CHUNK; i++) sum += d_out[i] * out[i];
    }
    sum = warp_sum_float(sum);
    if (lane_index() == 0) a.deltas[row * a.heads + head] = sum;
  }
}

// p ← exp(score − log Σ exp), dS ← p · (dP − D) · cap′ · scale, in the place of score and dP. What
// is hidden has a score of −∞, thus 0 and 0.
static DEVICE void differentiate(float *score, float *d_p, float log_sum_exp, float delta,
                                 const score_rule *rule) {
  float p = exp2_fast(fmaf(*score, rule->unit, -log_sum_exp));
  float slope = *score == -INFINITE ? 0 : cap_slope(*score, rule->soft_cap);
  *score = p;
  *d_p = p * (*d_p - delta) * slope * rule->scale;
}

// Writes the first `blocks` blocks of a warp's 16 rows of sums; rows from `valid` on are left alone.
static DEVICE void store_sums(float *to, long long stride, float (*sums)[4], int sum_blocks,
                              int blocks, int valid) {
  UNROLL for (int half = 0; half < 2; half++) {
    int row = lane_row() + 8 * half;
    if (row >= valid) return;
    UNROLL for (int n = 0; n < sum_blocks; n++) {
      if (n >= blocks) break;
      vector8 pair;
      pair.x = float_bits(sums[n][2 * half]);
      pair.y = float_bits(sums[n][2 * half + 1]);
      *(vector8 *)(to + row * stride + 8 * n + lane_column()) = pair;
    }
  }
}

// dQ. Grid (tiles, heads), THREADS threads. Shared memory: two stages of a step's K and V, then the
// tile's Q and dO: (4 · STREAM + 2 · TILE) · PITCH bf16.
KERNEL_BOUNDS(THREADS, BACKWARD_BLOCKS, attention_backward_queries) {
  DYNAMIC_SHARED(shared);
  bf16 *stages = (bf16 *)shared;
  bf16 *q_tile = stages + 4 * STREAM_ELEMENTS, *d_out_tile = q_tile + TILE_ELEMENTS;
  const int head = block_index_y(), window = (int)a.window;
  const int column = head / (int)a.group * HEAD_DIM;  // of the key-value head
  const tile t = tile_at(a.segments, a.tiles, block_index_x());
  const key_steps steps = steps_of_queries(a.segments, &t, t.offset, TILE, STREAM, window);
  const score_rule rule = score_rule_of(a.scale, a.soft_cap);
  const long long token = t.own.start + t.offset;
  const int rows = smaller(t.own.length - t.offset, TILE);
  const int above = warp_index() * 16;

  load_rows(q_tile, a.q + token * a.q_stride + head * HEAD_DIM, a.q_stride, TILE, rows);
  load_rows(d_out_tile, a.d_out + token * a.d_out_stride + head * HEAD_DIM, a.d_out_stride, TILE,
            rows);
  load_step(stages, a.k + column, a.v + column, a.kv_stride, &steps, 0);
  float log_sum_exp[2], delta[2];  // of the lane's rows, the former as an exponent of 2
  UNROLL for (int half = 0; half < 2; half++) {
    int row = above + lane_row() + 8 * half;
    int present = row < rows;
    log_sum_exp[half] =
        present ? LOG2_E * a.log_sum_exp[(token + row) * a.log_sum_exp_stride + head] : 0;
    delta[half] = present ? a.deltas[(token + row) * a.heads + head] : 0;
  }

  float d_q[HEAD_BLOCKS][4];
  clear(d_q, HEAD_BLOCKS);
  for (int i = 0; i < steps.count; i++) {
    copy_async_wait(0);
    block_barrier();
    load_step(stages, a.k + column, a.v + column, a.kv_stride, &steps, i + 1);
    if (above >= rows) continue;
    const bf16 *k = stages + i % 2 * 2 * STREAM_ELEMENTS, *v = k + STREAM_ELEMENTS;
    float scores[STREAM_BLOCKS][4], d_p[STREAM_BLOCKS][4];
    times_transposed(scores, STREAM_BLOCKS, q_tile + above * PITCH, 0, k);
    cap_scores(scores, STREAM_BLOCKS, &rule);
    key_step step = key_step_at(&steps, i);
    hide_keys(scores, &t.own, &step, t.offset + above, window);
    times_transposed(d_p, STREAM_BLOCKS, d_out_tile + above * PITCH, 0, v);
    UNROLL for (int n = 0; n < STREAM_BLOCKS; n++) {
      UNROLL for (int j = 0; j < 4; j++) {
        differentiate(&scores[n][j], &d_p[n][j], log_sum_exp[j / 2], delta[j / 2], &rule);
      }
    }
    add_product(d_q, HEAD_BLOCKS, d_p, STREAM, k, 0);
  }
  store_sums(a.d_q + (token + above) * a.d_q_stride + head * HEAD_DIM, a.d_q_stride, d_q,
             HEAD_BLOCKS, HEAD_BLOCKS, rows - above);
}

// ---- dK and dV -------------------------------------------------------------------------------------

// A stage: Q and dO of a step. Its log Σ exp and D come through registers, one number a thread: they
// are asked for when the step before is begun and put down when it is done.
typedef struct {
  bf16 *q, *d_out;
  float *log_sum_exp, *delta;
} query_stage;

static DEVICE query_stage query_stage_at(unsigned char *shared, int index) {
  query_stage s;
  s.q = (bf16 *)shared + 2 * TILE_ELEMENTS + index % 2 * 2 * STREAM_ELEMENTS;
  s.d_out = s.q + STREAM_ELEMENTS;
  s.log_sum_exp =
      (float *)((bf16 *)shared + 2 * TILE_ELEMENTS + 4 * STREAM_ELEMENTS) + index % 2 * 2 * STREAM;
  s.delta = s.log_sum_exp + STREAM;
  return s;
}

// Starts to load a step's rows, and returns this thread's statistic.
static DEVICE float load_queries(const query_stage *stage,
                                 const attention_backward_arguments *a, const query_step *step,
                                 int first_head) {
  const int head = first_head + step->head;
  const long long token = step->queries.start + step->begin;
  const int valid = step->queries.length - step->begin;
  load_rows(stage->q, a->q + token * a->q_stride + head * HEAD_DIM, a->q_stride, STREAM, valid);
  load_rows(stage->d_out, a->d_out + token * a->d_out_stride + head * HEAD_DIM, a->d_out_stride,
            STREAM, valid);
  copy_async_commit();
  const int row = thread_index() % STREAM;
  if (row >= valid) return 0;
  return thread_index() < STREAM
             ? LOG2_E * a->log_sum_exp[(token + row) * a->log_sum_exp_stride + head]
             : a->deltas[(token + row) * a->heads + head];
}

static DEVICE void put_statistic(const query_stage *stage, float statistic) {
  if (thread_index() < 2 * STREAM) stage->log_sum_exp[thread_index()] = statistic;
}

// dK and dV. Grid (tiles, key-value heads, SLICES), THREADS threads. Everything is transposed: a warp
// has 16 keys, and the queries of all heads and segments that see them come by. Shared memory: the
// tile's K and V, then two stages: ((2 · TILE + 4 · STREAM) · PITCH bf16, then 4 · STREAM float32.
KERNEL_BOUNDS(THREADS, BACKWARD_BLOCKS, attention_backward_keys) {
  DYNAMIC_SHARED(shared);
  bf16 *k_tile = (bf16 *)shared, *v_tile = k_tile + TILE_ELEMENTS;
  const int window = (int)a.window, group = (int)a.group;
  const int column = block_index_y() * HEAD_DIM;
  // The first column of dK and dV.
  const int slice = SLICES == 1 ? 0 : block_index_z() * SLICE_BLOCKS * 8;
  const tile t = tile_at(a.segments, a.tiles, block_index_x());
  const score_rule rule = score_rule_of(a.scale, a.soft_cap);
  const long long token = t.own.start + t.offset;
  const int rows = smaller(t.own.length - t.offset, TILE);
  const int above = warp_index() * 16;

  load_rows(k_tile, a.k + token * a.kv_stride + column, a.kv_stride, TILE, rows);
  load_rows(v_tile, a.v + token * a.kv_stride + column, a.kv_stride, TILE, rows);
  query_step step = before_queries(group), next;
  int more = next_query_step(&step, a.segments, &t, t.offset, TILE, group, STREAM, window);
  query_stage stage = query_stage_at(shared, 0);
  put_statistic(&stage, load_queries(&stage, &a, &step, block_index_y() * group));

  float d_k[SLICE_BLOCKS][4], d_v[SLICE_BLOCKS][4];
  clear(d_k, SLICE_BLOCKS);
  clear(d_v, SLICE_BLOCKS);
  for (int i = 0; more; i++, step = next) {
    copy_async_wait(0);
    block_barrier();
    stage = query_stage_at(shared, i);
    query_stage other = query_stage_at(shared, i + 1);
    float statistic = 0;
    next = step;
    more = next_query_step(&next, a.segments, &t, t.offset, TILE, group, STREAM, window);
    if (more) statistic = load_queries(&other, &a, &next, block_index_y() * group);
    if (above < rows) {
      float scores[STREAM_BLOCKS][4], d_p[STREAM_BLOCKS][4];
      times_transposed(scores, STREAM_BLOCKS, k_tile + above * PITCH, 0, stage.q);
      cap_scores(scores, STREAM_BLOCKS, &rule);
      hide_queries(scores, &t.own, t.offset + above, &step, window);
      times_transposed(d_p, STREAM_BLOCKS, v_tile + above * PITCH, 0, stage.d_out);
      UNROLL for (int n = 0; n < STREAM_BLOCKS; n++) {
        UNROLL for (int j = 0; j < 4; j++) {
          int query = 8 * n + lane_column() + j % 2;
          differentiate(&scores[n][j], &d_p[n][j], stage.log_sum_exp[query], stage.delta[query],
                        &rule);
        }
      }
      add_product(d_v, SLICE_BLOCKS, scores, STREAM, stage.d_out, slice);
      add_product(d_k, SLICE_BLOCKS, d_p, STREAM, stage.q, slice);
    }
    if (more) put_statistic(&other, statistic);
  }
  const int blocks = smaller(SLICE_BLOCKS, HEAD_BLOCKS - slice / 8);
  const long long at = (token + above) * a.d_kv_stride + column + slice;
  store_sums(a.d_k + at, a.d_kv_stride, d_k, SLICE_BLOCKS, blocks, rows - above);
  store_sums(a.d_v + at, a.d_kv_stride, d_v, SLICE_BLOCKS, blocks, rows - above);
}
