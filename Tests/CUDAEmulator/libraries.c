// The functions of NVIDIA's libraries that the engine calls, with the processor's memory as the device's.
//
// "Compiling" looks up what was compiled with the tests: a module's binary is its name and its -D options. All is
// done at once, so that nothing is ever waited for.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "CUDAEmulator.h"
#include "fibers.h"

typedef int status;
typedef uint64_t device_pointer;

// ---- What was compiled -------------------------------------------------------------------------

enum { MOST_KERNELS = 1024 };
typedef struct {
  const char *module, *name;
  emulated_kernel kernel;
} registered;
static registered table[MOST_KERNELS];
static int table_count;

void emulated_register(const char *module, const char *name, emulated_kernel kernel) {
  if (table_count == MOST_KERNELS) abort();
  table[table_count++] = (registered){module, name, kernel};
}

typedef struct {
  char name[256];
} program;

static status nvrtc_version(int *major, int *minor) {
  *major = 13;
  *minor = 0;
  return 0;
}
static status nvrtc_create(program **out, const char *source, const char *name, int count,
                           const char *const *headers, const char *const *names) {
  (void)source, (void)count, (void)headers, (void)names;
  *out = calloc(1, sizeof **out);
  snprintf((*out)->name, sizeof (*out)->name, "%s", name);
  return 0;
}
static status nvrtc_compile(program *p, int count, const char *const *options) {
  for (int i = 0; i < count; i++) {
    if (strncmp(options[i], "-D", 2) != 0) continue;
    size_t used = strlen(p->name);
    snprintf(p->name + used, sizeof p->name - used, " %s", options[i]);
  }
  for (int i = 0; i < table_count; i++) {
    if (strcmp(table[i].module, p->name) == 0) return 0;
  }
  return 6;  // NVRTC_ERROR_COMPILATION
}
static status nvrtc_binary_size(program *p, size_t *size) {
  *size = strlen(p->name) + 1;
  return 0;
}
static status nvrtc_binary(program *p, char *binary) {
  strcpy(binary, p->name);
  return 0;
}
static status nvrtc_log_size(program *p, size_t *size) {
  *size = strlen(p->name) + 32;
  return 0;
}
static status nvrtc_log(program *p, char *log) {
  sprintf(log, "no module '%s'", p->name);
  return 0;
}
static status nvrtc_destroy(program **p) {
  free(*p);
  *p = NULL;
  return 0;
}

// ---- The driver --------------------------------------------------------------------------------

