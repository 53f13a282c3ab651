// Attention over segments: what the kernels are given, and who sees whom.
//
//   S = cap(scale · Q Kᵀ) (masked)    P = softmax(S)    O = P V    L = log Σ exp S
//   D = Σ dO ∘ O    dP = dO Vᵀ    dS = P ∘ (dP − D) · cap′ · scale
//   dV = Pᵀ dO      dQ = dS K     dK = dSᵀ Q
//
// S and P never reach memory: a block keeps a tile of queries (or keys) and streams tiles of the
// other side past it (Dao et al., FlashAttention, arXiv 2205.14135, algorithms 1 and 4, with the
// order of loops and the work split of FlashAttention-2, arXiv 2307.08691). What differs from them:
// nothing is added to by two blocks. The backward pass computes S once for dK and dV and once more
// for dQ, so that every gradient is one block's sum in one order, without atomics.
//
// Tiles are counted from the start of each segment and never cross its end. What a row gets is
// decided by its prompt and its own segment alone, down to the bits, whatever lies beside them.
//
// Two lists of ints come from the host, both at addresses that are multiples of 16:
//
//   segments  4 ints each: start (token row), length, position of the first row, 0. The segments of
//             a group follow one another, first the one that all of them see.
//   tiles     4 ints each: segment; offset in it, a multiple of TILE less than its length; seen,
//             the group's first segment, or −1 where that is this one; readers, how many segments
//             from this one on see its keys (the size of the group for its first segment, else 1).
//             Every multiple of TILE is there once; their order decides only who comes first: one
//             tile for all heads, then the next, so that what comes last has the least to do.
//
// Each 16 bytes of a row, and each 8 of a gradient's, are at addresses that are multiples of 16 and
// 8: the host sees to it, or takes the kernels without tensor cores. HEAD_DIM comes from the
// compiler's command line.

enum {
  TILE = 64,      // rows that a block keeps
  THREADS = 128,  // of a block
  WARPS = THREADS / 32,
};

typedef struct {
  element *out;                 // (rows, heads × HEAD_DIM)
  long long out_stride;
  float *log_sum_exp;           // (rows, heads) natural logarithms
  long long log_sum_exp_stride;
  const element *q;             // (rows, heads × HEAD_DIM)
  long long q_stride;
  const element *k, *v;         // (rows, heads / group × HEAD_DIM)
  long long kv_stride;
  const int *segments, *tiles;
  long long heads, group;       // query heads, and how many of them share a key-value head
  double scale, soft_cap;       // a cap of 0 is none
  long long window;             // a key is seen while query − key position < window; 0: no limit
} attention_forward_arguments;

typedef struct {
  float *deltas;                // (rows, heads) D
  const element *out, *d_out;   // (rows, heads × HEAD_DIM)
  long long out_stride;
  long long heads;
} attention_deltas_arguments;

typedef struct {
  float *d_q;                   // (rows, heads × HEAD_DIM)
  long long d_q_stride;
  float *d_k, *d_v;             // (rows, heads / group × HEAD_DIM)
  long long d_kv_stride;
  const element *d_out;         // as q
  long long d_out_stride;
  const element *q;             // this and all below as forward
  long long q_stride;
  const element *k, *v;
  long long kv_stride;
  const float *log_sum_exp;
  long long log_sum_exp_stride;
  const float *deltas;          // (rows, heads), heads apart
  long long heads;
  const int *segments;
  const int *query_tiles, *key_tiles;  // two orders of the same tiles
  long long tile_count;
  long long group;
  double scale, soft_cap;
  long long window;
} attention_backward_arguments;

static DEVICE int smaller(int a, int b) { return a < b ? a : b; }
static DEVICE int larger(int a, int b) { return a > b ? a : b; }
static DEVICE int tiles_in(int rows, int width) { return (rows + width - 1) / width; }

typedef struct {
  int start, length, position;
} segment;

typedef struct {
  int index, offset, seen, readers;
  segment own;
} tile;

static DEVICE segment segment_at(const int *segments, int index) {
  vector16 four = ((const vector16 *)segments)[index];
  segment s = {(int)four.x, (int)four.y, (int)four.z};
  return s;
}

static DEVICE tile tile_at(const int *segments, const int *tiles, int index) {
  vector16 four = ((const vector16 *)tiles)[index];
  tile t = {(int)four.x, (int)four.y, (int)four.z, (int)four.w, segment_at(segments, (int)four.x)};
  return t;
}

// What a block is given to do.
typedef struct {
  int tile;       // its number in the list
  int key_value;  // one of the key-value heads
  int head;       // the first of its query heads
} place;

// All blocks of a tile come first, then those of the next. Each has `together` of the query
// heads that share a key-value head; where they do not divide their number, the last two blocks
// overlap and write the same.
static DEVICE place place_of(int block, long long heads, long long group, int together) {
  const int turns = tiles_in((int)group, together);
  const int blocks = (int)heads / (int)group * turns;
  const int key_value = block % blocks / turns;
  const int within = smaller(block % turns * together, (int)group - together);
  place p = {block / blocks, key_value, key_value * (int)group + within};
  return p;
}

