// kernels/machine.cuh for the processor: each CUDA thread is a fiber, each block runs after the other, and what
// the lanes of a warp do together happens when the last of them has come.
#ifndef MACHINE_EMULATED_H
#define MACHINE_EMULATED_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef unsigned short bf16;
typedef struct { _Alignas(16) unsigned x; unsigned y, z, w; } vector16;
typedef struct { _Alignas(8) unsigned x; unsigned y; } vector8;

typedef void (*emulated_kernel)(const void *arguments);
void emulated_register(const char *module, const char *name, emulated_kernel kernel);

#define KERNEL(name)                                                             \
  static void name##_body(const name##_arguments a);                             \
  static void name##_call(const void *arguments) {                               \
    name##_body(*(const name##_arguments *)arguments);                           \
  }                                                                              \
  __attribute__((constructor)) static void name##_register(void) {               \
    emulated_register(EMULATED_MODULE, "pen_" #name, name##_call);                      \
  }                                                                              \
  static void name##_body(const name##_arguments a)
#define KERNEL_BOUNDS(threads, blocks, name) KERNEL(name)
#define DEVICE inline
// Blocks run one after the other, under a lock: a static array is the block's own.
#define SHARED static
#define DYNAMIC_SHARED(name) unsigned char *const name = emulated_shared()
#define UNROLL

#define INFINITE INFINITY

int emulated_thread(void);
int emulated_block(int axis);
int emulated_threads(void);
unsigned char *emulated_shared(void);
void emulated_block_barrier(void);
void emulated_warp_barrier(void);
uint64_t emulated_warp_xor(uint64_t value, int mask);
void emulated_load_matrix(unsigned *r, const void *row, bool transposed);
void emulated_copy(void *shared, const void *global, int valid);
void emulated_copy_commit(void);
void emulated_copy_wait(int groups);
void emulated_multiply(float *d, const unsigned *a, const unsigned *b);

static inline int thread_index(void) { return emulated_thread(); }
static inline int block_threads(void) { return emulated_threads(); }
static inline int block_index_x(void) { return emulated_block(0); }
static inline int block_index_y(void) { return emulated_block(1); }
static inline int block_index_z(void) { return emulated_block(2); }
static inline void block_barrier(void) { emulated_block_barrier(); }
static inline void warp_barrier(void) { emulated_warp_barrier(); }

static inline unsigned float_bits(float x) {
  unsigned bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
static inline float bits_float(unsigned bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static inline float warp_xor_float(float value, int mask) {
  return bits_float((unsigned)emulated_warp_xor(float_bits(value), mask));
}
static inline double warp_xor_double(double value, int mask) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  bits = emulated_warp_xor(bits, mask);
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline float exp2_fast(float x) { return exp2f(x); }
static inline float exp_accurate(float x) { return expf(x); }
static inline float log_accurate(float x) { return logf(x); }
static inline float tanh_accurate(float x) { return tanhf(x); }

static inline bf16 emulated_bf16(float x) {
  unsigned bits = float_bits(x);
  if ((bits & 0x7fffffff) > 0x7f800000) return 0x7fff;
  return (bf16)((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}
static inline unsigned pack_bf16(float low, float high) {
  return emulated_bf16(low) | (unsigned)emulated_bf16(high) << 16;
}

static inline void load_matrix_4(unsigned *r, const void *row) {
  emulated_load_matrix(r, row, false);
}
static inline void load_matrix_4_transposed(unsigned *r, const void *row) {
  emulated_load_matrix(r, row, true);
}
static inline void multiply_bf16(float *d, const unsigned *a, const unsigned *b) {
  emulated_multiply(d, a, b);
}

static inline void copy_async_16(void *shared, const void *global, int valid) {
  emulated_copy(shared, global, valid);
}
static inline void copy_async_commit(void) { emulated_copy_commit(); }
#define copy_async_wait(groups) emulated_copy_wait(groups)

#endif
