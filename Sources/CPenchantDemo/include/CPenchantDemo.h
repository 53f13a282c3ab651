// The demonstration's files, part of the program.
#ifndef CPENCHANT_DEMO_H
#define CPENCHANT_DEMO_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// The file of this name; NULL and 0 bytes where there is none.
const unsigned char *pen_demo_file(const char *name, size_t *bytes);

#ifdef __cplusplus
}
#endif
#endif
