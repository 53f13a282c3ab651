// One query token against cached keys: the scores of all keys, one softmax, one pass over the
// values.

typedef struct decode_layout {
  float *scores;  // (group, stride)
  int64_t stride;
  int64_t keys;
  int64_t bytes;
} decode_layout;

static decode_layout decode_lay_out(const pen_decode *job, void *base) {
  decode_layout s = {0};
  for (int64_t r = 0; r < job->run_count; r++) s.keys += job->runs[r].length;
  s.stride = pen_round_up(s.keys, LANES);
  s.scores = pen_carve(base, &s.bytes, job->group * s.stride * 4);
  return s;
}

static int64_t decode_scratch(const pen_decode *job) { return decode_lay_out(job, NULL).bytes; }

// The first key of a run that the window leaves visible; the run's length when it hides all.
static int64_t first_visible(const pen_decode *job, const pen_key_run *run) {
  if (job->window <= 0) return 0;
  int64_t least = job->position - job->window + 1 - run->position;
  return pen_min(pen_max(least, 0), run->length);
}

// scores → exp(score − max) rounded to the matrix dtype; returns their sum before rounding.
static float decode_softmax(float *scores, int64_t count, pen_dtype dtype) {
  vf most = splat(-INFINITY);
  FOR_WHOLE_VECTORS(j, count) {
    vf score = select_f(lanes_within(j, 0, count), load_f32(scores + j), splat(-INFINITY));
    most = larger(score, most);
  }
  float shift = max_lanes(most);
  if (!(shift > -INFINITY)) shift = 0;
  vf total = {0};
  FOR_WHOLE_VECTORS(j, count) {
    vf p = select_f(lanes_within(j, 0, count), exp_f(load_f32(scores + j) - shift), (vf){0});
    total += p;
    store_f32(scores + j, dtype == PEN_BF16 ? widen(narrow(p)) : p);
  }
  return sum_lanes(total);
}

// out[e..<e + 4 vectors] = Σ_j p_j v_j / total for one head.
static void decode_values(const pen_decode *job, const float *p, float total, int64_t head,
                          int64_t e) {
  const int64_t h = job->head_dim;
  vf sums[4] = {{0}};
  for (int64_t r = 0; r < job->run_count; r++) {
    const pen_key_run *run = &job->runs[r];
    for (int64_t j = first_visible(job, run); j < run->length; j++) {
      for (int c = 0; c < 4; c++) {
        int64_t at = e + c * LANES;
        if (at >= h) break;
        vf v = load(run->v, job->dtype, j * run->stride + at, pen_min(LANES, h - at));
        sums[c] = fma_f(splat(p[j]), v, sums[c]);
      }
    }
    p += run->length;
  }
  for (int c = 0; c < 4 && e + c * LANES < h; c++) {
    int64_t at = e + c * LANES;
    store(job->out, job->dtype, head * h + at, pen_min(LANES, h - at), sums[c] / total);
  }
}

static void attention_decode(const pen_decode *job, void *scratch) {
  decode_layout s = decode_lay_out(job, scratch);
  int64_t at = 0;
  for (int64_t r = 0; r < job->run_count; r++) {
    const pen_key_run *run = &job->runs[r];
    int64_t first = first_visible(job, run);
    for (int64_t head = 0; head < job->group; head++) {
      for (int64_t j = 0; j < first; j++) s.scores[head * s.stride + at + j] = -INFINITY;
    }
    pen_row_term term = {
      .left = job->q,
      .left_stride = job->head_dim,
      .right = {.data = pen_at(run->k, job->dtype, first * run->stride), .stride = run->stride},
      .depth = job->head_dim,
    };
    pen_output out = {
      .data = s.scores + at + first, .stride = s.stride, .dtype = PEN_F32, .scale = job->scale,
    };
    multiply_rows(&term, 1, job->dtype, job->group, run->length - first, &out);
    for (int64_t head = 0; head < job->group && job->soft_cap > 0; head++) {
      soft_cap(s.scores + head * s.stride + at + first, job->soft_cap, run->length - first);
    }
    at += run->length;
  }
  for (int64_t head = 0; head < job->group; head++) {
    float *p = s.scores + head * s.stride;
    float total = decode_softmax(p, s.keys, job->dtype);
    for (int64_t e = 0; e < job->head_dim; e += 4 * LANES) {
      decode_values(job, p, total, head, e);
    }
  }
}
