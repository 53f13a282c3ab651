// Attention forward on tensor cores: a block takes a tile of queries and one head, a warp 16 of its
// rows. Keys and values come by in steps, each loaded while the one before is worked on.
//
// Grid (tiles · heads / group · ⌈group / HEADS⌉), THREADS threads. Shared memory: two stages of a
// step's K and V, and the heads' Q where its operands are too many for the registers:
// (4 · STREAM [+ HEADS · TILE]) · PITCH bf16.

enum { KEEPS_Q = HEADS == 1 && HEAD_DIM <= 128 };

// Lets this many blocks share a multiprocessor, whose shared memory has room for them.
enum { FORWARD_BLOCKS = HEADS * HEAD_DIM <= 128 ? 3 : 2 };

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

// Starts to load a tile of each of a block's heads; rows from `valid` on become zeros.
static DEVICE void load_heads(bf16 *to, const bf16 *source, int stride, int valid) {
  UNROLL for (int h = 0; h < HEADS; h++) {
    load_rows(to + h * TILE_ELEMENTS, source + h * HEAD_DIM, stride, TILE, valid);
  }
}

// Starts to load the keys and values of a step, if there is such a step.
static DEVICE void load_step(bf16 *stages, const bf16 *k, const bf16 *v, long long stride,
                             const key_steps *steps, int index) {
  if (index >= steps->count) return;
  key_step step = key_step_at(steps, index);
  const int elements = steps->width * PITCH;
  bf16 *stage = stages + index % 2 * 2 * elements;
  long long first = (step.start + step.begin) * stride;
  int valid = step.length - step.begin;
  load_rows(stage, k + first, stride, steps->width, valid);
  load_rows(stage + elements, v + first, stride, steps->width, valid);
  copy_async_commit();
}

KERNEL_BOUNDS(THREADS, FORWARD_BLOCKS, attention_forward) {
  DYNAMIC_SHARED(shared);
  bf16 *stages = (bf16 *)shared;
  const place here = place_of(block_index_x(), a.heads, a.group, HEADS);
  const int window = (int)a.window;
  const tile t = tile_at(a.segments, a.tiles, here.tile);
  const key_steps steps = steps_of_queries(a.segments, &t, t.offset, TILE, STREAM, window);
  const score_rule rule = score_rule_of(a.scale, a.soft_cap);
  const int column = here.key_value * HEAD_DIM;
  const int above = warp_index() * 16;     // rows of the tile that other warps have
  const int first = t.offset + above;      // the first of the warp's, in the segment
  const int valid = t.own.length - first;  // rows of the segment from there on

  // Where Q's operands stay in registers, Q itself needs a place only until the second step comes.
  bf16 *q_tile = stages + (KEEPS_Q ? 2 : 4) * STREAM_ELEMENTS;
  load_heads(q_tile, a.q + (t.own.start + t.offset) * a.q_stride + here.head * HEAD_DIM, a.q_stride,
             t.own.length - t.offset);
  load_step(stages, a.k + column, a.v + column, a.kv_stride, &steps, 0);
  const bf16 *q = q_tile + above * PITCH;
  unsigned kept[KEEPS_Q ? HEAD_DIM / 16 : 1][4];
  if (KEEPS_Q) {
    copy_async_wait(0);
    block_barrier();
    UNROLL for (int i = 0; i < HEAD_DIM / 16; i++) load_left(kept[i], q, 16 * i);
  }

  float sums[HEADS * HEAD_BLOCKS][4];
  clear(sums, HEADS * HEAD_BLOCKS);
  running_softmax softmax[HEADS];
  UNROLL for (int h = 0; h < HEADS; h++) softmax[h] = empty_softmax();
  for (int i = 0; i < steps.count; i++) {
    copy_async_wait(0);
    block_barrier();  // the step has come for all, and all are done with the one before
    load_step(stages, a.k + column, a.v + column, a.kv_stride, &steps, i + 1);
    key_step step = key_step_at(&steps, i);
    // Asked again below: kept meanwhile it would take registers that others need.
    if (valid <= 0 || hidden_keys(&step, STREAM, first, window).all) continue;
    const bf16 *stage = stages + i % 2 * 2 * STREAM_ELEMENTS;
    float scores[HEADS * STREAM_BLOCKS][4];
    times_transposed(scores, HEADS, STREAM_BLOCKS, q, KEEPS_Q ? kept : 0, stage);
    cap_scores(scores, HEADS * STREAM_BLOCKS, &rule);
    hidden_part hidden = hidden_keys(&step, STREAM, first, window);
    hide(scores, HEADS, STREAM_BLOCKS, &hidden);
    UNROLL for (int h = 0; h < HEADS; h++) {
      softmax_step(&softmax[h], scores + h * STREAM_BLOCKS, STREAM_BLOCKS, sums + h * HEAD_BLOCKS,
                   HEAD_BLOCKS, rule.unit);
    }
    add_product(sums, HEADS, HEAD_BLOCKS, scores, STREAM, stage + STREAM_ELEMENTS, 0);
  }

  block_barrier();  // the stages are free
  UNROLL for (int h = 0; h < HEADS; h++) {
    const int head = here.head + h;
    float factors[2];
    UNROLL for (int half = 0; half < 2; half++) {
      int row = lane_row() + 8 * half;
      float total = row_sum(softmax[h].totals[half]);
      factors[half] = 1 / total;
      if (lane_index() % 4 == 0 && row < valid) {
        a.log_sum_exp[(t.own.start + first + row) * a.log_sum_exp_stride + head] =
            softmax[h].most[half] * rule.unit * LN_2 + log_accurate(total);
      }
    }
    store_rows(a.out + (t.own.start + first) * a.out_stride + head * HEAD_DIM, a.out_stride,
               stages + h * TILE_ELEMENTS + above * PITCH, sums + h * HEAD_BLOCKS, factors,
               valid);
  }
}
