#define FLOAT32
#define EMULATED_MODULE "products -DFLOAT32"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/products.cu"
