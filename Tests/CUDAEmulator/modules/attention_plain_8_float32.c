#define FLOAT32
#define HEAD_DIM 8
#define EMULATED_MODULE "attention_plain -DFLOAT32 -DHEAD_DIM=8"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/work.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/cached.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/plain.cu"
