// The labelling studio's pages, part of the program.
#ifndef CPENCHANT_STUDIO_H
#define CPENCHANT_STUDIO_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// The file of this name; NULL and 0 bytes where there is none.
const unsigned char *pen_studio_file(const char *name, size_t *bytes);

// The name of file number `index` in the table; NULL behind the last.
const char *pen_studio_file_name(size_t index);

#ifdef __cplusplus
}
#endif
#endif
