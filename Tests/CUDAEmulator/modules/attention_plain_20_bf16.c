#define HEAD_DIM 20
#define EMULATED_MODULE "attention_plain -DHEAD_DIM=20"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/work.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/cached.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/plain.cu"
