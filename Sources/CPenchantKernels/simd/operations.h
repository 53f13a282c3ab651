// Everything a variant's table holds, and the table.
#include "multiply.h"
#include "multiply_rows.h"
#include "attention.h"
#include "attention_backward.h"
#include "decode.h"
#include "head.h"
#include "norm.h"
#include "elementwise.h"
#include "optimizer.h"
#include "quantise.h"

#define PEN_TABLE(ISA, NAME)                                                                       \
  {                                                                                                \
    .isa = ISA, .name = NAME, .panel_width = PANEL_WIDTH, PEN_TABLE_FUNCTIONS,                     \
  }
