// The streaming head: what is kept of each row while chunks of the vocabulary pass, and its gradients.
//
// A chunk's products h·W come from the matrix library; these kernels never see more of the vocabulary at once.
// With m the largest logit so far and e = exp(logit − m), a row keeps
//   sum = Σ e    weighted = Σ e (logit − m)    squares = Σ e²    mean = Σ e · slope · W
// and rescales all of it when m grows (the online softmax of Milakov and Gimelshein, arXiv 1805.02867).

enum {
  HEAD_THREADS = 256,                         // of a block, as CUDADevice+Head launches it
  FOUR = 4,                                   // logits that a thread loads at once
  HEAD_CHUNK = 8192,                          // of the vocabulary at most, as CUDADevice+Head cuts it
  TURNS = HEAD_CHUNK / (HEAD_THREADS * FOUR)  // fours of a thread
};

typedef struct {
  double most, sum, weighted, squares;
} row_state;

typedef struct {
  row_state *states;
  const float *products;     // (rows, chunk): h·W
  element *weights;          // (rows, chunk): e · slope on the way out; NULL when no gradient is wanted
  float *factors;            // (rows): what the mean so far is multiplied with
  const int *offsets, *targets;
  float *target_logits;
  long long chunk_stride, count, first;  // tokens first ..< first + count
  double logit_scale, soft_cap;
} head_chunk_arguments;

static DEVICE float block_most(float x, float *space) {
  x = warp_most(x);
  if (thread_index() % 32 == 0) space[thread_index() / 32] = x;
  block_barrier();
  float most = space[0];
  for (int warp = 1; warp < block_threads() / 32; warp++) most = fmaxf(most, space[warp]);
  block_barrier();
  return most;
}

// Up to four products as logits; −∞ behind the last.
static DEVICE void load_logits(const float *products, int count, float scale, float cap, float *x) {
  if (count >= FOUR) {
    vector16 four = *(const vector16 *)products;
    x[0] = bits_float(four.x);
    x[1] = bits_float(four.y);
    x[2] = bits_float(four.z);
    x[3] = bits_float(four.w);
  } else {
    UNROLL for (int j = 0; j < FOUR; j++) x[j] = j < count ? products[j] : 0;
  }
  UNROLL for (int j = 0; j < FOUR; j++) x[j] = j < count ? capped(scale * x[j], cap) : -INFINITE;
}

// A block has one row, whose logits stay in registers: memory is read once.
KERNEL_BOUNDS(HEAD_THREADS, 2, head_chunk) {
  SHARED float space[32];
  SHARED double wide_space[32];
  const long long row = block_index_x(), at = row * a.chunk_stride;
  const float scale = (float)a.logit_scale, cap = (float)a.soft_cap;
  const int count = (int)a.count;
  row_state *state = a.states + row;
  float logits[TURNS][FOUR], most = -INFINITE;
  UNROLL for (int i = 0; i < TURNS; i++) {
    int v = (i * HEAD_THREADS + thread_index()) * FOUR;
    load_logits(a.products + at + v, count - v, scale, cap, logits[i]);
    UNROLL for (int j = 0; j < FOUR; j++) most = fmaxf(most, logits[i][j]);
  }
  const int is_first = a.first == 0;
  const float before = is_first ? -INFINITE : (float)state->most;
  most = fmaxf(block_most(most, space), before);
  float sum = 0, weighted = 0, squares = 0;
  UNROLL for (int i = 0; i < TURNS; i++) {
    int v = (i * HEAD_THREADS + thread_index()) * FOUR;
    float bent[FOUR];
    UNROLL for (int j = 0; j < FOUR; j++) {
      float z = logits[i][j] - most, e = exponential(z);
      sum += e;
      if (e > 0 || e != e) weighted += e * z;  // 0 · −∞ counts as 0
      squares += e * e;
      bent[j] = e > 0 ? e * cap_slope(logits[i][j], cap) : e;
    }
    if (a.weights == 0) continue;
    element *to = a.weights + at + v;
    if (v + FOUR <= count) {
      store_pair(to, bent[0], bent[1]);
      store_pair(to + 2, bent[2], bent[3]);
    } else {
      UNROLL for (int j = 0; j < FOUR; j++) {
        if (v + j < count) to[j] = from_float(bent[j]);
      }
    }
  }
  double all = block_sum_double(sum, wide_space);
  double all_weighted = block_sum_double(weighted, wide_space);
  double all_squares = block_sum_double(squares, wide_space);
  for (int i = a.offsets[row] + thread_index(); i < a.offsets[row + 1]; i += HEAD_THREADS) {
    long long v = a.targets[i] - a.first;
    if (v >= 0 && v < count) a.target_logits[i] = capped(scale * a.products[at + v], cap);
  }
  if (thread_index() != 0) return;
  double factor = 0;
  if (!is_first) {
    double shift = (double)before - most;
    factor = exp(shift);
    all_weighted += factor * (state->weighted + (factor > 0 ? shift * state->sum : 0));
    all_squares += factor * factor * state->squares;
    all += factor * state->sum;
  }
  state->most = most;
  state->sum = all;
  state->weighted = all_weighted;
  state->squares = all_squares;
  a.factors[row] = (float)factor;
}

