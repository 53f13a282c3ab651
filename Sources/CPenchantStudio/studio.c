// Embedded with #embed (C23), like the demonstration's files: the pages need nothing beside the program.
#include "CPenchantStudio.h"

#include <string.h>

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char api_js[] = {
#embed "assets/api.js"
};
static const unsigned char board_js[] = {
#embed "assets/board.js"
};
static const unsigned char charts_js[] = {
#embed "assets/charts.js"
};
static const unsigned char delivery_js[] = {
#embed "assets/delivery.js"
};
static const unsigned char dom_js[] = {
#embed "assets/dom.js"
};
static const unsigned char draft_js[] = {
#embed "assets/draft.js"
};
static const unsigned char guidelines_js[] = {
#embed "assets/guidelines.js"
};
static const unsigned char icon_svg[] = {
#embed "assets/icon.svg"
};
static const unsigned char judge_html[] = {
#embed "assets/judge.html"
};
static const unsigned char judge_js[] = {
#embed "assets/judge.js"
};
static const unsigned char keep_js[] = {
#embed "assets/keep.js"
};
static const unsigned char keys_js[] = {
#embed "assets/keys.js"
};
static const unsigned char link_unknown_html[] = {
#embed "assets/link-unknown.html"
};
static const unsigned char link_used_html[] = {
#embed "assets/link-used.html"
};
static const unsigned char markdown_blocks_js[] = {
#embed "assets/markdown-blocks.js"
};
static const unsigned char markdown_inline_js[] = {
#embed "assets/markdown-inline.js"
};
static const unsigned char markdown_view_js[] = {
#embed "assets/markdown-view.js"
};
static const unsigned char order_js[] = {
#embed "assets/order.js"
};
static const unsigned char outbox_js[] = {
#embed "assets/outbox.js"
};
static const unsigned char results_html[] = {
#embed "assets/results.html"
};
static const unsigned char results_js[] = {
#embed "assets/results.js"
};
static const unsigned char screens_js[] = {
#embed "assets/screens.js"
};
static const unsigned char stopwatch_js[] = {
#embed "assets/stopwatch.js"
};
static const unsigned char studio_css[] = {
#embed "assets/studio.css"
};
static const unsigned char task_view_js[] = {
#embed "assets/task-view.js"
};
static const unsigned char verdicts_js[] = {
#embed "assets/verdicts.js"
};

static const struct {
  const char *name;
  const unsigned char *data;
  size_t bytes;
} files[] = {
    {"api.js", api_js, sizeof api_js},
    {"board.js", board_js, sizeof board_js},
    {"charts.js", charts_js, sizeof charts_js},
    {"delivery.js", delivery_js, sizeof delivery_js},
    {"dom.js", dom_js, sizeof dom_js},
    {"draft.js", draft_js, sizeof draft_js},
    {"guidelines.js", guidelines_js, sizeof guidelines_js},
    {"icon.svg", icon_svg, sizeof icon_svg},
    {"judge.html", judge_html, sizeof judge_html},
    {"judge.js", judge_js, sizeof judge_js},
    {"keep.js", keep_js, sizeof keep_js},
    {"keys.js", keys_js, sizeof keys_js},
    {"link-unknown.html", link_unknown_html, sizeof link_unknown_html},
    {"link-used.html", link_used_html, sizeof link_used_html},
    {"markdown-blocks.js", markdown_blocks_js, sizeof markdown_blocks_js},
    {"markdown-inline.js", markdown_inline_js, sizeof markdown_inline_js},
    {"markdown-view.js", markdown_view_js, sizeof markdown_view_js},
    {"order.js", order_js, sizeof order_js},
    {"outbox.js", outbox_js, sizeof outbox_js},
    {"results.html", results_html, sizeof results_html},
    {"results.js", results_js, sizeof results_js},
    {"screens.js", screens_js, sizeof screens_js},
    {"stopwatch.js", stopwatch_js, sizeof stopwatch_js},
    {"studio.css", studio_css, sizeof studio_css},
    {"task-view.js", task_view_js, sizeof task_view_js},
    {"verdicts.js", verdicts_js, sizeof verdicts_js},
};

static const size_t count = sizeof files / sizeof files[0];

const unsigned char *pen_studio_file(const char *name, size_t *bytes) {
  for (size_t i = 0; i < count; i++) {
    if (strcmp(files[i].name, name) == 0) {
      *bytes = files[i].bytes;
      return files[i].data;
    }
  }
  *bytes = 0;
  return NULL;
}

const char *pen_studio_file_name(size_t index) { return index < count ? files[index].name : NULL; }
