// Attention forward on tensor cores: a block takes a tile of queries and one head, a warp 16 of its
// rows. Keys and values come by in steps, each loaded while the one before is worked on.
//
// Grid (tiles, heads), THREADS threads. Shared memory: two stages of a step's K and V, and the
// tile's Q where its operands are too many for the registers: (4 · STREAM [+ TILE]) · PITCH bf16.

enum { KEEPS_Q = HEAD_DIM <= 128 };

// Lets this many blocks share a multiprocessor, whose shared memory has room for them.
enum { FORWARD_BLOCKS = HEAD_DIM <= 128 ? 3 : 2 };

// Writes a warp's 16 rows, each sum times its row's factor, by way of shared memory: so the lanes
// store 16 bytes each, side by side. Rows from `valid` on are left alone.
static DEVICE void store_rows(bf16 *to, long long stride, bf16 *space, float (*sums)[4],
                              const float *factors, int valid) {
  UNROLL for (int n = 0; n < HEAD_BLOCKS; n++) {
    UNROLL for (int half = 0; half < 2; half++) {
      float *pair = sums[n] + 2 * half;
      *(unsigned *)(space + (lane_row() + 8 * half) * PITCH + 8 * n + lane_column()) =
          pack_bf16(pair[0] * factors[half], pair[1] * factors[half]);
    }
  }
  warp_barrier();
  for (int i = lane_index(); i < 16 * CHUNKS; i += 32) {
    int row = i / CHUNKS, column = i % CHUNKS * CHUNK;
    if (row >= valid) return;
    *(vector16 *)(to + row * stride + column) = *(const vector16 *)(space + row * PITCH + column);
  }
}

// Starts to load the keys and values of a step, if there is such a step.
static DEVICE void load_step(bf16 *stages, const bf16 *k, const bf16 *v, long long stride,
                             const key_steps *steps, int index) {
  if (index >= steps->count) return;
  key_step step = key_step_at(steps, index);
  bf16 *stage = stages + index % 2 * 2 * STREAM_ELEMENTS;
  long long first = (step.start + step.begin) * stride;
  int valid = step.length - step.begin;
  load_rows(stage, k + first, stride, STREAM, valid);
  load_rows(stage + STREAM_ELEMENTS, v + first, stride, STREAM, valid);
  copy_async_commit();
}

KERNEL_BOUNDS(THREADS, FORWARD_BLOCKS, attention_forward) {
  DYNAMIC_SHARED(shared);
  bf16 *stages = (bf16 *)shared;
  const int head = block_index_y(), window = (int)a.window;
  const tile t = tile_at(a.segments, a.tiles, block_index_x());
  const key_steps steps = steps_of_queries(a.segments, &t, t.offset, TILE, STREAM, window);
  const score_rule rule = score_rule_of(a.scale, a.soft_cap);
  const int column = head / (int)a.group * HEAD_DIM;  // of the key-value head
  const int token = t.own.start + t.offset;           // of the tile's first row
  const int rows = smaller(t.own.length - t.offset, TILE);
  const int above = warp_index() * 16;  // rows of the tile that other warps have

  // Where Q's operands stay in registers, Q itself needs a place only until the second step comes.
  bf16 *q_tile = stages + (KEEPS_Q ? 2 : 4) * STREAM_ELEMENTS;
  load_rows(q_tile, a.q + token * a.q_stride + head * HEAD_DIM, a.q_stride, TILE, rows);
  load_step(stages, a.k + column, a.v + column, a.kv_stride, &steps, 0);
  const bf16 *q = q_tile + above * PITCH;
  unsigned kept[KEEPS_Q ? HEAD_DIM / 16 : 1][4];
  if (KEEPS_Q) {
    copy_async_wait(0);
    block_barrier();
    UNROLL for (int i = 0; i < HEAD_DIM / 16; i++) load_left(kept[i], q, 16 * i);
  }

  float sums[HEAD_BLOCKS][4];
  clear(sums, HEAD_BLOCKS);
  running_softmax softmax = empty_softmax();
  for (int i = 0; i < steps.count; i++) {
    copy_async_wait(0);
    block_barrier();  // the step has come for all, and all are done with the one before
    load_step(stages, a.k + column, a.v + column, a.kv_stride, &steps, i + 1);
    if (above >= rows) continue;
    const bf16 *stage = stages + i % 2 * 2 * STREAM_ELEMENTS;
    float scores[STREAM_BLOCKS][4];
    times_transposed(scores, STREAM_BLOCKS, q, KEEPS_Q ? kept : 0, stage);
    cap_scores(scores, STREAM_BLOCKS, &rule);
    key_step step = key_step_at(&steps, i);
    hidden_part hidden = hidden_keys(&step, t.offset + above, window);
    hide(scores, &hidden);
    softmax_step(&softmax, scores, STREAM_BLOCKS, sums, HEAD_BLOCKS, rule.unit);
    add_product(sums, HEAD_BLOCKS, scores, STREAM, stage + STREAM_ELEMENTS, 0);
  }

  float factors[2];
  UNROLL for (int half = 0; half < 2; half++) {
    int row = above + lane_row() + 8 * half;
    float total = row_sum(softmax.totals[half]);
    factors[half] = 1 / total;
    if (lane_index() % 4 == 0 && row < rows) {
      a.log_sum_exp[(token + row) * a.log_sum_exp_stride + head] =
          softmax.most[half] * rule.unit * LN_2 + log_accurate(total);
    }
  }
  block_barrier();  // the stages are free
  store_rows(a.out + (token + above) * a.out_stride + head * HEAD_DIM, a.out_stride,
             stages + above * PITCH, sums, factors, rows - above);
}
