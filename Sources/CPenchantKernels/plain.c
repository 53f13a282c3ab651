// The plain variant: the mathematics as it is written down, one scalar at a time. It is what the
// SIMD variants are tested against; where they round to the matrix dtype before a product, so does
// it.
#include "tables.h"

#include "plain/multiply.h"
#include "plain/elementwise.h"
#include "plain/norm.h"
#include "plain/attention.h"
#include "plain/head.h"
#include "plain/quantise.h"

const pen_kernels pen_kernels_plain = {
  .isa = PEN_ISA_PLAIN,
  .name = "plain",
  .panel_width = PANEL_WIDTH,
  PEN_TABLE_FUNCTIONS,
};
