// NVIDIA's libraries as far as the engine uses them, run on the processor: for tests where there is no GPU.
#ifndef CUDA_EMULATOR_H
#define CUDA_EMULATOR_H

// The function of libcuda, libnvrtc or libcublasLt with this name; NULL for one that is not emulated.
void *emulated_symbol(const char *name);

#endif
