// The head, one row at a time with all its logits in scratch.
#include <math.h>

#include "../numbers.h"

static int64_t head_scratch(const pen_head *job) {
  return pen_round_up(job->vocabulary * (int64_t)sizeof(float), 64);
}

static float head_logit(const pen_head *job, int64_t row, int64_t v) {
  float sum = dot(pen_at(job->hidden, job->dtype, row * job->hidden_stride),
                  pen_at(job->weight, job->dtype, v * job->weight_stride), job->dtype, job->depth);
  return capped(job->logit_scale * sum, job->soft_cap);
}

// dlogit/d(h·W)
static float head_slope(const pen_head *job, float logit) {
  return job->logit_scale * cap_slope(logit, job->soft_cap);
}

static void head_forward(const pen_head *job, void *scratch) {
  float *logits = scratch;  // (vocabulary)
  for (int64_t row = 0; row < job->rows; row++) {
    float most = -INFINITY;
    for (int64_t v = 0; v < job->vocabulary; v++) {
      logits[v] = head_logit(job, row, v);
      most = logits[v] > most ? logits[v] : most;
    }
    // With z = logit − max and e = exp z:
    //   log Σ exp logit = max + log Σ e    entropy = log Σ e − Σ e z / Σ e
    //   log Σ p² = log Σ e² − 2 log Σ e
    double sum = 0, weighted = 0, squares = 0;
    for (int64_t v = 0; v < job->vocabulary; v++) {
      float z = logits[v] - most, e = expf(z);
      sum += e;
      if (e > 0 || e != e) weighted += (double)e * z;  // 0 · −∞ counts as 0
      squares += (double)e * e;
    }
    double log_sum = log(sum);
    job->log_sum_exp[row] = (float)(most + log_sum);
    job->entropy[row] = (float)(log_sum - weighted / sum);
    job->log_square_sum[row] = (float)(log(squares) - 2 * log_sum);
    for (int64_t i = job->target_offsets[row]; i < job->target_offsets[row + 1]; i++) {
      float logit = logits[job->targets[i]];
      job->target_log_probs[i] = (float)((double)(logit - most) - log_sum);
      job->target_slopes[i] = head_slope(job, logit);
    }
    if (job->mean_weight == NULL) continue;
    float *mean = job->mean_weight + row * job->depth;
    for (int64_t k = 0; k < job->depth; k++) mean[k] = 0;
    for (int64_t v = 0; v < job->vocabulary; v++) {
      float e = expf(logits[v] - most) * cap_slope(logits[v], job->soft_cap);
      e = pen_rounded(e, job->dtype);
      for (int64_t k = 0; k < job->depth; k++) {
        mean[k] += e * pen_load(job->weight, job->dtype, v * job->weight_stride + k);
      }
    }
    for (int64_t k = 0; k < job->depth; k++) mean[k] = mean[k] / (float)sum * job->logit_scale;
  }
}

static int64_t head_weight_scratch(const pen_head *job) {
  (void)job;
  return 0;
}

static void head_weight_backward(const pen_head *job, const float *coefficients, int64_t begin,
                                 int64_t end, float *d_weight, int64_t d_weight_stride,
                                 void *scratch) {
  (void)scratch;
  for (int64_t v = begin; v < end; v++) {
    for (int64_t row = 0; row < job->rows; row++) {
      // g = Σ c_y (1[v = y] − p_v) · slope_v over the row's targets
      float logit = head_logit(job, row, v);
      float p = expf(logit - job->log_sum_exp[row]);
      float hits = 0, total = 0;
      for (int64_t i = job->target_offsets[row]; i < job->target_offsets[row + 1]; i++) {
        total += coefficients[i];
        if (job->targets[i] == v) hits += coefficients[i];
      }
      float g = pen_rounded((hits - total * p) * head_slope(job, logit), job->dtype);
      for (int64_t k = 0; k < job->depth; k++) {
        d_weight[v * d_weight_stride + k] +=
            g * pen_load(job->hidden, job->dtype, row * job->hidden_stride + k);
      }
    }
  }
}
