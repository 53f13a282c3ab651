// SIMD kernels behind one table of function pointers per instruction set.
//
// Kernels take pointers, counts and strides; they never allocate, start threads or do I/O. Strides count
// elements, not bytes. Matrices are row-major. bf16 values are stored as uint16_t (the upper half of a
// float32), rounded to nearest even.
//
// Arithmetic is the same for every row whatever its neighbours, its place in a tile or the number of
// rows in the call: results are bit-identical within one instruction set (invariant 2 of the design).
// The plain variant is written to be read; it is the twin that the others are tested against.
#ifndef CPENCHANT_KERNELS_H
#define CPENCHANT_KERNELS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum pen_dtype { PEN_F32 = 0, PEN_BF16 = 1 } pen_dtype;

// What a feed-forward block applies to its gate: x σ(x); the tanh form of GELU that GPT-2 and Gemma use
// (Hendrycks and Gimpel, arXiv 1606.08415); and x Φ(x) itself.
typedef enum pen_activation { PEN_SILU = 0, PEN_GELU_TANH = 1, PEN_GELU = 2 } pen_activation;

// Slowest first. A processor has some of them.
typedef enum pen_isa {
  PEN_ISA_PLAIN,
  PEN_ISA_AVX2,
  PEN_ISA_AVX512,
  PEN_ISA_AVX512BF16,
  PEN_ISA_NEON,
  PEN_ISA_NEONBF16,
  PEN_ISA_COUNT
} pen_isa;

// ---- Matrix product --------------------------------------------------------------------------------

// A right operand as it lies in memory: elements of the matrix dtype, or int8 with a scale for every
// PEN_GROUP neighbouring elements of a row. Element (i, j) of the latter is the bf16 nearest to
// data[i, j] · scales[i, j / PEN_GROUP]; products read nothing else of it, so int8 changes the weights
// once and the arithmetic not at all.
enum { PEN_GROUP = 64 };
typedef struct pen_matrix {
  const void *data;
  int64_t stride;
  const float *scales;   // NULL: data has the matrix dtype; otherwise it is int8 and the matrix dtype bf16
  int64_t scale_stride;
} pen_matrix;

// One term of a sum of products: left (rows × depth) times right (depth × columns), the right operand
// packed as a panel. A low-rank update is a second term: X·Wᵀ + (s·X·Aᵀ)·Bᵀ.
typedef struct pen_term {
  const void *left;      // rows × depth, matrix dtype
  int64_t left_stride;   // elements between rows
  const void *panel;     // made by pack_rows or pack_columns
  int64_t depth;
} pen_term;

// The same with the right operand as it lies in memory (columns × depth), for a few rows (decoding).
typedef struct pen_row_term {
  const void *left;      // rows × depth, matrix dtype
  int64_t left_stride;
  pen_matrix right;      // columns × depth: one output column is a dot product of two rows
  int64_t depth;
} pen_row_term;

// out = [out +] scale · Σ terms [+ bias]; accumulate needs a float32 out.
typedef struct pen_output {
  void *data;
  int64_t stride;
  pen_dtype dtype;
  bool accumulate;
  float scale;
  const void *bias;      // columns, or NULL
  pen_dtype bias_dtype;
} pen_output;

// ---- Attention over segments -----------------------------------------------------------------------

// Consecutive token rows whose first has this position. segments[0] is the shared prompt (its length may
// be 0); the rows of every other segment see all of the prompt and, causally, their own.
typedef struct pen_segment {
  int64_t start;
  int64_t length;
  int64_t position;
} pen_segment;

// One key-value head with the query heads that share it, over the segments of one example. Every pointer
// is that of token row 0 at this head's first element.
typedef struct pen_attention {
  pen_dtype dtype;          // of q, k, v, out, d_out
  int64_t head_dim;
  int64_t group;            // query heads for this kv head; head g lies at + g · head_dim
  float scale;
  float soft_cap;           // scores become cap · tanh(scale · q·k / cap); 0: they stay as they are
  int64_t window;           // a key is visible while query position − key position < window; 0: no limit
  const pen_segment *segments;
  int64_t segment_count;
  const void *q;            // (tokens, group × head_dim)
  int64_t q_stride;
  const void *k;            // (tokens, head_dim)
  const void *v;
  int64_t kv_stride;
  void *out;                // (tokens, group × head_dim); written by forward, read by backward
  int64_t out_stride;
  float *log_sum_exp;       // (tokens, group); log Σ exp score; written by forward, read by backward
  int64_t lse_stride;
  // Backward only; all three gradients are overwritten.
  const void *d_out;        // (tokens, group × head_dim), matrix dtype, stride of out
  float *d_q;               // (tokens, group × head_dim)
  int64_t d_q_stride;
  float *d_k;               // (tokens, head_dim)
  float *d_v;
  int64_t d_kv_stride;
} pen_attention;

