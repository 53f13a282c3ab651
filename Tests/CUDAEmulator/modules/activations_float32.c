#define FLOAT32
#define EMULATED_MODULE "activations -DFLOAT32"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/pieces.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/activations.cu"
