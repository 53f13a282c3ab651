// Attention over segments, one query row and head at a time.
//
//   S = cap(scale · Q Kᵀ) (masked)    P = softmax(S)    O = P V
//   D = Σ dO ∘ O    dP = dO Vᵀ    dS = P ∘ (dP − D) · cap′ · scale
//   dV = Pᵀ dO      dQ = dS K     dK = dSᵀ Q
#include <math.h>

#include "../numbers.h"

// The keys that one query row sees: token rows of the prompt, then of its own segment.
typedef struct key_list {
  int64_t count;
  const pen_attention *job;
  const pen_segment *own;  // NULL for the prompt's own rows
  int64_t query_position;
} key_list;

static key_list keys_of(const pen_attention *job, int64_t segment, int64_t row) {
  const pen_segment *own = &job->segments[segment];
  return (key_list){
    .count = (segment == 0 ? 0 : job->segments[0].length) + row + 1,
    .job = job,
    .own = segment == 0 ? NULL : own,
    .query_position = own->position + row,
  };
}

// The token row of a key, or −1 when the window hides it.
static int64_t key_row(const key_list *keys, int64_t index) {
  const pen_segment *segment = &keys->job->segments[0];
  if (keys->own != NULL && index >= segment->length) {
    index -= segment->length;
    segment = keys->own;
  }
  int64_t distance = keys->query_position - (segment->position + index);
  if (keys->job->window > 0 && distance >= keys->job->window) return -1;
  return segment->start + index;
}

static int64_t most_keys(const pen_attention *job) {
  int64_t longest = 0;
  for (int64_t s = 1; s < job->segment_count; s++) {
    longest = pen_max(longest, job->segments[s].length);
  }
  return job->segments[0].length + longest;
}

static int64_t attention_scratch(const pen_attention *job, bool backward) {
  (void)backward;
  return pen_round_up((most_keys(job) + job->head_dim) * (int64_t)sizeof(float), 64);
}

// probabilities ← exp(scores − max), unnormalised, 0 where hidden; returns log Σ exp scores.
static float softmax(float *scores, int64_t count, float *total) {
  float most = -INFINITY;
  for (int64_t j = 0; j < count; j++) most = scores[j] > most ? scores[j] : most;
  float sum = 0;
  for (int64_t j = 0; j < count; j++) {
    scores[j] = expf(scores[j] - most);
    sum += scores[j];
  }
  *total = sum;
  return most + logf(sum);
}

static void forward_row(const pen_attention *job, const key_list *keys, int64_t token, int64_t head,
                        float *probabilities, float *sums) {
  const int64_t h = job->head_dim;
  const void *q = pen_at(job->q, job->dtype, token * job->q_stride + head * h);
  for (int64_t j = 0; j < keys->count; j++) {
    int64_t row = key_row(keys, j);
    if (row < 0) {
      probabilities[j] = -INFINITY;
      continue;
    }
    const void *k = pen_at(job->k, job->dtype, row * job->kv_stride);
    probabilities[j] = capped(job->scale * dot(q, k, job->dtype, h), job->soft_cap);
  }
  float total;
  job->log_sum_exp[token * job->lse_stride + head] = softmax(probabilities, keys->count, &total);
  for (int64_t e = 0; e < h; e++) sums[e] = 0;
  for (int64_t j = 0; j < keys->count; j++) {
    int64_t row = key_row(keys, j);
    if (row < 0) continue;
    float p = pen_rounded(probabilities[j], job->dtype);
    for (int64_t e = 0; e < h; e++) {
      sums[e] += p * pen_load(job->v, job->dtype, row * job->kv_stride + e);
    }
  }
  for (int64_t e = 0; e < h; e++) {
    pen_store(job->out, job->dtype, token * job->out_stride + head * h + e, sums[e] / total);
  }
}

static void attention_forward(const pen_attention *job, void *scratch) {
  float *probabilities = scratch;                  // (keys)
  float *sums = probabilities + most_keys(job);    // (head_dim)
  for (int64_t s = 0; s < job->segment_count; s++) {
    for (int64_t row = 0; row < job->segments[s].length; row++) {
      key_list keys = keys_of(job, s, row);
      for (int64_t head = 0; head < job->group; head++) {
        forward_row(job, &keys, job->segments[s].start + row, head, probabilities, sums);
      }
    }
  }
}