// A run of cached keys and values of one kv head; all of it is visible (up to the window).
typedef struct pen_key_run {
  const void *k;            // (length, head_dim)
  const void *v;
  int64_t stride;
  int64_t length;
  int64_t position;         // of its first key
} pen_key_run;

// One query token against runs of cached keys, in order.
typedef struct pen_decode {
  pen_dtype dtype;
  int64_t head_dim;
  int64_t group;
  float scale;
  float soft_cap;           // as in pen_attention
  int64_t window;
  int64_t position;         // of the query
  const void *q;            // group × head_dim
  const pen_key_run *runs;
  int64_t run_count;
  void *out;                // group × head_dim, matrix dtype
} pen_decode;

// ---- The head: log-probabilities without logits -----------------------------------------------------

// Rows of hidden states against the vocabulary, streamed in chunks of fixed size.
//
// A logit is z = scale · h·W, or cap · tanh(z / cap) with a soft cap; its slope is dlogit/d(h·W): scale, or
// scale · (1 − tanh²).
typedef struct pen_head {
  pen_dtype dtype;
  int64_t rows;
  int64_t depth;                  // d
  int64_t vocabulary;             // V
  const void *hidden;             // (rows, d)
  int64_t hidden_stride;
  const void *weight;             // (V, d)
  int64_t weight_stride;
  float logit_scale;
  float soft_cap;                 // 0: none
  const int64_t *target_offsets;  // rows + 1: the targets of row i are offsets[i]..<offsets[i + 1]
  const int32_t *targets;         // token ids, each in 0..<V
  // Results.
  float *target_log_probs;        // one for each target: logit[y] − log Σ exp logit
  float *target_slopes;           // one for each target: the slope of logit[y]
  float *log_sum_exp;             // (rows)
  float *entropy;                 // (rows) −Σ p log p
  float *log_square_sum;          // (rows) log Σ p²
  float *mean_weight;             // (rows, d) Σ p · slope · W, or NULL when no gradient is wanted
} pen_head;

// ---- The table ---------------------------------------------------------------------------------------

