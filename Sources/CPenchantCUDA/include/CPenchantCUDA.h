// The text of the kernels for NVIDIA GPUs, part of the program.
#ifndef CPENCHANT_CUDA_H
#define CPENCHANT_CUDA_H

#ifdef __cplusplus
extern "C" {
#endif

// The text of kernels/NAME.cu (or .cuh); NULL where there is none. A program is machine, numbers, then one other.
const char *pen_cuda_source(const char *name);

#ifdef __cplusplus
}
#endif
#endif
