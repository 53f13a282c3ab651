#ifndef FIBERS_H
#define FIBERS_H

#include "machine_emulated.h"

// Runs every block of a grid, one after the other; one launch at a time in the process.
void emulated_launch(emulated_kernel kernel, const void *arguments, const int grid[3], int threads,
                     int shared_bytes);

#endif