typedef struct pen_kernels {
  pen_isa isa;
  const char *name;               // "plain", "avx2", "avx512", "avx512bf16", "neon", "neonbf16"

  // Columns of the right operand that one panel holds.
  int64_t panel_width;
  // Bytes of a panel of this depth, a multiple of 64. Panels must be 64-byte aligned.
  int64_t (*panel_bytes)(int64_t depth, pen_dtype dtype);
  // right[k][n] = source(n, k): the source's rows become columns (Y = X·Wᵀ with W as stored).
  void (*pack_rows)(void *panel, const pen_matrix *source, int64_t columns, int64_t depth,
                    pen_dtype dtype);
  // right[k][n] = source(k, first + n): the source as it lies (dX = dY·W with W as stored). `first` is a
  // multiple of panel_width.
  void (*pack_columns)(void *panel, const pen_matrix *source, int64_t first, int64_t columns,
                       int64_t depth, pen_dtype dtype);
  // columns ≤ panel_width; any number of rows. The terms are summed in order, each over its depth in order.
  void (*multiply)(const pen_term *terms, int64_t term_count, pen_dtype dtype, int64_t rows,
                   int64_t columns, const pen_output *out);
  // For few rows; each output is computed alike for any number of rows and columns.
  void (*multiply_rows)(const pen_row_term *terms, int64_t term_count, pen_dtype dtype, int64_t rows,
                        int64_t columns, const pen_output *out);
  // destination (columns × rows) = source (rows × columns) transposed, converted to the destination's dtype.
  void (*transpose)(void *destination, int64_t destination_stride, pen_dtype destination_dtype,
                    const void *source, int64_t source_stride, pen_dtype source_dtype, int64_t rows,
                    int64_t columns);

  int64_t (*attention_scratch)(const pen_attention *job, bool backward);  // bytes, 64-byte aligned
  void (*attention_forward)(const pen_attention *job, void *scratch);
  void (*attention_backward)(const pen_attention *job, void *scratch);
  int64_t (*decode_scratch)(const pen_decode *job);
  void (*attention_decode)(const pen_decode *job, void *scratch);

  // The vocabulary is packed once a call, so a call does best with many rows.
  int64_t (*head_scratch)(const pen_head *job);
  void (*head_forward)(const pen_head *job, void *scratch);
  // d_weight[v] += Σ_rows (Σ_{targets y of the row} c_y (1[v = y] − p_v)) · slope_v · hidden[row] for v in
  // begin..<end; c is ∂L/∂log p of each target, log_sum_exp and target_slopes come from head_forward. Any begin
  // and end give the same bits.
  int64_t (*head_weight_scratch)(const pen_head *job);
  void (*head_weight_backward)(const pen_head *job, const float *coefficients, int64_t begin,
                               int64_t end, float *d_weight, int64_t d_weight_stride,
                               void *scratch);

  // out = x · rsqrt(mean x² + epsilon) · (gain_offset + gain), row by row; statistics in float32 or wider. The
  // offset is 0, or 1 where a checkpoint stores gains as their distance from 1.
  void (*rms_norm)(void *out, int64_t out_stride, const void *x, int64_t x_stride, const void *gain,
                   float gain_offset, float epsilon, int64_t rows, int64_t columns, pen_dtype dtype);
  // d_x += the gradient of rms_norm; d_gain (columns), when not NULL, accumulates over the rows in order.
  void (*rms_norm_backward)(float *d_x, int64_t d_x_stride, float *d_gain, const float *d_out,
                            int64_t d_out_stride, const void *x, int64_t x_stride,
                            const void *gain, float gain_offset, float epsilon, int64_t rows,
                            int64_t columns, pen_dtype dtype);
  // out = (x − mean x) · rsqrt(var x + epsilon) · gain + bias, row by row; statistics in float32 or wider.
  void (*layer_norm)(void *out, int64_t out_stride, const void *x, int64_t x_stride,
                     const void *gain, const void *bias, float epsilon, int64_t rows,
                     int64_t columns, pen_dtype dtype);
  // d_x += the gradient of layer_norm; d_gain and d_bias (columns), both or neither NULL, accumulate over the
  // rows in order.
  void (*layer_norm_backward)(float *d_x, int64_t d_x_stride, float *d_gain, float *d_bias,
                              const float *d_out, int64_t d_out_stride, const void *x,
                              int64_t x_stride, const void *gain, float epsilon, int64_t rows,
                              int64_t columns, pen_dtype dtype);
  // Rotates pairs (x[i], x[i + half]) of each head by the row's angles, half = rotary_dim / 2; the rest of a
  // head is copied. angles holds, for each position, half cosines then half sines. direction is 1 (forward)
  // or −1 (the transpose, for gradients). In place when out == x. The dtypes of x and out may differ.
  void (*rotary)(void *out, int64_t out_stride, pen_dtype out_dtype, const void *x, int64_t x_stride,
                 pen_dtype x_dtype, const float *angles, const int32_t *positions, int64_t rows,
                 int64_t heads, int64_t head_dim, int64_t rotary_dim, float direction);
  // out = act(gate) · up, or act(gate) alone when up is NULL.
  void (*activate)(void *out, int64_t out_stride, const void *gate, const void *up,
                   int64_t gate_stride, int64_t rows, int64_t columns, pen_dtype dtype,
                   pen_activation activation);
  // Also computes out once more. d_up is NULL when up is.
  void (*activate_backward)(void *out, int64_t out_stride, void *d_gate, void *d_up,
                            int64_t d_gate_stride, const float *d_out, int64_t d_out_stride,
                            const void *gate, const void *up, int64_t gate_stride, int64_t rows,
                            int64_t columns, pen_dtype dtype, pen_activation activation);
  // x ← cap · tanh(x / cap)
  void (*soft_cap)(float *x, float cap, int64_t count);
  // out[row] = [out[row] +] scale · table[ids[row]], the product rounded to the table's dtype.
  void (*embed)(float *out, int64_t out_stride, const void *table, int64_t table_stride,
                const int32_t *ids, float scale, bool accumulate, int64_t rows, int64_t columns,
                pen_dtype dtype);
  // d_table[ids[row]] += scale · d_out[row], rows in order (two rows may have the same id).
  void (*embed_backward)(float *d_table, int64_t d_table_stride, const float *d_out,
                         int64_t d_out_stride, const int32_t *ids, float scale, int64_t rows,
                         int64_t columns);
  // destination = scale · source
  void (*convert)(void *destination, pen_dtype destination_dtype, const void *source,
                  pen_dtype source_dtype, float scale, int64_t count);
  // int8 from float32 or bf16, row by row: of each PEN_GROUP elements scale = max |x| / 127 and the nearest
  // whole number, ties to even, to x / scale. False if an element is not finite.
  bool (*quantise)(int8_t *data, int64_t stride, float *scales, int64_t scale_stride,
                   const void *source, int64_t source_stride, pen_dtype dtype, int64_t rows,
                   int64_t columns);
  // destination += scale · source
  void (*add_scaled)(float *destination, const void *source, pen_dtype source_dtype, float scale,
                     int64_t count);
  // Σ x² in double, in an order fixed by count.
  double (*sum_squares)(const float *x, int64_t count);
  // One AdamW step (Loshchilov and Hutter, arXiv 1711.05101, bias-corrected as in PyTorch): g is scaled by
  // gradient_scale first; working (matrix dtype), when not NULL, receives the new weights rounded.
  void (*adamw)(float *weights, void *working, pen_dtype working_dtype, float *m, float *v,
                const float *gradient, int64_t count, float gradient_scale, float learning_rate,
                float beta1, float beta2, float epsilon, float weight_decay, float correction1,
                float correction2);
} pen_kernels;

// The table for one instruction set; NULL when this build or this processor lacks it.
const pen_kernels *pen_kernels_for(pen_isa isa);
// The fastest instruction set this processor has.
pen_isa pen_best_isa(void);

#ifdef __cplusplus
}
#endif
#endif