static status ok(void) { return 0; }
static status driver_version(int *version) { return *version = 13000, 0; }
static status device_count(int *count) { return *count = 1, 0; }
static status device_get(int *device, int ordinal) { return *device = ordinal, ordinal == 0 ? 0 : 101; }
static status device_name(char *name, int length, int device) {
  (void)device;
  snprintf(name, (size_t)length, "emulated GPU");
  return 0;
}
static status device_memory(size_t *bytes, int device) {
  (void)device;
  return *bytes = (size_t)8 << 30, 0;
}
static status device_attribute(int *value, int attribute, int device) {
  (void)device;
  switch (attribute) {
    case 16: *value = 4; break;        // multiprocessors
    case 75: *value = 9; break;        // compute capability
    case 76: *value = 0; break;
    case 97: *value = 227 << 10; break;  // shared memory of a block
    default: return 1;
  }
  return 0;
}
static status context_retain(void **context, int device) {
  (void)device;
  static int it;
  return *context = &it, 0;
}
static status memory_info(size_t *available, size_t *total) {
  return *available = *total = (size_t)8 << 30, 0;
}
static status memory_allocate(device_pointer *address, size_t bytes) {
  void *block = aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (block == NULL) return 2;
  memset(block, 0xff, bytes);
  return *address = (device_pointer)(uintptr_t)block, 0;
}
static void *host(device_pointer address) { return (void *)(uintptr_t)address; }
static status memory_free(device_pointer address) { return free(host(address)), 0; }
static status copy_in(device_pointer to, const void *from, size_t bytes, void *stream) {
  (void)stream;
  return memcpy(host(to), from, bytes), 0;
}
static status copy_out(void *to, device_pointer from, size_t bytes, void *stream) {
  (void)stream;
  return memcpy(to, host(from), bytes), 0;
}
static status copy_within(device_pointer to, device_pointer from, size_t bytes, void *stream) {
  (void)stream;
  return memmove(host(to), host(from), bytes), 0;
}
// CUDA_MEMCPY2D as sixteen words.
static status copy_rows(const uint64_t *job, void *stream) {
  (void)stream;
  enum { HOST = 1 };
  const char *from = (int)job[2] == HOST ? host(job[3]) : host(job[4]);
  char *to = (int)job[9] == HOST ? host(job[10]) : host(job[11]);
  for (uint64_t row = 0; row < job[15]; row++) {
    memcpy(to + row * job[13], from + row * job[6], job[14]);
  }
  return 0;
}
static status set_bytes(device_pointer address, unsigned char value, size_t count, void *stream) {
  (void)stream;
  return memset(host(address), value, count), 0;
}
static status set_rows(device_pointer address, size_t pitch, unsigned char value, size_t width,
                       size_t height, void *stream) {
  (void)stream;
  for (size_t row = 0; row < height; row++) memset((char *)host(address) + row * pitch, value, width);
  return 0;
}
static status stream_create(void **stream, unsigned flags) {
  (void)flags;
  static int it;
  return *stream = &it, 0;
}
static status module_load(void **module, const void *binary) {
  return *module = strdup(binary), 0;
}
static status module_unload(void *module) { return free(module), 0; }
static status module_function(registered **function, void *module, const char *name) {
  for (int i = 0; i < table_count; i++) {
    if (strcmp(table[i].module, module) == 0 && strcmp(table[i].name, name) == 0) {
      return *function = &table[i], 0;
    }
  }
  return 500;  // CUDA_ERROR_NOT_FOUND
}
static status launch(registered *function, unsigned x, unsigned y, unsigned z, unsigned threads,
                     unsigned threads_y, unsigned threads_z, unsigned shared_bytes, void *stream,
                     void **parameters, void **extra) {
  (void)stream, (void)extra;
  if (x == 0 || y == 0 || z == 0 || y > 65535 || z > 65535 || threads_y != 1 || threads_z != 1 ||
      threads > 1024 || shared_bytes > 227 << 10) {
    return 1;  // CUDA_ERROR_INVALID_VALUE
  }
  const int grid[3] = {(int)x, (int)y, (int)z};
  emulated_launch(function->kernel, parameters[0], grid, (int)threads, (int)shared_bytes);
  return 0;
}
static status error_text(status code, const char **text) {
  (void)code;
  return *text = "emulated error", 0;
}

// ---- Matrix products ---------------------------------------------------------------------------

enum { BF16 = 14, FLOAT32 = 0 };
typedef struct {
  int type;
  uint64_t rows, columns;
  int64_t leading;
} layout;
typedef struct {
  int transposes[2];
} product;

static size_t blas_version(void) { return 130000; }
static status blas_create(void **handle) {
  static int it;
  return *handle = &it, 0;
}
static status layout_create(layout **out, int type, uint64_t rows, uint64_t columns, int64_t leading) {
  *out = malloc(sizeof **out);
  **out = (layout){type, rows, columns, leading};
  return 0;
}
static status freed(void *it) { return free(it), 0; }
static status product_create(product **out, int compute, int scale) {
  (void)compute, (void)scale;
  return *out = calloc(1, sizeof **out), 0;
}
static status product_set(product *it, int attribute, const void *value, size_t size) {
  (void)size;
  if (attribute == 3 || attribute == 4) it->transposes[attribute - 3] = *(const int *)value;
  return 0;
}
static status preference_create(void **out) { return *out = malloc(1), 0; }
static status heuristic(void *handle, product *p, layout *a, layout *b, layout *c, layout *d,
                        void *preference, int wanted, void *results, int *found) {
  (void)handle, (void)p, (void)a, (void)b, (void)c, (void)d, (void)preference, (void)wanted;
  memset(results, 0, 96);
  return *found = 1, 0;
}
static float element(const void *data, int type, int64_t index) {
  return type == BF16 ? bits_float((unsigned)((const bf16 *)data)[index] << 16)
                      : ((const float *)data)[index];
}
static status multiply(void *handle, product *p, const float *alpha, const void *a, layout *la,
                       const void *b, layout *lb, const float *beta, const void *c, layout *lc, void *d,
                       layout *ld, const void *algorithm, void *workspace, size_t bytes, void *stream) {
  (void)handle, (void)algorithm, (void)workspace, (void)bytes, (void)stream;
  uint64_t depth = p->transposes[0] ? la->rows : la->columns;
  for (uint64_t column = 0; column < ld->columns; column++) {
    for (uint64_t row = 0; row < ld->rows; row++) {
      int64_t from_a = p->transposes[0] ? (int64_t)row * la->leading : (int64_t)row;
      int64_t step_a = p->transposes[0] ? 1 : la->leading;
      int64_t from_b = p->transposes[1] ? (int64_t)column : (int64_t)column * lb->leading;
      int64_t step_b = p->transposes[1] ? lb->leading : 1;
      float sum = 0;
      for (uint64_t k = 0; k < depth; k++) {
        sum += element(a, la->type, from_a + (int64_t)k * step_a) *
               element(b, lb->type, from_b + (int64_t)k * step_b);
      }
      sum *= *alpha;
      if (*beta != 0) {
        sum += *beta * element(c, lc->type, (int64_t)column * lc->leading + (int64_t)row);
      }
      int64_t at = (int64_t)column * ld->leading + (int64_t)row;
      if (ld->type == BF16) {
        ((bf16 *)d)[at] = emulated_bf16(sum);
      } else {
        ((float *)d)[at] = sum;
      }
    }
  }
  return 0;
}

