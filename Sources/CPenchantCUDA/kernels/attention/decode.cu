// Decoding on tensor cores: the query heads that share a key-value head are the rows of a product,
// so that each key is loaded once for all of them. The warps take turns at steps of STEP keys of
// the block's chunk.
//
// Grid (chunks, key-value heads · ⌈group / CACHED_HEADS⌉, sequences), 32 · DECODE_WARPS threads.
// Shared memory: the queries, and of each warp two stages of a step's K and V:
// (CACHED_HEADS + 4 · STEP · DECODE_WARPS) · PITCH bf16. The warps' parts take their place at the
// end.

enum { STEP = 16, DECODE_WARPS = HEAD_DIM <= 128 ? 4 : 2 };

// Starts to copy a step's rows, by one warp.
static DEVICE void load_cached(bf16 *to, const bf16 *from, long long stride, const int *rows) {
  for (int i = lane_index(); i < STEP * CHUNKS; i += 32) {
    int row = rows[i / CHUNKS], column = i % CHUNKS * CHUNK;
    copy_async_16(to + i / CHUNKS * PITCH + column, from + larger(row, 0) * stride + column,
                  row >= 0);
  }
}

static DEVICE void load_cached_step(bf16 *stage, const attention_decode_arguments *a,
                                    const cached_work *w, const int *rows, int step) {
  if (step * STEP >= w->keys) return;
  const int column = w->kv_head * HEAD_DIM;
  load_cached(stage, a->keys + column, a->kv_stride, rows + step * STEP);
  load_cached(stage + STEP * PITCH, a->values + column, a->kv_stride, rows + step * STEP);
  copy_async_commit();
}

static DEVICE void load_query_heads(bf16 *to, const bf16 *q, int heads) {
  for (int i = thread_index(); i < CACHED_HEADS * CHUNKS; i += 32 * DECODE_WARPS) {
    int head = i / CHUNKS, column = i % CHUNKS * CHUNK, present = head < heads;
    const bf16 *from = q + (present ? head * HEAD_DIM + column : 0);
    copy_async_16(to + head * PITCH + column, from, present);
  }
  copy_async_commit();
}

static DEVICE void hide_rows(float (*scores)[4], const int *rows) {
  UNROLL for (int n = 0; n < STEP / 8; n++) {
    UNROLL for (int i = 0; i < 4; i++) {
      if (rows[8 * n + lane_column() + i % 2] < 0) scores[n][i] = -INFINITE;
    }
  }
}

// A warp's sums as CACHED_HEADS parts.
static DEVICE void write_parts(float *parts, float (*sums)[4], const running_softmax *softmax,
                               float unit) {
  UNROLL for (int half = 0; half < 2; half++) {
    float *part = parts + (lane_row() + 8 * half) * PART;
    UNROLL for (int n = 0; n < HEAD_BLOCKS; n++) {
      part[8 * n + lane_column()] = sums[n][2 * half];
      part[8 * n + lane_column() + 1] = sums[n][2 * half + 1];
    }
    float total = row_sum(softmax->totals[half]);
    part[HEAD_DIM] = softmax->most[half] * unit * LN_2;
    part[HEAD_DIM + 1] = total;
  }
}

KERNEL(attention_decode) {
  DYNAMIC_SHARED(shared);
  SHARED int rows[CACHED_KEYS];
  bf16 *q = (bf16 *)shared;
  bf16 *stages = q + (CACHED_HEADS + warp_index() * 4 * STEP) * PITCH;
  float *parts = (float *)shared;
  const score_rule rule = score_rule_of(a.scale, a.soft_cap);
  const cached_work work = cached_work_of(&a);
  if (work.keys == 0) return;
  find_rows(rows, &a, &work);
  load_query_heads(q, a.q + block_index_z() * a.q_stride + work.first_head * HEAD_DIM, work.heads);
  load_cached_step(stages, &a, &work, rows, warp_index());
  copy_async_wait(0);
  block_barrier();

  float sums[HEAD_BLOCKS][4];
  clear(sums, HEAD_BLOCKS);
  running_softmax softmax = empty_softmax();
  int stage = 0;
  for (int step = warp_index(); step * STEP < work.keys; step += DECODE_WARPS, stage ^= 1) {
    const bf16 *k = stages + stage * 2 * STEP * PITCH;
    copy_async_wait(0);
    warp_barrier();  // the step has come for the whole warp, which is done with the one before
    load_cached_step(stages + (stage ^ 1) * 2 * STEP * PITCH, &a, &work, rows, step + DECODE_WARPS);
    float scores[STEP / 8][4];
    times_transposed(scores, 1, STEP / 8, q, 0, k);
    cap_scores(scores, STEP / 8, &rule);
    hide_rows(scores, rows + step * STEP);
    softmax_step(&softmax, scores, STEP / 8, sums, HEAD_BLOCKS, rule.unit);
    add_product(sums, 1, HEAD_BLOCKS, scores, STEP, k + STEP * PITCH, 0);
  }

  block_barrier();  // the queries and the stages are free
  write_parts(parts + warp_index() * CACHED_HEADS * PART, sums, &softmax, rule.unit);
  block_barrier();
  for (int i = thread_index(); i < work.heads * HEAD_DIM; i += 32 * DECODE_WARPS) {
    int head = i / HEAD_DIM, column = i % HEAD_DIM;
    float most, total;
    float sum = join(parts + head * PART, CACHED_HEADS * PART, DECODE_WARPS, column, &most, &total);
    put_part(&a, &work, work.first_head + head, column, sum, most, total);
  }
}
