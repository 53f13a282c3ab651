#define EMULATED_MODULE "norms"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/pieces.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/norms.cu"