// Numbers within a step: begin ..< end, of which some may lie outside of it.
typedef struct {
  int begin, end;
} interval;

// ---- The keys that queries see ------------------------------------------------------------------

// The steps of a run of queries: tiles of `width` keys, of the group's first segment and then of
// their own, less those that the window hides from every row.
typedef struct {
  segment seen, own;
  int lead;                               // the own segment's position less the other's
  int seen_first, seen_count, own_first;  // in tiles
  int count;                              // of all steps
  int width;
} key_steps;

// Keys begin ..< begin + width of a segment. Its position is `lead` less than the queries' own.
typedef struct {
  int start, length, lead;
  int begin, is_own;
} key_step;

// For queries first ..< first + rows of the tile's segment.
static DEVICE key_steps steps_of_queries(const int *segments, const tile *t, int first, int rows,
                                         int width, int window) {
  segment none = {0, 0, 0};
  key_steps s;
  s.own = t->own;
  s.seen = t->seen < 0 ? none : segment_at(segments, t->seen);
  s.width = width;
  s.lead = s.own.position - s.seen.position;
  // The first row sees furthest back.
  int least_seen = window > 0 ? larger(s.lead + first - window + 1, 0) : 0;
  int least_own = window > 0 ? larger(first - window + 1, 0) : 0;
  s.seen_first = least_seen / width;
  s.seen_count = larger(tiles_in(s.seen.length, width) - s.seen_first, 0);
  s.own_first = least_own / width;
  int end = tiles_in(smaller(first + rows, s.own.length), width);
  s.count = s.seen_count + end - s.own_first;
  return s;
}

static DEVICE key_step key_step_at(const key_steps *s, int index) {
  key_step step;
  step.is_own = index >= s->seen_count;
  step.start = step.is_own ? s->own.start : s->seen.start;
  step.length = step.is_own ? s->own.length : s->seen.length;
  step.lead = step.is_own ? 0 : s->lead;
  step.begin = (step.is_own ? s->own_first + index - s->seen_count : s->seen_first + index) *
               s->width;
  return step;
}

// The keys of a step that query `row` of the own segment sees.
static DEVICE interval visible_keys(const key_step *step, int row, int window) {
  int end = step->is_own ? smaller(row + 1, step->length) : step->length;
  int begin = window > 0 ? step->lead + row - window + 1 : 0;
  interval visible = {begin - step->begin, end - step->begin};
  return visible;
}

// ---- The queries that see keys ------------------------------------------------------------------

// Queries begin ..< begin + width of one head and of one segment that reads the keys.
typedef struct {
  segment queries;
  int reader;      // counted from the keys' own segment
  int begin, end;  // the reader's queries from `begin` up to `end` are still to come
  int head;        // within the group
} query_step;

// Before the first step.
static DEVICE query_step before_queries(int group) {
  segment none = {0, 0, 0};
  query_step s = {none, -1, 0, 0, group - 1};
  return s;
}

// The queries of a step that see key `key` of a segment.
static DEVICE interval visible_queries(const segment *keys, int key, const query_step *step,
                                       int window) {
  int begin = step->reader == 0 ? key : 0;
  int end = step->queries.length;
  if (window > 0) end = smaller(end, window + keys->position + key - step->queries.position);
  interval visible = {begin - step->begin, end - step->begin};
  return visible;
}

// Moves to the next step of keys first ..< first + count of the tile's segment: head by head, then
// on by `width` queries, then to the next reader; 0 after the last.
static DEVICE int next_query_step(query_step *s, const int *segments, const tile *t, int first,
                                  int count, int group, int width, int window) {
  if (++s->head < group) return 1;
  s->head = 0;
  s->begin += width;
  while (s->begin >= s->end) {
    if (++s->reader >= t->readers) return 0;
    s->queries = segment_at(segments, t->index + s->reader);
    s->begin = 0;
    // The last key is seen longest, the first from the start.
    int last = smaller(first + count, t->own.length) - 1;
    s->end = visible_queries(&t->own, last, s, window).end;
    if (s->reader == 0) s->begin = first / width * width;
  }
  return 1;
}

// ---- Scores -------------------------------------------------------------------------------------

#define LOG2_E 1.44269504f
#define LN_2 0.693147181f

// A score is q·k, or with a soft cap cap · tanh(inner · q·k); times `unit` it is an exponent of 2.
typedef struct {
  float unit, soft_cap, inner;
} score_rule;

static DEVICE score_rule score_rule_of(double scale, double soft_cap) {
  score_rule rule;
  rule.soft_cap = (float)soft_cap;
  rule.unit = soft_cap > 0 ? LOG2_E : LOG2_E * (float)scale;
  rule.inner = soft_cap > 0 ? (float)scale / (float)soft_cap : 0;
  return rule;
}
