#define HEAD_DIM 80
#define HEADS 2
#define STREAM 64
#define EMULATED_MODULE "attention -DHEAD_DIM=80 -DHEADS=2 -DSTREAM=64"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/work.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/tiles.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/forward.cu"
#include "../../../Sources/CPenchantCUDA/kernels/attention/backward.cu"
#include "../../../Sources/CPenchantCUDA/kernels/attention/cached.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/attention/decode.cu"
