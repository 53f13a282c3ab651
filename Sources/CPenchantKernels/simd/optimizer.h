// Long vectors of parameters: conversion, sums, the AdamW step.

static void convert(void *destination, pen_dtype destination_dtype, const void *source,
                    pen_dtype source_dtype, float scale, int64_t count) {
  FOR_VECTORS(i, n, count) {
    store(destination, destination_dtype, i, n, load(source, source_dtype, i, n) * scale);
  }
}

static void add_scaled(float *destination, const void *source, pen_dtype source_dtype, float scale,
                       int64_t count) {
  FOR_VECTORS(i, n, count) {
    vf from = load(source, source_dtype, i, n);
    vf value = fma_f(from, splat(scale), load(destination, PEN_F32, i, n));
    store(destination, PEN_F32, i, n, value);
  }
}

static double sum_squares(const float *x, int64_t count) {
  vd sum = {0};
  FOR_VECTORS(i, n, count) {
    vd value = __builtin_convertvector(load(x, PEN_F32, i, n), vd);
    sum += value * value;
  }
  double lanes[LANES];
  memcpy(lanes, &sum, sizeof lanes);
  for (int step = LANES / 2; step > 0; step /= 2) {
    for (int i = 0; i < step; i++) lanes[i] += lanes[i + step];
  }
  return lanes[0];
}

static void adamw(float *weights, void *working, pen_dtype working_dtype, float *m, float *v,
                  const float *gradient, int64_t count, float gradient_scale, float learning_rate,
                  float beta1, float beta2, float epsilon, float weight_decay, float correction1,
                  float correction2) {
  const float keep = 1 - learning_rate * weight_decay;
  const float step = learning_rate / correction1;
  const float root2 = sqrtf(correction2);
  FOR_VECTORS(i, n, count) {
    vf g = load(gradient, PEN_F32, i, n) * gradient_scale;
    vf first = load(m, PEN_F32, i, n) * beta1 + g * (1 - beta1);
    vf second = load(v, PEN_F32, i, n) * beta2 + g * g * (1 - beta2);
    vf denominator = __builtin_elementwise_sqrt(second) / root2 + epsilon;
    vf weight = load(weights, PEN_F32, i, n) * keep - first / denominator * step;
    store(m, PEN_F32, i, n, first);
    store(v, PEN_F32, i, n, second);
    store(weights, PEN_F32, i, n, weight);
    if (working != NULL) store(working, working_dtype, i, n, weight);
  }
}
