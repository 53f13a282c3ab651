// The head: log-probabilities, entropy and Σ p·W of each row in one pass over the vocabulary, in
// chunks of a fixed size. The logits of a chunk are all that exists of them.

enum { HEAD_ROWS = 192, CHUNK = 256, WEIGHT_ROWS = 192 };

// What is known of a row so far, relative to the largest logit seen; with z = logit − most:
typedef struct row_state {
  float most;
  double sum;       // Σ e^z
  double weighted;  // Σ z e^z
  double squares;   // Σ e^2z
} row_state;

typedef struct head_layout {
  panels weight;       // of the chunk, rows as columns
  panels columns;      // of the chunk as it lies
  float *logits;       // (HEAD_ROWS, CHUNK)
  void *p;             // (HEAD_ROWS, CHUNK) e^z, matrix dtype
  row_state *states;   // one for each row of the job
  int64_t bytes;
} head_layout;

static panels carve_panels(void *base, int64_t *used, int64_t columns, int64_t depth,
                           pen_dtype dtype) {
  int64_t bytes = panel_bytes(depth, dtype);
  return (panels){pen_carve(base, used, panel_count(columns) * bytes), bytes};
}

static head_layout head_lay_out(const pen_head *job, void *base) {
  head_layout s = {0};
  s.weight = carve_panels(base, &s.bytes, CHUNK, job->depth, job->dtype);
  s.columns = carve_panels(base, &s.bytes, job->depth, CHUNK, job->dtype);
  s.logits = pen_carve(base, &s.bytes, HEAD_ROWS * CHUNK * 4);
  s.p = pen_carve(base, &s.bytes, HEAD_ROWS * CHUNK * 4);
  s.states = pen_carve(base, &s.bytes, job->rows * (int64_t)sizeof(row_state));
  return s;
}

static int64_t head_scratch(const pen_head *job) { return head_lay_out(job, NULL).bytes; }

// Brings a row's sums, and its Σ p·W so far, to a new largest logit.
static void rescale_row(row_state *state, float most, float *mean, int64_t depth) {
  float shift = state->most - most;
  float factor = exp_scalar(shift);
  state->weighted = factor * (state->weighted + (double)shift * state->sum);
  state->sum *= factor;
  state->squares *= (double)factor * factor;
  if (mean == NULL) return;
  FOR_VECTORS(k, n, depth) {
    store(mean, PEN_F32, k, n, load(mean, PEN_F32, k, n) * factor);
  }
}

// Adds a chunk's logits to a row's sums; p ← e^z in the matrix dtype, times the cap's slope.
static void add_chunk(row_state *state, const float *logits, int64_t count, float cap, void *p,
                      pen_dtype dtype, float *mean, int64_t depth) {
  vf most = splat(state->most);
  FOR_WHOLE_VECTORS(v, count) {
    vf logit = select_f(lanes_within(v, 0, count), load_f32(logits + v), splat(-INFINITY));
    most = larger(logit, most);
  }
  float now = max_lanes(most);
  if (now > state->most && state->most > -INFINITY) rescale_row(state, now, mean, depth);
  state->most = now;

  float shift = now > -INFINITY ? now : 0;
  vf sum = {0}, weighted = {0}, squares = {0};
  FOR_VECTORS(v, n, count) {
    vf z = load_f32(logits + v) - shift;
    vf e = exp_f(z);
    if (n < LANES) {
      vi mask = lanes_within(v, 0, count);
      z = select_f(mask, z, (vf){0});
      e = select_f(mask, e, (vf){0});
    }
    sum += e;
    // e is 0 long before z is −100: the bound keeps 0 · −∞ out.
    weighted = fma_f(e, select_f(z < -100.0f, splat(-100), z), weighted);
    squares = fma_f(e, e, squares);
    if (cap > 0) e *= cap_slope(load_f32(logits + v), cap);
    store(p, dtype, v, LANES, e);
  }
  state->sum += sum_lanes(sum);
  state->weighted += sum_lanes(weighted);
  state->squares += sum_lanes(squares);
}

