// Holds every instruction set this machine has against its plain twin, on random inputs of odd sizes.
//
// The Swift tests do the same and more; this program needs nothing but a C compiler, so that a variant
// can be run where Swift is not: scripts/check-arm builds it for 64-bit Arm and runs it in an emulator.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CPenchantKernels.h"

static uint64_t state = 1;
static float number(float size) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return ((float)(state >> 40) / (float)(1 << 23) - 1) * size;
}

static uint16_t narrow(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return (uint16_t)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static float widen(uint16_t x) {
  uint32_t bits = (uint32_t)x << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

static int64_t size_of(pen_dtype dtype) { return dtype == PEN_BF16 ? 2 : 4; }

// Zeroed, on a cache line, never freed: the program is short.
static void *space(int64_t bytes) {
  int64_t whole = (bytes + 127) / 64 * 64;
  void *at = aligned_alloc(64, (size_t)whole);
  if (at == NULL) exit(3);
  memset(at, 0, (size_t)whole);
  return at;
}

static void *randoms(int64_t count, pen_dtype dtype, float size) {
  void *at = space(count * size_of(dtype));
  for (int64_t i = 0; i < count; i++) {
    float x = number(size);
    if (dtype == PEN_BF16) {
      ((uint16_t *)at)[i] = narrow(x);
    } else {
      ((float *)at)[i] = x;
    }
  }
  return at;
}

static int failures = 0, checks = 0;

// Every element within `tolerance` of the twin's, relative to its largest.
static void compare(const char *what, const pen_kernels *set, const void *ours, const void *twin,
                    pen_dtype dtype, int64_t count, double tolerance) {
  double most = 1e-30, worst = 0;
  for (int64_t i = 0; i < count; i++) {
    double a = dtype == PEN_BF16 ? widen(((const uint16_t *)ours)[i]) : ((const float *)ours)[i];
    double b = dtype == PEN_BF16 ? widen(((const uint16_t *)twin)[i]) : ((const float *)twin)[i];
    if (isfinite(b)) most = fmax(most, fabs(b));
    double difference = a == b ? 0 : fabs(a - b);
    if (!(difference <= worst)) worst = isnan(difference) ? INFINITY : difference;
  }
  checks++;
  if (worst / most <= tolerance) return;
  failures++;
  printf("%s: %s is off by %g of its largest value, %g allowed\n", set->name, what, worst / most,
         tolerance);
}

static double sums_tolerance(pen_dtype dtype) { return dtype == PEN_BF16 ? 1e-2 : 2e-5; }

// int8 values, their scales, and as an operand.
static pen_matrix quantised(const pen_kernels *set, const void *source, pen_dtype dtype,
                            int64_t rows, int64_t columns) {
  int64_t groups = (columns + PEN_GROUP - 1) / PEN_GROUP;
  int8_t *data = space(rows * columns);
  float *scales = space(rows * groups * 4);
  if (!set->quantise(data, columns, scales, groups, source, columns, dtype, rows, columns)) {
    failures++;
  }
  return (pen_matrix){.data = data, .stride = columns, .scales = scales, .scale_stride = groups};
}

// left (rows × depth) · rightᵀ, the right operand packed either way, and by rows.
static void product(const pen_kernels *set, int way, const void *left, pen_matrix right,
                    pen_dtype dtype, int64_t rows, int64_t columns, int64_t depth, float *out) {
  pen_output output = {.data = out, .stride = columns, .dtype = PEN_F32, .scale = 0.5f};
  if (way == 2) {
    pen_row_term term = {.left = left, .left_stride = depth, .right = right, .depth = depth};
    set->multiply_rows(&term, 1, dtype, rows, columns, &output);
    return;
  }
  void *panel = space(set->panel_bytes(depth, dtype));
  for (int64_t n = 0; n < columns; n += set->panel_width) {
    int64_t width = columns - n < set->panel_width ? columns - n : set->panel_width;
    if (way == 0) {
      pen_matrix part = right;
      int64_t size = right.scales != NULL ? 1 : size_of(dtype);
      part.data = (const char *)right.data + n * right.stride * size;
      if (right.scales != NULL) part.scales += n * right.scale_stride;
      set->pack_rows(panel, &part, width, depth, dtype);
    } else {
      set->pack_columns(panel, &right, n, width, depth, dtype);
    }
    pen_term term = {.left = left, .left_stride = depth, .panel = panel, .depth = depth};
    output.data = out + n;
    set->multiply(&term, 1, dtype, rows, width, &output);
  }
  free(panel);
}

static void products(const pen_kernels *set, const pen_kernels *plain, pen_dtype dtype) {
  static const int64_t sizes[][3] = {{1, 1, 1},    {2, 3, 5},   {5, 17, 63}, {6, 64, 64},
                                     {7, 65, 130}, {13, 33, 7}, {16, 40, 203}, {12, 130, 66}};
  for (int i = 0; i < 8; i++) {
    int64_t rows = sizes[i][0], columns = sizes[i][1], depth = sizes[i][2];
    void *left = randoms(rows * depth, dtype, 1);
    void *right = randoms(columns * depth, dtype, 1);
    for (int way = 0; way < 3; way++) {
      for (int int8 = 0; int8 < (dtype == PEN_BF16 ? 2 : 1); int8++) {
        float *ours = space(rows * columns * 4), *twin = space(rows * columns * 4);
        // Packed as columns the operand is (depth × columns).
        int64_t width = way == 1 ? columns : depth, height = way == 1 ? depth : columns;
        pen_matrix a = {.data = right, .stride = width}, b = a;
        if (int8) {
          a = quantised(set, right, dtype, height, width);
          b = quantised(plain, right, dtype, height, width);
          if (memcmp(a.data, b.data, (size_t)(height * width)) != 0) {
            failures++;
            printf("%s: quantise differs\n", set->name);
          }
        }
        product(set, way, left, a, dtype, rows, columns, depth, ours);
        product(plain, way, left, b, dtype, rows, columns, depth, twin);
        compare(way == 2 ? "multiply_rows" : "multiply", set, ours, twin, PEN_F32, rows * columns,
                2e-5);
        // A row alone has the bits it has among others (invariant 2).
        float *alone = space(columns * 4);
        product(set, way, (const char *)left + (rows - 1) * depth * size_of(dtype), a, dtype, 1,
                columns, depth, alone);
        checks++;
        if (memcmp(alone, ours + (rows - 1) * columns, (size_t)columns * 4) != 0) {
          failures++;
          printf("%s: a row's bits depend on its neighbours (way %d)\n", set->name, way);
        }
      }
    }
  }
}

static void attention(const pen_kernels *set, const pen_kernels *plain, pen_dtype dtype, float cap,
                      int64_t window) {
  enum { TOKENS = 75, H = 24, GROUP = 3 };
  pen_segment segments[3] = {{0, 31, 0}, {31, 24, 31}, {55, 20, 31}};
  void *q = randoms(TOKENS * GROUP * H, dtype, 1), *k = randoms(TOKENS * H, dtype, 1);
  void *v = randoms(TOKENS * H, dtype, 1), *d_out = randoms(TOKENS * GROUP * H, dtype, 1);
  float *results[2][5];
  void *outs[2];
  const pen_kernels *sets[2] = {set, plain};
  for (int i = 0; i < 2; i++) {
    outs[i] = space(TOKENS * GROUP * H * size_of(dtype));
    float *lse = space(TOKENS * GROUP * 4), *dq = space(TOKENS * GROUP * H * 4);
    float *dk = space(TOKENS * H * 4), *dv = space(TOKENS * H * 4);
    pen_attention job = {
      .dtype = dtype, .head_dim = H, .group = GROUP, .scale = 0.2f, .soft_cap = cap,
      .window = window, .segments = segments, .segment_count = 3, .q = q, .q_stride = GROUP * H,
      .k = k, .v = v, .kv_stride = H, .out = outs[i], .out_stride = GROUP * H, .log_sum_exp = lse,
      .lse_stride = GROUP, .d_out = d_out, .d_q = dq, .d_q_stride = GROUP * H, .d_k = dk, .d_v = dv,
      .d_kv_stride = H,
    };
    sets[i]->attention_forward(&job, space(sets[i]->attention_scratch(&job, false)));
    // Backward from the twin's own forward pass, so that its error is its own.
    if (i == 0) {
      plain->attention_forward(&job, space(plain->attention_scratch(&job, false)));
    }
    sets[i]->attention_backward(&job, space(sets[i]->attention_scratch(&job, true)));
    if (i == 0) sets[i]->attention_forward(&job, space(sets[i]->attention_scratch(&job, false)));
    results[i][0] = lse, results[i][1] = dq, results[i][2] = dk, results[i][3] = dv;
  }
  double tolerance = sums_tolerance(dtype);
  compare("attention", set, outs[0], outs[1], dtype, TOKENS * GROUP * H, tolerance);
  compare("attention's log-sum", set, results[0][0], results[1][0], PEN_F32, TOKENS * GROUP,
          tolerance);
  compare("attention's d_q", set, results[0][1], results[1][1], PEN_F32, TOKENS * GROUP * H,
          tolerance);
  compare("attention's d_k", set, results[0][2], results[1][2], PEN_F32, TOKENS * H, tolerance);
  compare("attention's d_v", set, results[0][3], results[1][3], PEN_F32, TOKENS * H, tolerance);

  pen_key_run runs[2] = {{k, v, H, 31, 0}, {(char *)k + 31 * H * size_of(dtype),
                                            (char *)v + 31 * H * size_of(dtype), H, 19, 31}};
  void *decoded[2];
  for (int i = 0; i < 2; i++) {
    decoded[i] = space(GROUP * H * size_of(dtype));
    pen_decode job = {.dtype = dtype, .head_dim = H, .group = GROUP, .scale = 0.2f,
                      .soft_cap = cap, .window = window, .position = 49, .q = q, .runs = runs,
                      .run_count = 2, .out = decoded[i]};
    sets[i]->attention_decode(&job, space(sets[i]->decode_scratch(&job)));
  }
  compare("decoding attention", set, decoded[0], decoded[1], dtype, GROUP * H, tolerance);
}

static void head(const pen_kernels *set, const pen_kernels *plain, pen_dtype dtype, float cap) {
  enum { ROWS = 11, D = 70, V = 1003 };
  void *hidden = randoms(ROWS * D, dtype, 1), *weight = randoms(V * D, dtype, 0.3f);
  int64_t offsets[ROWS + 1];
  int32_t targets[ROWS + 3];
  for (int i = 0; i <= ROWS; i++) offsets[i] = i + (i > 4 ? 2 : 0);
  for (int i = 0; i < ROWS + 2; i++) targets[i] = (i * 379 + 5) % V;
  float coefficients[ROWS + 2];
  for (int i = 0; i < ROWS + 2; i++) coefficients[i] = number(1);
  const pen_kernels *sets[2] = {set, plain};
  float *values[2][6];
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 5; j++) values[i][j] = space((ROWS + 2) * 4);
    values[i][5] = space(ROWS * D * 4);
    pen_head job = {
      .dtype = dtype, .rows = ROWS, .depth = D, .vocabulary = V, .hidden = hidden,
      .hidden_stride = D, .weight = weight, .weight_stride = D, .logit_scale = 0.7f,
      .soft_cap = cap, .target_offsets = offsets, .targets = targets,
      .target_log_probs = values[i][0], .target_slopes = values[i][1],
      .log_sum_exp = values[i][2], .entropy = values[i][3], .log_square_sum = values[i][4],
      .mean_weight = values[i][5],
    };
    sets[i]->head_forward(&job, space(sets[i]->head_scratch(&job)));
    float *gradient = space(V * D * 4);
    sets[i]->head_weight_backward(&job, coefficients, 0, V, gradient, D,
                                  space(sets[i]->head_weight_scratch(&job)));
    values[i][1] = gradient;
  }
  double tolerance = sums_tolerance(dtype);
  compare("head's log p", set, values[0][0], values[1][0], PEN_F32, ROWS + 2, tolerance);
  compare("head's weight gradient", set, values[0][1], values[1][1], PEN_F32, V * D, tolerance);
  compare("head's log-sum", set, values[0][2], values[1][2], PEN_F32, ROWS, tolerance);
  compare("head's entropy", set, values[0][3], values[1][3], PEN_F32, ROWS, tolerance);
  compare("head's log Σp²", set, values[0][4], values[1][4], PEN_F32, ROWS, tolerance);
  compare("head's mean weight", set, values[0][5], values[1][5], PEN_F32, ROWS * D, tolerance);
}

