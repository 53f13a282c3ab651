// What a GPU gives its threads, under the names the kernels use. NVRTC reads this; the emulator has its own.
//
// The kernels keep to what CUDA C++ and C have in common, so that the same text runs in both.

// A kernel takes one structure, `name_arguments a`, of 8-byte fields: pointers, long long and double. The
// host fills it, and it says in one place what a kernel wants.
#define KERNEL(name) extern "C" __global__ void pen_##name(const name##_arguments a)
// At most so many threads a block, and so many blocks that share a multiprocessor at least.
#define KERNEL_BOUNDS(threads, blocks, name) \
  extern "C" __global__ void __launch_bounds__(threads, blocks) \
      pen_##name(const name##_arguments a)
#define DEVICE __device__ __forceinline__
#define SHARED __shared__
#define DYNAMIC_SHARED(name) extern __shared__ __align__(128) unsigned char name[]
#define UNROLL _Pragma("unroll")

typedef unsigned short bf16;
typedef struct __align__(16) { unsigned x, y, z, w; } vector16;
typedef struct __align__(8) { unsigned x, y; } vector8;

#define INFINITE __int_as_float(0x7f800000)

static DEVICE int thread_index(void) { return (int)threadIdx.x; }
static DEVICE int block_threads(void) { return (int)blockDim.x; }
static DEVICE int block_index_x(void) { return (int)blockIdx.x; }
static DEVICE int block_index_y(void) { return (int)blockIdx.y; }
static DEVICE int block_index_z(void) { return (int)blockIdx.z; }

static DEVICE void block_barrier(void) { __syncthreads(); }
static DEVICE void warp_barrier(void) { __syncwarp(); }

// The value of the lane whose number differs in the bits of `mask`. All 32 lanes call it.
static DEVICE float warp_xor_float(float value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}
static DEVICE double warp_xor_double(double value, int mask) {
  return __shfl_xor_sync(0xffffffffu, value, mask);
}

// 2^x, to two units in the last place; 0 at −∞.
static DEVICE float exp2_fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}
static DEVICE float exp_accurate(float x) { return expf(x); }
static DEVICE float log_accurate(float x) { return logf(x); }
static DEVICE float tanh_accurate(float x) { return tanhf(x); }

static DEVICE unsigned float_bits(float x) { return __float_as_uint(x); }
static DEVICE float bits_float(unsigned x) { return __uint_as_float(x); }

// Two floats rounded to bf16, to nearest even; `high` becomes the upper half.
static DEVICE unsigned pack_bf16(float low, float high) {
  unsigned packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
}

static DEVICE unsigned shared_address(const void *pointer) {
  return (unsigned)__cvta_generic_to_shared(pointer);
}

// Four 8×8 matrices of 16-bit elements; lanes 8i … 8i + 7 give the rows of matrix i, 16 bytes each.
static DEVICE void load_matrix_4(unsigned *r, const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row)) : "memory");
}
static DEVICE void load_matrix_4_transposed(unsigned *r, const void *row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared_address(row)) : "memory");
}

// d (16×8, float32) += a (16×16, bf16) · b (16×8, bf16), spread over the warp as PTX's m16n8k16 has it.
static DEVICE void multiply_bf16(float *d, const unsigned *a, const unsigned *b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// 16 bytes from device to shared memory, in the background; zeros when not `valid`.
static DEVICE void copy_async_16(void *shared, const void *global, int valid) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)),
               "l"(global), "r"(valid ? 16 : 0) : "memory");
}
static DEVICE void copy_async_commit(void) { asm volatile("cp.async.commit_group;" ::: "memory"); }
// Waits until at most `groups` (a literal) of this thread's groups are still on their way.
#define copy_async_wait(groups) asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory")