// ---- By name -----------------------------------------------------------------------------------

void *emulated_symbol(const char *name) {
  static const struct {
    const char *name;
    void *function;
  } functions[] = {
      {"nvrtcVersion", nvrtc_version},
      {"nvrtcCreateProgram", nvrtc_create},
      {"nvrtcCompileProgram", nvrtc_compile},
      {"nvrtcGetCUBINSize", nvrtc_binary_size},
      {"nvrtcGetCUBIN", nvrtc_binary},
      {"nvrtcGetProgramLogSize", nvrtc_log_size},
      {"nvrtcGetProgramLog", nvrtc_log},
      {"nvrtcDestroyProgram", nvrtc_destroy},
      {"cuInit", ok},
      {"cuDriverGetVersion", driver_version},
      {"cuDeviceGetCount", device_count},
      {"cuDeviceGet", device_get},
      {"cuDeviceGetName", device_name},
      {"cuDeviceTotalMem_v2", device_memory},
      {"cuDeviceGetAttribute", device_attribute},
      {"cuDevicePrimaryCtxRetain", context_retain},
      {"cuDevicePrimaryCtxRelease_v2", ok},
      {"cuCtxSetCurrent", ok},
      {"cuMemGetInfo_v2", memory_info},
      {"cuMemAlloc_v2", memory_allocate},
      {"cuMemFree_v2", memory_free},
      {"cuMemcpyHtoDAsync_v2", copy_in},
      {"cuMemcpyDtoHAsync_v2", copy_out},
      {"cuMemcpyDtoDAsync_v2", copy_within},
      {"cuMemcpy2DAsync_v2", copy_rows},
      {"cuMemsetD8Async", set_bytes},
      {"cuMemsetD2D8Async", set_rows},
      {"cuStreamCreate", stream_create},
      {"cuStreamDestroy_v2", ok},
      {"cuStreamSynchronize", ok},
      {"cuModuleLoadData", module_load},
      {"cuModuleUnload", module_unload},
      {"cuModuleGetFunction", module_function},
      {"cuFuncSetAttribute", ok},
      {"cuLaunchKernel", launch},
      {"cuGetErrorName", error_text},
      {"cuGetErrorString", error_text},
      {"cublasLtGetVersion", blas_version},
      {"cublasLtCreate", blas_create},
      {"cublasLtDestroy", ok},
      {"cublasLtMatrixLayoutCreate", layout_create},
      {"cublasLtMatrixLayoutDestroy", freed},
      {"cublasLtMatmulDescCreate", product_create},
      {"cublasLtMatmulDescDestroy", freed},
      {"cublasLtMatmulDescSetAttribute", product_set},
      {"cublasLtMatmulPreferenceCreate", preference_create},
      {"cublasLtMatmulPreferenceDestroy", freed},
      {"cublasLtMatmulPreferenceSetAttribute", ok},
      {"cublasLtMatmulAlgoGetHeuristic", heuristic},
      {"cublasLtMatmul", multiply},
  };
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (strcmp(functions[i].name, name) == 0) return functions[i].function;
  }
  return NULL;
}