static void rows(const pen_kernels *set, const pen_kernels *plain, pen_dtype dtype) {
  enum { ROWS = 7, N = 83, HEADS = 3, H = 26 };
  const pen_kernels *sets[2] = {set, plain};
  void *x = randoms(ROWS * N, dtype, 2), *gain = randoms(N, dtype, 1), *bias = randoms(N, dtype, 1);
  void *up = randoms(ROWS * N, dtype, 2);
  float *d_out = randoms(ROWS * N, PEN_F32, 1);
  void *turned = randoms(ROWS * HEADS * H, dtype, 1);
  float *angles = randoms(64 * H, PEN_F32, 1);
  int32_t positions[ROWS] = {0, 5, 1, 40, 63, 2, 9};
  void *out[2][5];
  float *gradient[2][6];
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 6; j++) out[i][j] = space(ROWS * N * size_of(dtype));
    for (int j = 0; j < 6; j++) gradient[i][j] = space(ROWS * N * 4);
    sets[i]->rms_norm(out[i][0], N, x, N, gain, 1, 1e-5f, ROWS, N, dtype);
    sets[i]->rms_norm_backward(gradient[i][0], N, gradient[i][1], d_out, N, x, N, gain, 1, 1e-5f,
                               ROWS, N, dtype);
    sets[i]->layer_norm(out[i][1], N, x, N, gain, bias, 1e-5f, ROWS, N, dtype);
    sets[i]->layer_norm_backward(gradient[i][2], N, gradient[i][3], gradient[i][4], d_out, N, x, N,
                                 gain, 1e-5f, ROWS, N, dtype);
    sets[i]->rotary(out[i][2], HEADS * H, dtype, turned, HEADS * H, dtype, angles, positions, ROWS,
                    HEADS, H, 20, 1);
  }
  double rounding = dtype == PEN_BF16 ? 0x1p-7 : 1e-6;
  compare("rms_norm", set, out[0][0], out[1][0], dtype, ROWS * N, rounding);
  compare("rms_norm's gradient", set, gradient[0][0], gradient[1][0], PEN_F32, ROWS * N, 1e-5);
  compare("rms_norm's gain", set, gradient[0][1], gradient[1][1], PEN_F32, N, 1e-5);
  compare("layer_norm", set, out[0][1], out[1][1], dtype, ROWS * N, rounding);
  compare("layer_norm's gradient", set, gradient[0][2], gradient[1][2], PEN_F32, ROWS * N, 1e-5);
  compare("layer_norm's gain", set, gradient[0][3], gradient[1][3], PEN_F32, N, 1e-5);
  compare("layer_norm's bias", set, gradient[0][4], gradient[1][4], PEN_F32, N, 1e-5);
  compare("rotary", set, out[0][2], out[1][2], dtype, ROWS * HEADS * H, rounding);
  for (int kind = PEN_SILU; kind <= PEN_GELU; kind++) {
    for (int i = 0; i < 2; i++) {
      sets[i]->activate(out[i][3], N, x, up, N, ROWS, N, dtype, (pen_activation)kind);
      sets[i]->activate_backward(out[i][5], N, out[i][4], out[i][2], N, d_out, N, x, up, N, ROWS, N,
                                 dtype, (pen_activation)kind);
    }
    compare("activate", set, out[0][3], out[1][3], dtype, ROWS * N, rounding);
    compare("activate's out again", set, out[0][5], out[0][3], dtype, ROWS * N, 0);
    compare("activate's d_gate", set, out[0][4], out[1][4], dtype, ROWS * N, rounding);
    compare("activate's d_up", set, out[0][2], out[1][2], dtype, ROWS * N, rounding);
  }
  for (int i = 0; i < 2; i++) {
    float *w = gradient[i][0], *m = gradient[i][1], *v = gradient[i][2];
    for (int j = 0; j < ROWS * N; j++) {
      w[j] = (float)(j % 13) - 6, m[j] = (float)(j % 7) * 1e-3f, v[j] = (float)(j % 5) * 1e-4f;
    }
    sets[i]->adamw(w, out[i][0], dtype, m, v, d_out, ROWS * N, 0.7f, 1e-3f, 0.9f, 0.999f, 1e-8f,
                   0.01f, 0.1f, 0.001f);
    sets[i]->convert(out[i][1], dtype, d_out, PEN_F32, 1.5f, ROWS * N);
    memcpy(gradient[i][5], d_out, ROWS * N * 4);
    sets[i]->add_scaled(gradient[i][5], x, dtype, 0.3f, ROWS * N);
    sets[i]->soft_cap(gradient[i][5], 1.5f, ROWS * N);
    sets[i]->transpose(out[i][3], ROWS, dtype, x, N, dtype, ROWS, N);
  }
  compare("adamw", set, gradient[0][0], gradient[1][0], PEN_F32, ROWS * N, 1e-6);
  compare("convert", set, out[0][1], out[1][1], dtype, ROWS * N, rounding);
  compare("soft_cap", set, gradient[0][5], gradient[1][5], PEN_F32, ROWS * N, 1e-6);
  compare("transpose", set, out[0][3], out[1][3], dtype, ROWS * N, 0);
  double ours = set->sum_squares(d_out, ROWS * N), twin = plain->sum_squares(d_out, ROWS * N);
  checks++;
  if (!(fabs(ours - twin) <= 1e-12 * twin)) {
    failures++;
    printf("%s: sum_squares %g, not %g\n", set->name, ours, twin);
  }
}

int main(void) {
  const pen_kernels *plain = pen_kernels_for(PEN_ISA_PLAIN);
  int sets = 0;
  for (int isa = PEN_ISA_PLAIN + 1; isa < PEN_ISA_COUNT; isa++) {
    const pen_kernels *set = pen_kernels_for((pen_isa)isa);
    if (set == NULL) continue;
    sets++;
    int before = checks, wrong = failures;
    for (int dtype = PEN_F32; dtype <= PEN_BF16; dtype++) {
      products(set, plain, (pen_dtype)dtype);
      attention(set, plain, (pen_dtype)dtype, 0, 0);
      attention(set, plain, (pen_dtype)dtype, 5, 9);
      head(set, plain, (pen_dtype)dtype, 0);
      head(set, plain, (pen_dtype)dtype, 3);
      rows(set, plain, (pen_dtype)dtype);
    }
    printf("%s: %d of %d comparisons hold\n", set->name,
           checks - before - (failures - wrong), checks - before);
  }
  if (sets == 0) printf("this processor has no variant to compare\n");
  return failures == 0 && sets > 0 ? 0 : 1;
}
