// Attention backward on tensor cores: D, then dQ by tiles of queries and dK, dV by tiles of keys.

enum {
  BACKWARD_BLOCKS = HEAD_DIM <= 128 ? 2 : 1,
  // Keys that pass dQ at a time: as many scores a lane, and as much shared memory, for two heads as
  // for one.
  KEYS = STREAM / HEADS,
  KEY_BLOCKS = KEYS / 8,
  // A warp sums dK and dV of 16 keys in registers: for wide heads in two slices of the columns, by
  // two blocks. Where the slices overlap, both write the same.
  SLICES = HEAD_DIM <= 128 ? 1 : 2,
  SLICE_BLOCKS = (HEAD_BLOCKS + 2 * SLICES - 1) / (2 * SLICES) * 2,
};

// Lanes that share a head's D: as many as its row has chunks, or all where that is no power of two.
enum { DELTA_LANES = (CHUNKS & (CHUNKS - 1)) == 0 ? CHUNKS : 32, DELTA_HEADS = 32 / DELTA_LANES };

// D = Σ dO ∘ O of each row and head. Grid (rows), THREADS threads: the warps take turns at
// DELTA_HEADS heads.
KERNEL(attention_deltas) {
  const long long row = block_index_x();
  const int lane = lane_index() % DELTA_LANES;
  for (int first = warp_index() * DELTA_HEADS; first < a.heads; first += WARPS * DELTA_HEADS) {
    const int head = first + lane_index() / DELTA_LANES;
    const long long at = row * a.out_stride + head * HEAD_DIM + lane * CHUNK;
    float sum = 0;
    if (lane < CHUNKS && head < a.heads) {
      float out[CHUNK], d_out[CHUNK];
      load_eight(a.out + at, out);
      load_eight(a.d_out + at, d_out);
      UNROLL for (int i = 0; i < CHUNK; i++) sum += d_out[i] * out[i];
    }
    UNROLL for (int mask = DELTA_LANES / 2; mask > 0; mask /= 2) sum += warp_xor_float(sum, mask);
    if (lane == 0 && head < a.heads) a.deltas[row * a.heads + head] = sum;
  }
}

// With a soft cap, derivatives by scores become those by what was capped: times 1 − (score / cap)².
static DEVICE void bend(float (*derivatives)[4], float (*scores)[4], int blocks,
                        const score_rule *rule) {
  if (rule->soft_cap <= 0) return;
  const float inverse = 1 / rule->soft_cap;
  UNROLL for (int n = 0; n < blocks; n++) {
    UNROLL for (int i = 0; i < 4; i++) {
      // What is hidden has a probability of 0; let its slope be finite.
      float share = fmaxf(scores[n][i] * inverse, -1);
      derivatives[n][i] *= 1 - share * share;
    }
  }
}

// Writes a warp's 16 rows of sums; rows from `valid` on are left alone.
static DEVICE void store_sums(float *to, long long stride, float (*sums)[4], int blocks,
                              int valid) {
  UNROLL for (int half = 0; half < 2; half++) {
    int row = lane_row() + 8 * half;
    if (row >= valid) return;
    UNROLL for (int n = 0; n < blocks; n++) {
      vector8 pair;
      pair.x = float_bits(sums[n][2 * half]);
      pair.y = float_bits(sums[n][2 * half + 1]);
      *(vector8 *)(to + row * stride + 8 * n + lane_column()) = pair;
    }
  }
}

