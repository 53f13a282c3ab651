// Embedded with #embed (C23), which compiles megabytes in a blink where an array literal takes minutes.
#include "CPenchantDemo.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char corpus[] = {
#embed "assets/corpus.jsonl"
};
static const unsigned char config[] = {
#embed "assets/config.json"
};
static const unsigned char tokenizer[] = {
#embed "assets/tokenizer.json"
};
static const unsigned char tokenizer_config[] = {
#embed "assets/tokenizer_config.json"
};
static const unsigned char weights[] = {
#embed "assets/model.safetensors"
};

static const struct {
  const char *name;
  const unsigned char *data;
  size_t bytes;
} files[] = {
    {"corpus.jsonl", corpus, sizeof corpus},
    {"config.json", config, sizeof config},
    {"tokenizer.json", tokenizer, sizeof tokenizer},
    {"tokenizer_config.json", tokenizer_config, sizeof tokenizer_config},
    {"model.safetensors", weights, sizeof weights},
};

const unsigned char *pen_demo_file(const char *name, size_t *bytes) {
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    if (strcmp(files[i].name, name) == 0) {
      *bytes = files[i].bytes;
      return files[i].data;
    }
  }
  *bytes = 0;
  return NULL;
}
