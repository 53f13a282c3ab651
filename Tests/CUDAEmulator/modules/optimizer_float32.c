#define FLOAT32
#define EMULATED_MODULE "optimizer -DFLOAT32"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/optimizer.cu"
