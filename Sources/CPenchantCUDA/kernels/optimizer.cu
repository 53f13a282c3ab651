// Sums of squares and AdamW, over flat float32 tensors.

#define SUMMED 65536

typedef struct {
  double *partial;  // one sum for each SUMMED elements
  const float *x;
  long long count;
} sum_squares_arguments;

KERNEL(sum_squares) {
  SHARED double space[32];
  long long first = (long long)block_index_x() * SUMMED;
  double sum = 0;
  for (long long i = first + thread_index(); i < first + SUMMED && i < a.count;
       i += block_threads()) {
    sum += (double)a.x[i] * a.x[i];
  }
  sum = block_sum_double(sum, space);
  if (thread_index() == 0) a.partial[block_index_x()] = sum;
}

typedef struct {
  float *weights;
  element *working;  // may be NULL
  float *m, *v;
  const float *gradient;
  long long count;
  double gradient_scale, learning_rate, beta1, beta2, epsilon, weight_decay, correction1, correction2;
} adamw_arguments;

// Loshchilov and Hutter (arXiv 1711.05101), bias-corrected as in PyTorch; CPenchantKernels/plain/elementwise.h.
KERNEL(adamw) {
  long long i = (long long)block_index_x() * block_threads() + thread_index();
  if (i >= a.count) return;
  float beta1 = (float)a.beta1, beta2 = (float)a.beta2, rate = (float)a.learning_rate;
  float g = a.gradient[i] * (float)a.gradient_scale;
  float m = beta1 * a.m[i] + (1 - beta1) * g;
  float v = beta2 * a.v[i] + (1 - beta2) * (g * g);
  float denominator = sqrtf(v) / sqrtf((float)a.correction2) + (float)a.epsilon;
  float keep = 1 - rate * (float)a.weight_decay;
  float weight = a.weights[i] * keep - rate / (float)a.correction1 * (m / denominator);
  a.m[i] = m;
  a.v[i] = v;
  a.weights[i] = weight;
  if (a.working != 0) a.working[i] = from_float(weight);
}
