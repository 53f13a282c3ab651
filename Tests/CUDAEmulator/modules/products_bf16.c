#define EMULATED_MODULE "products"
#include "../machine_emulated.h"

#include "../../../Sources/CPenchantCUDA/kernels/numbers.cuh"
#include "../../../Sources/CPenchantCUDA/kernels/products.cu"
