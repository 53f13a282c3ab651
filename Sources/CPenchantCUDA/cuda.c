// The kernels' text, embedded with #embed (C23): it is compiled on the machine that has the GPU, for that GPU.
#include "CPenchantCUDA.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char machine[] = {
#embed "kernels/machine.cuh"
    , 0};
static const char numbers[] = {
#embed "kernels/numbers.cuh"
    , 0};
static const char attention[] = {
#embed "kernels/attention/work.cuh"
    ,
#embed "kernels/attention/tiles.cuh"
    ,
#embed "kernels/attention/forward.cu"
    ,
#embed "kernels/attention/backward.cu"
    ,
#embed "kernels/attention/cached.cuh"
    ,
#embed "kernels/attention/decode.cu"
    , 0};
static const char attention_plain[] = {
#embed "kernels/attention/work.cuh"
    ,
#embed "kernels/attention/cached.cuh"
    ,
#embed "kernels/attention/plain.cu"
    , 0};
static const char activations[] = {
#embed "kernels/pieces.cuh"
    ,
#embed "kernels/activations.cu"
    , 0};
static const char head[] = {
#embed "kernels/head.cu"
    , 0};
static const char narrow[] = {
#embed "kernels/narrow.cu"
    , 0};
static const char norms[] = {
#embed "kernels/pieces.cuh"
    ,
#embed "kernels/norms.cu"
    , 0};
static const char optimizer[] = {
#embed "kernels/optimizer.cu"
    , 0};
static const char products[] = {
#embed "kernels/products.cu"
    , 0};
static const char rows[] = {
#embed "kernels/pieces.cuh"
    ,
#embed "kernels/rows.cu"
    , 0};

const char *pen_cuda_source(const char *name) {
  static const struct {
    const char *name, *text;
  } table[] = {
      {"machine", machine},         {"numbers", numbers},
      {"activations", activations}, {"attention", attention},
      {"head", head},               {"attention_plain", attention_plain},
      {"narrow", narrow},           {"norms", norms},
      {"optimizer", optimizer},     {"products", products},
      {"rows", rows},
  };
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    if (strcmp(table[i].name, name) == 0) return table[i].text;
  }
  return NULL;
}
