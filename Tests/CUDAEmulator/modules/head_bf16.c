#define EMULATED_MODULE "head"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/head.cu"