typedef struct {
  float *mean;
  long long columns;
  const float *factors;
} head_rescale_arguments;

// mean *= factor; a block has one row, and nearly always nothing to do.
KERNEL(head_rescale) {
  float factor = a.factors[block_index_x()];
  if (factor == 1) return;
  float *mean = a.mean + block_index_x() * a.columns;
  for (long long k = thread_index(); k < a.columns; k += block_threads()) mean[k] *= factor;
}

typedef struct {
  const row_state *states;
  const int *offsets;
  float *target_values;      // the logits on the way in, log-probabilities on the way out
  float *slopes, *log_sum_exp, *entropy, *log_square_sum;
  float *mean;               // may be NULL
  long long columns;
  double logit_scale, soft_cap;
} head_finish_arguments;

KERNEL(head_finish) {
  long long row = block_index_x();
  row_state state = a.states[row];
  double log_sum = log(state.sum);
  for (int i = a.offsets[row] + thread_index(); i < a.offsets[row + 1]; i += block_threads()) {
    float logit = a.target_values[i];
    a.target_values[i] = (float)((double)logit - state.most - log_sum);
    a.slopes[i] = (float)a.logit_scale * cap_slope(logit, (float)a.soft_cap);
  }
  if (a.mean != 0) {
    float *mean = a.mean + row * a.columns;
    for (long long k = thread_index(); k < a.columns; k += block_threads()) {
      mean[k] = mean[k] / (float)state.sum * (float)a.logit_scale;
    }
  }
  if (thread_index() != 0) return;
  a.log_sum_exp[row] = (float)(state.most + log_sum);
  a.entropy[row] = (float)(log_sum - state.weighted / state.sum);
  a.log_square_sum[row] = (float)(log(state.squares) - 2 * log_sum);
}

typedef struct {
  float *d_hidden;
  long long d_hidden_stride;
  const element *weight;
  long long weight_stride;
  const float *mean;
  const float *coefficients, *slopes;
  const int *offsets, *targets;
  long long columns;
} head_backward_arguments;

// d_hidden = Σ over the row's targets of c · (slope · W[y] − mean)
KERNEL(head_backward) {
  long long row = block_index_x();
  for (long long k = thread_index(); k < a.columns; k += block_threads()) {
    float sum = 0, total = 0;
    for (int i = a.offsets[row]; i < a.offsets[row + 1]; i++) {
      sum += a.coefficients[i] * a.slopes[i] *
             to_float(a.weight[a.targets[i] * a.weight_stride + k]);
      total += a.coefficients[i];
    }
    a.d_hidden[row * a.d_hidden_stride + k] = sum - total * a.mean[row * a.columns + k];
  }
}

typedef struct {
  element *gradients;         // (rows, chunk) on the way out
  const float *logits;        // (rows, chunk): h·W
  const float *log_sum_exp, *coefficients;
  const int *offsets, *targets;
  long long chunk_stride, count, first;
  double logit_scale, soft_cap;
} head_logit_gradients_arguments;

// g = Σ over the row's targets of c · (1[v = y] − p_v) · slope_v, for dW += gᵀ·h.
KERNEL(head_logit_gradients) {
  long long row = block_index_x();
  int begin = a.offsets[row], end = a.offsets[row + 1];
  float total = 0;
  for (int i = begin; i < end; i++) total += a.coefficients[i];
  for (int v = thread_index(); v < a.count; v += block_threads()) {
    float logit = capped((float)a.logit_scale * a.logits[row * a.chunk_stride + v],
                         (float)a.soft_cap);
    float p = exponential(logit - a.log_sum_exp[row]);
    float hits = 0;
    for (int i = begin; i < end; i++) {
      if (a.targets[i] - a.first == v) hits += a.coefficients[i];
    }
    float slope = (float)a.logit_scale * cap_slope(logit, (float)a.soft_cap);
    a.gradients[row * a.chunk_stride + v] = from_float((hits - total * p) * slope);
  }
}