static void backward_row(const pen_attention *job, const key_list *keys, int64_t token,
                         int64_t head) {
  const int64_t h = job->head_dim;
  const pen_dtype dtype = job->dtype;
  const void *q = pen_at(job->q, dtype, token * job->q_stride + head * h);
  const void *d_out = pen_at(job->d_out, dtype, token * job->out_stride + head * h);
  const void *out = pen_at(job->out, dtype, token * job->out_stride + head * h);
  float *d_q = job->d_q + token * job->d_q_stride + head * h;
  float lse = job->log_sum_exp[token * job->lse_stride + head];
  float d = dot(d_out, out, dtype, h);
  for (int64_t e = 0; e < h; e++) d_q[e] = 0;
  for (int64_t j = 0; j < keys->count; j++) {
    int64_t row = key_row(keys, j);
    if (row < 0) continue;
    const void *k = pen_at(job->k, dtype, row * job->kv_stride);
    const void *v = pen_at(job->v, dtype, row * job->kv_stride);
    float *d_k = job->d_k + row * job->d_kv_stride;
    float *d_v = job->d_v + row * job->d_kv_stride;
    float score = capped(job->scale * dot(q, k, dtype, h), job->soft_cap);
    float p = expf(score - lse);
    float d_s = p * (dot(d_out, v, dtype, h) - d) * cap_slope(score, job->soft_cap) * job->scale;
    p = pen_rounded(p, dtype);
    d_s = pen_rounded(d_s, dtype);
    for (int64_t e = 0; e < h; e++) {
      d_v[e] += p * pen_load(d_out, dtype, e);
      d_q[e] += d_s * pen_load(k, dtype, e);
      d_k[e] += d_s * pen_load(q, dtype, e);
    }
  }
}

static void attention_backward(const pen_attention *job, void *scratch) {
  (void)scratch;
  for (int64_t s = 0; s < job->segment_count; s++) {
    for (int64_t row = 0; row < job->segments[s].length; row++) {
      int64_t offset = (job->segments[s].start + row) * job->d_kv_stride;
      for (int64_t e = 0; e < job->head_dim; e++) job->d_k[offset + e] = job->d_v[offset + e] = 0;
    }
  }
  for (int64_t s = 0; s < job->segment_count; s++) {
    for (int64_t row = 0; row < job->segments[s].length; row++) {
      key_list keys = keys_of(job, s, row);
      for (int64_t head = 0; head < job->group; head++) {
        backward_row(job, &keys, job->segments[s].start + row, head);
      }
    }
  }
}

static int64_t decode_keys(const pen_decode *job) {
  int64_t keys = 0;
  for (int64_t r = 0; r < job->run_count; r++) keys += job->runs[r].length;
  return keys;
}

static int64_t decode_scratch(const pen_decode *job) {
  return pen_round_up((decode_keys(job) + job->head_dim) * (int64_t)sizeof(float), 64);
}

// Whether the window lets the query see key `index` of a run.
static bool decode_sees(const pen_decode *job, const pen_key_run *run, int64_t index) {
  return job->window <= 0 || job->position - (run->position + index) < job->window;
}

static void attention_decode(const pen_decode *job, void *scratch) {
  const int64_t h = job->head_dim;
  const int64_t count = decode_keys(job);
  float *probabilities = scratch;     // (keys)
  float *sums = probabilities + count;  // (head_dim)
  for (int64_t head = 0; head < job->group; head++) {
    const void *q = pen_at(job->q, job->dtype, head * h);
    int64_t at = 0;
    for (int64_t r = 0; r < job->run_count; r++) {
      const pen_key_run *run = &job->runs[r];
      for (int64_t j = 0; j < run->length; j++) {
        const void *k = pen_at(run->k, job->dtype, j * run->stride);
        float score = capped(job->scale * dot(q, k, job->dtype, h), job->soft_cap);
        probabilities[at++] = decode_sees(job, run, j) ? score : -INFINITY;
      }
    }
    float total;
    softmax(probabilities, count, &total);
    for (int64_t e = 0; e < h; e++) sums[e] = 0;
    at = 0;
    for (int64_t r = 0; r < job->run_count; r++) {
      const pen_key_run *run = &job->runs[r];
      for (int64_t j = 0; j < run->length; j++) {
        float p = pen_rounded(probabilities[at++], job->dtype);
        if (!decode_sees(job, run, j)) continue;
        for (int64_t e = 0; e < h; e++) {
          sums[e] += p * pen_load(run->v, job->dtype, j * run->stride + e);
        }
      }
    }
    for (int64_t e = 0; e < h; e++) pen_store(job->out, job->dtype, head * h + e, sums[e] / total);
  }
}