// dlogit/d(h·W)
static float logit_slope(const pen_head *job, float logit) {
  if (!(job->soft_cap > 0)) return job->logit_scale;
  float t = logit / job->soft_cap;
  return job->logit_scale * (1 - t * t);
}

// The chunk from `begin` on for rows first..<first + rows, at most HEAD_ROWS of them.
static void head_block(const pen_head *job, int64_t begin, int64_t count, int64_t first,
                       int64_t rows, const head_layout *s) {
  const int64_t d = job->depth;
  const pen_dtype dtype = job->dtype;
  float *mean = job->mean_weight == NULL ? NULL : job->mean_weight + first * d;
  multiply_panels(pen_at(job->hidden, dtype, first * job->hidden_stride), job->hidden_stride,
                  s->weight, d, dtype, rows, count, job->logit_scale, false, s->logits, CHUNK);
  for (int64_t row = 0; row < rows; row++) {
    float *logits = s->logits + row * CHUNK;
    if (job->soft_cap > 0) soft_cap(logits, job->soft_cap, count);
    const int64_t *targets_at = job->target_offsets + first + row;
    for (int64_t i = targets_at[0]; i < targets_at[1]; i++) {
      int64_t target = job->targets[i] - begin;
      if (target < 0 || target >= count) continue;
      job->target_log_probs[i] = logits[target];
      job->target_slopes[i] = logit_slope(job, logits[target]);
    }
    add_chunk(&s->states[first + row], logits, count, job->soft_cap,
              pen_at_mut(s->p, dtype, row * CHUNK), dtype, mean == NULL ? NULL : mean + row * d, d);
  }
  if (mean != NULL) {
    multiply_panels(s->p, CHUNK, s->columns, count, dtype, rows, d, 1, true, mean, d);
  }
}

static void head_forward(const pen_head *job, void *scratch) {
  const head_layout s = head_lay_out(job, scratch);
  const int64_t d = job->depth;
  float *mean = job->mean_weight;
  for (int64_t row = 0; row < job->rows; row++) s.states[row] = (row_state){.most = -INFINITY};
  if (mean != NULL) memset(mean, 0, (size_t)(job->rows * d) * sizeof(float));

  for (int64_t begin = 0; begin < job->vocabulary; begin += CHUNK) {
    int64_t count = pen_min(CHUNK, job->vocabulary - begin);
    const void *weight = pen_at(job->weight, job->dtype, begin * job->weight_stride);
    pack_all_rows(s.weight, weight, job->weight_stride, count, d, job->dtype);
    if (mean != NULL) {
      pack_all_columns(s.columns, weight, job->weight_stride, d, count, job->dtype);
    }
    for (int64_t first = 0; first < job->rows; first += HEAD_ROWS) {
      head_block(job, begin, count, first, pen_min(HEAD_ROWS, job->rows - first), &s);
    }
  }

  for (int64_t row = 0; row < job->rows; row++) {
    const row_state *state = &s.states[row];
    double log_sum = log(state->sum);
    job->log_sum_exp[row] = (float)(state->most + log_sum);
    job->entropy[row] = (float)(log_sum - state->weighted / state->sum);
    job->log_square_sum[row] = (float)(log(state->squares) - 2 * log_sum);
    for (int64_t i = job->target_offsets[row]; i < job->target_offsets[row + 1]; i++) {
      double logit = job->target_log_probs[i];
      job->target_log_probs[i] = (float)(logit - state->most - log_sum);
    }
    if (mean == NULL) continue;
    float total = (float)state->sum;
    FOR_VECTORS(k, n, d) {
      vf value = load(mean + row * d, PEN_F32, k, n) / total * job->logit_scale;
      store(mean + row * d, PEN_F32, k, n, value);
    }
  }
}

