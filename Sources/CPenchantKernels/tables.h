// The tables that this build contains.
#ifndef PEN_TABLES_H
#define PEN_TABLES_H

#include "CPenchantKernels.h"

// What the SIMD files compile to is decided here once: elsewhere than on their processor they are empty.
#if defined(__x86_64__)
#define PEN_X86 1
#else
#define PEN_X86 0
#endif
// Advanced SIMD with 128-bit vectors is part of every 64-bit Arm processor.
#if defined(__aarch64__)
#define PEN_ARM 1
#else
#define PEN_ARM 0
#endif

extern const pen_kernels pen_kernels_plain;
#if PEN_X86
extern const pen_kernels pen_kernels_avx2;
extern const pen_kernels pen_kernels_avx512;
extern const pen_kernels pen_kernels_avx512bf16;
#endif
#if PEN_ARM
extern const pen_kernels pen_kernels_neon;
extern const pen_kernels pen_kernels_neonbf16;
#endif

// The initialiser every instruction set ends with: its functions have the names of the table's
// members.
#define PEN_TABLE_FUNCTIONS                                                                        \
  .panel_bytes = panel_bytes, .pack_rows = pack_rows, .pack_columns = pack_columns,                \
  .multiply = multiply, .multiply_rows = multiply_rows, .transpose = transpose,                    \
  .attention_scratch = attention_scratch, .attention_forward = attention_forward,                  \
  .attention_backward = attention_backward, .decode_scratch = decode_scratch,                      \
  .attention_decode = attention_decode, .head_scratch = head_scratch,                              \
  .head_forward = head_forward, .head_weight_scratch = head_weight_scratch,                        \
  .head_weight_backward = head_weight_backward, .rms_norm = rms_norm,                              \
  .rms_norm_backward = rms_norm_backward, .layer_norm = layer_norm,                                \
  .layer_norm_backward = layer_norm_backward, .rotary = rotary, .activate = activate,              \
  .activate_backward = activate_backward, .soft_cap = soft_cap, .embed = embed,                    \
  .embed_backward = embed_backward, .convert = convert, .quantise = quantise,                       \
  .add_scaled = add_scaled, .sum_squares = sum_squares, .adamw = adamw

#endif