// dQ, by tiles · heads / group · ⌈group / HEADS⌉ blocks. Shared memory: two stages of a step's K and
// V, then the heads' Q and dO: (4 · KEYS + 2 · HEADS · TILE) · PITCH bf16.
static DEVICE void sum_query_gradients(bf16 *shared, const attention_backward_arguments *a,
                                       int block) {
  bf16 *stages = shared;
  bf16 *q_tile = stages + 4 * KEYS * PITCH, *d_out_tile = q_tile + HEADS * TILE_ELEMENTS;
  const place here = place_of(block, a->heads, a->group, HEADS);
  const int window = (int)a->window;
  const int column = here.key_value * HEAD_DIM, first_column = here.head * HEAD_DIM;
  const tile t = tile_at(a->segments, a->query_tiles, here.tile);
  const key_steps steps = steps_of_queries(a->segments, &t, t.offset, TILE, KEYS, window);
  const score_rule rule = score_rule_of(a->scale, a->soft_cap);
  const float scale = (float)a->scale;
  const int token = t.own.start + t.offset;
  const int rows = smaller(t.own.length - t.offset, TILE);
  const int above = warp_index() * 16;

  load_heads(q_tile, a->q + token * a->q_stride + first_column, a->q_stride, rows);
  load_heads(d_out_tile, a->d_out + token * a->d_out_stride + first_column, a->d_out_stride,
             rows);
  load_step(stages, a->k + column, a->v + column, a->kv_stride, &steps, 0);
  // Of the lane's rows of each head, the former as an exponent of 2, the latter times the scale.
  float log_sum_exp[HEADS][2], delta[HEADS][2];
  UNROLL for (int i = 0; i < 2 * HEADS; i++) {
    const int head = here.head + i / 2, row = above + lane_row() + 8 * (i % 2);
    const int present = row < rows;
    log_sum_exp[i / 2][i % 2] =
        present ? LOG2_E * a->log_sum_exp[(token + row) * a->log_sum_exp_stride + head] : 0;
    delta[i / 2][i % 2] = present ? scale * a->deltas[(token + row) * a->heads + head] : 0;
  }

  float d_q[HEADS * HEAD_BLOCKS][4];
  clear(d_q, HEADS * HEAD_BLOCKS);
  for (int i = 0; i < steps.count; i++) {
    copy_async_wait(0);
    block_barrier();
    load_step(stages, a->k + column, a->v + column, a->kv_stride, &steps, i + 1);
    key_step step = key_step_at(&steps, i);
    hidden_part hidden = hidden_keys(&step, KEYS, t.offset + above, window);
    if (above >= rows || hidden.all) continue;
    const bf16 *k = stages + i % 2 * 2 * KEYS * PITCH, *v = k + KEYS * PITCH;
    float scores[HEADS * KEY_BLOCKS][4], d_p[HEADS * KEY_BLOCKS][4];
    times_transposed(scores, HEADS, KEY_BLOCKS, q_tile + above * PITCH, 0, k);
    cap_scores(scores, HEADS * KEY_BLOCKS, &rule);
    hide(scores, HEADS, KEY_BLOCKS, &hidden);
    times_transposed(d_p, HEADS, KEY_BLOCKS, d_out_tile + above * PITCH, 0, v);
    UNROLL for (int n = 0; n < HEADS * KEY_BLOCKS; n++) {
      UNROLL for (int j = 0; j < 4; j++) {
        d_p[n][j] = fmaf(d_p[n][j], scale, -delta[n / KEY_BLOCKS][j / 2]);
      }
    }
    bend(d_p, scores, HEADS * KEY_BLOCKS, &rule);
    UNROLL for (int n = 0; n < HEADS * KEY_BLOCKS; n++) {
      UNROLL for (int j = 0; j < 4; j++) {
        float log = log_sum_exp[n / KEY_BLOCKS][j / 2];
        d_p[n][j] *= exp2_fast(fmaf(scores[n][j], rule.unit, -log));
      }
    }
    add_product(d_q, HEADS, HEAD_BLOCKS, d_p, KEYS, k, 0);
  }
  UNROLL for (int h = 0; h < HEADS; h++) {
    store_sums(a->d_q + (token + above) * a->d_q_stride + first_column + h * HEAD_DIM,
               a->d_q_stride, d_q + h * HEAD_BLOCKS, HEAD_BLOCKS, rows - above);
  }
}

// ---- dK and dV ----------------------------------------------------------------------------------

// Q and dO of a step, two stages of them behind the block's own K and V. A query's log Σ exp (as an
// exponent of 2) and D (times the scale) lie in the padding behind its row of Q.
static DEVICE bf16 *query_stage(bf16 *shared, int index) {
  return shared + 2 * TILE_ELEMENTS + index % 2 * 2 * STREAM_ELEMENTS;
}
static DEVICE float *statistics_of(bf16 *q, int query) {
  return (float *)(q + query * PITCH + HEAD_DIM);
}

// Starts to load a step's rows, and returns this thread's statistic: the first STREAM threads have
// the log Σ exp of a query each, the next its D. They come by way of a register, asked for when the
// step before is begun and put down when it is done.
static DEVICE float load_queries(bf16 *stage, const attention_backward_arguments *a,
                                 const place *here, const query_step *step) {
  const int head = here->key_value * (int)a->group + step->head;
  const long long token = step->queries.start + step->begin;
  const int valid = step->queries.length - step->begin, row = thread_index() % STREAM;
  load_rows(stage, a->q + token * a->q_stride + head * HEAD_DIM, a->q_stride, STREAM, valid);
  load_rows(stage + STREAM_ELEMENTS, a->d_out + token * a->d_out_stride + head * HEAD_DIM,
            a->d_out_stride, STREAM, valid);
  copy_async_commit();
  if (row >= valid || thread_index() >= 2 * STREAM) return 0;
  return thread_index() < STREAM
             ? LOG2_E * a->log_sum_exp[(token + row) * a->log_sum_exp_stride + head]
             : (float)a->scale * a->deltas[(token + row) * a->heads + head];
}

static DEVICE void put_statistic(bf16 *stage, float statistic) {
  const int which = thread_index() / STREAM;
  if (which < 2) statistics_of(stage, thread_index() % STREAM)[which] = statistic;
}