typedef struct head_weight_layout {
  panels weight;     // of the chunk, rows as columns
  panels hidden;     // one panel of the block's hidden rows as they lie
  float *gradients;  // (WEIGHT_ROWS, CHUNK) logits, then G
  void *gradients_t; // (CHUNK, WEIGHT_ROWS) Gᵀ, matrix dtype
  int64_t bytes;
} head_weight_layout;

static head_weight_layout head_weight_lay_out(const pen_head *job, void *base) {
  head_weight_layout s = {0};
  s.weight = carve_panels(base, &s.bytes, CHUNK, job->depth, job->dtype);
  s.hidden = carve_panels(base, &s.bytes, PANEL_WIDTH, WEIGHT_ROWS, job->dtype);
  s.gradients = pen_carve(base, &s.bytes, WEIGHT_ROWS * CHUNK * 4);
  s.gradients_t = pen_carve(base, &s.bytes, WEIGHT_ROWS * CHUNK * 4);
  return s;
}

static int64_t head_weight_scratch(const pen_head *job) {
  return head_weight_lay_out(job, NULL).bytes;
}

// logits of begin..<begin + count → G = Σ c_y (1[v = y] − p_v) · slope_v over the row's targets.
static void logit_gradients(const pen_head *job, const float *coefficients, int64_t row,
                            int64_t begin, int64_t count, float *logits) {
  float log_sum = job->log_sum_exp[row], total = 0;
  int64_t first = job->target_offsets[row], end = job->target_offsets[row + 1];
  for (int64_t i = first; i < end; i++) total += coefficients[i];
  float cap = job->soft_cap, scale = job->logit_scale;
  FOR_WHOLE_VECTORS(v, count) {
    vf logit = load_f32(logits + v), slope = splat(scale);
    if (cap > 0) {
      logit = capped(logit, cap);
      slope *= cap_slope(logit, cap);
    }
    store_f32(logits + v, exp_f(logit - log_sum) * -total * slope);
  }
  for (int64_t i = first; i < end; i++) {
    int64_t target = job->targets[i] - begin;
    if (target >= 0 && target < count) logits[target] += coefficients[i] * job->target_slopes[i];
  }
}

static void head_weight_backward(const pen_head *job, const float *coefficients, int64_t begin,
                                 int64_t end, float *d_weight, int64_t d_weight_stride,
                                 void *scratch) {
  head_weight_layout s = head_weight_lay_out(job, scratch);
  const int64_t d = job->depth;
  const pen_dtype dtype = job->dtype;
  for (; begin < end; begin += CHUNK) {
    int64_t count = pen_min(CHUNK, end - begin);
    pack_all_rows(s.weight, pen_at(job->weight, dtype, begin * job->weight_stride),
                  job->weight_stride, count, d, dtype);
    for (int64_t first = 0; first < job->rows; first += WEIGHT_ROWS) {
      int64_t rows = pen_min(WEIGHT_ROWS, job->rows - first);
      const void *hidden = pen_at(job->hidden, dtype, first * job->hidden_stride);
      multiply_panels(hidden, job->hidden_stride, s.weight, d, dtype, rows, count,
                      job->logit_scale, false, s.gradients, CHUNK);
      for (int64_t row = 0; row < rows; row++) {
        logit_gradients(job, coefficients, first + row, begin, count, s.gradients + row * CHUNK);
      }
      transpose(s.gradients_t, WEIGHT_ROWS, dtype, s.gradients, CHUNK, PEN_F32, rows, count);
      for (int64_t k = 0; k < d; k += PANEL_WIDTH) {
        int64_t width = pen_min(PANEL_WIDTH, d - k);
        pack_all_columns(s.hidden, pen_at(hidden, dtype, k), job->hidden_stride, width, rows,
                         dtype);
        multiply_panels(s.gradients_t, WEIGHT_ROWS, s.hidden, rows, dtype, count, width, 1, true,
                        d_weight + begin * d_weight_stride + k, d_weight_stride);
      }
    }
  }
}