// dK and dV, by tiles · key-value heads · SLICES blocks. Everything is transposed: a warp has 16
// keys, and the queries of all heads and segments that see them come by. Shared memory: the tile's K
// and V, then the stages: (2 · TILE + 4 · STREAM) · PITCH bf16.
static DEVICE void sum_key_gradients(bf16 *shared, const attention_backward_arguments *a,
                                     int block) {
  bf16 *k_tile = shared, *v_tile = k_tile + TILE_ELEMENTS;
  const place here = place_of(block / SLICES, a->heads, a->group, (int)a->group);
  const int window = (int)a->window;
  const int column = here.key_value * HEAD_DIM;
  const int slice = block % SLICES == 0 ? 0 : HEAD_DIM - 8 * SLICE_BLOCKS;  // its first column
  const tile t = tile_at(a->segments, a->key_tiles, here.tile);
  const score_rule rule = score_rule_of(a->scale, a->soft_cap);
  const float scale = (float)a->scale;
  const int token = t.own.start + t.offset;
  const int rows = smaller(t.own.length - t.offset, TILE);
  const int above = warp_index() * 16;

  load_rows(k_tile, a->k + token * a->kv_stride + column, a->kv_stride, TILE, rows);
  load_rows(v_tile, a->v + token * a->kv_stride + column, a->kv_stride, TILE, rows);
  query_step step = before_queries((int)a->group);
  int more = next_query_step(&step, a->segments, &t, t.offset, TILE, (int)a->group, STREAM, window);
  put_statistic(query_stage(k_tile, 0), load_queries(query_stage(k_tile, 0), a, &here, &step));

  float d_k[SLICE_BLOCKS][4], d_v[SLICE_BLOCKS][4];
  clear(d_k, SLICE_BLOCKS);
  clear(d_v, SLICE_BLOCKS);
  for (int i = 0; more; i++) {
    copy_async_wait(0);
    block_barrier();
    const hidden_part hidden = hidden_queries(&t.own, t.offset + above, &step, window);
    float statistic = 0;
    more = next_query_step(&step, a->segments, &t, t.offset, TILE, (int)a->group, STREAM, window);
    if (more) statistic = load_queries(query_stage(k_tile, i + 1), a, &here, &step);
    if (above < rows && !hidden.all) {
      bf16 *q = query_stage(k_tile, i), *d_out = q + STREAM_ELEMENTS;
      float scores[STREAM_BLOCKS][4], d_p[STREAM_BLOCKS][4];
      times_transposed(scores, 1, STREAM_BLOCKS, k_tile + above * PITCH, 0, q);
      cap_scores(scores, STREAM_BLOCKS, &rule);
      hide(scores, 1, STREAM_BLOCKS, &hidden);
      times_transposed(d_p, 1, STREAM_BLOCKS, v_tile + above * PITCH, 0, d_out);
      UNROLL for (int n = 0; n < STREAM_BLOCKS; n++) {
        UNROLL for (int j = 0; j < 4; j++) {
          float delta = statistics_of(q, 8 * n + lane_column() + j % 2)[1];
          d_p[n][j] = fmaf(d_p[n][j], scale, -delta);
        }
      }
      bend(d_p, scores, STREAM_BLOCKS, &rule);
      UNROLL for (int n = 0; n < STREAM_BLOCKS; n++) {
        UNROLL for (int j = 0; j < 4; j++) {
          float log_sum_exp = statistics_of(q, 8 * n + lane_column() + j % 2)[0];
          scores[n][j] = exp2_fast(fmaf(scores[n][j], rule.unit, -log_sum_exp));
          d_p[n][j] *= scores[n][j];
        }
      }
      add_product(d_v, 1, SLICE_BLOCKS, scores, STREAM, d_out, slice);
      add_product(d_k, 1, SLICE_BLOCKS, d_p, STREAM, q, slice);
    }
    if (more) put_statistic(query_stage(k_tile, i + 1), statistic);
  }
  const long long at = (token + above) * a->d_kv_stride + column + slice;
  store_sums(a->d_k + at, a->d_kv_stride, d_k, SLICE_BLOCKS, rows - above);
  store_sums(a->d_v + at, a->d_kv_stride, d_v, SLICE_BLOCKS, rows - above);
}

// Grid (blocks for dK and dV, then those for dQ), THREADS threads. What takes longest, the keys that
// most queries see, comes first, and dQ fills the places that become free.
KERNEL_BOUNDS(THREADS, BACKWARD_BLOCKS, attention_backward) {
  DYNAMIC_SHARED(shared);
  const int key_blocks = (int)a.tile_count * ((int)a.heads / (int)a.group) * SLICES;
  if (block_index_x() < key_blocks) {
    sum_key_gradients((bf16 *)shared, &a, block_index_x());
  } else {
    sum_query_gradients((bf16 *)shared, &a, block_index_x() - key_blocks);
  }
}
