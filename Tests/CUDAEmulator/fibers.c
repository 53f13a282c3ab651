// Runs the threads of one block as fibers, in turns, and what they do together.
//
// A fiber runs until it must wait for others. Everything that a warp does at once (shuffles, matrix loads and
// products) is done by the lane that comes last, for all, so that no lane sees what another wrote afterwards:
// a kernel that needs a barrier and has none gives wrong results here too, in one order at least.
#include "fibers.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "machine_emulated.h"

enum { LANES = 32, MOST_THREADS = 1024, STACK = 64 << 10 };

typedef enum { NOTHING, SHUFFLE, LOAD, LOAD_TRANSPOSED, MULTIPLY, WARP_BARRIER } together;

// What the lanes of a warp have brought, and what becomes of it; two of each, for a fast lane may bring the next.
typedef struct {
  unsigned long turn;
  int arrived;
  together what;
  uint64_t value[2][LANES];
  const void *row[LANES];
  unsigned in[LANES][6];
  float sums[LANES][4];
  unsigned out[2][LANES][4];
  float products[2][LANES][4];
} warp_state;

typedef struct {
  jmp_buf place;
  ucontext_t start;
  unsigned char *stack;  // NULL before it first runs
  bool ended;
  // Waits while *turn == seen; NULL for a fiber that can run.
  const unsigned long *turn;
  unsigned long seen;
} fiber;

// A thread's copies on their way to shared memory, of the group that is being filled or of one before it.
enum { MOST_COPIES = 256 };
typedef struct {
  struct {
    void *shared;
    const void *global;
    int valid, group;
  } copies[MOST_COPIES];
  int count, group, turn;
} background;

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
static fiber fibers[MOST_THREADS];
static warp_state warps[MOST_THREADS / LANES];
static background backgrounds[MOST_THREADS];
static jmp_buf scheduler;
static int current, thread_count, alive, at_barrier;
static unsigned long barrier_turn;
static int block[3];
static unsigned char *shared_memory;
static long shared_size;
static emulated_kernel running;
static const void *running_arguments;

int emulated_thread(void) { return current; }
int emulated_block(int axis) { return block[axis]; }
int emulated_threads(void) { return thread_count; }
unsigned char *emulated_shared(void) { return shared_memory; }

static void fail(const char *what) {
  fprintf(stderr, "CUDA emulator: thread %d of block (%d, %d, %d): %s\n", current, block[0], block[1],
          block[2], what);
  abort();
}

// A fiber's life: a thread of one block after the other, for starting one anew takes longer than most kernels.
static void live(void) {
  for (;;) {
    running(running_arguments);
    if (backgrounds[current].count > 0) fail("copies that nobody waits for");
    fibers[current].ended = true;
    if (_setjmp(fibers[current].place) == 0) _longjmp(scheduler, 1);
  }
}

static void wait_for(const unsigned long *turn) {
  fiber *self = &fibers[current];
  self->turn = turn;
  self->seen = *turn;
  if (_setjmp(self->place) == 0) _longjmp(scheduler, 1);
}

static void resume(int index) {
  current = index;
  fiber *next = &fibers[index];
  next->turn = NULL;
  if (_setjmp(scheduler) != 0) return;
  if (next->stack != NULL) _longjmp(next->place, 1);
  next->stack = malloc(STACK);
  getcontext(&next->start);
  next->start.uc_stack.ss_sp = next->stack;
  next->start.uc_stack.ss_size = STACK;
  next->start.uc_link = NULL;
  makecontext(&next->start, live, 0);
  setcontext(&next->start);
}

static void release_block(void) {
  at_barrier = 0;
  barrier_turn++;
}

// Threads that have ended do not count at a barrier, as on the device.
static void end_one(void) {
  if (--alive > 0 && at_barrier == alive) release_block();
}

// Threads take turns in order in one block and backwards in the next: none may count on being first.
static int in_turn(int index) {
  return (block[0] + block[1] + block[2]) % 2 == 0 ? index : thread_count - 1 - index;
}

static void run_block(void) {
  memset(warps, 0, sizeof warps);
  alive = thread_count;
  at_barrier = 0;
  for (int i = 0; i < thread_count; i++) {
    fibers[i].ended = false;
    fibers[i].turn = NULL;
    backgrounds[i].count = backgrounds[i].group = backgrounds[i].turn = 0;
  }
  while (alive > 0) {
    bool any = false;
    for (int index = 0; index < thread_count; index++) {
      int i = in_turn(index);
      fiber *next = &fibers[i];
      if (next->ended || (next->turn != NULL && *next->turn == next->seen)) continue;
      any = true;
      resume(i);
      if (fibers[i].ended) end_one();
    }
    if (!any) fail("all threads wait: some lanes of a warp, or threads of the block, never came");
  }
}

void emulated_launch(emulated_kernel kernel, const void *arguments, const int grid[3], int threads,
                     int shared_bytes) {
  pthread_mutex_lock(&one_at_a_time);
  if (threads < 1 || threads > MOST_THREADS) fail("a block of too many threads");
  running = kernel;
  running_arguments = arguments;
  thread_count = threads;
  shared_size = shared_bytes;
  shared_memory = aligned_alloc(128, ((size_t)shared_bytes + 255) / 128 * 128);
  for (block[2] = 0; block[2] < grid[2]; block[2]++) {
    for (block[1] = 0; block[1] < grid[1]; block[1]++) {
      for (block[0] = 0; block[0] < grid[0]; block[0]++) {
        // Shared memory holds anything at first: NaNs, so that what nobody wrote shows.
        memset(shared_memory, 0xff, ((size_t)shared_bytes + 255) / 128 * 128);
        run_block();
      }
    }
  }
  free(shared_memory);
  pthread_mutex_unlock(&one_at_a_time);
}

void emulated_block_barrier(void) {
  if (++at_barrier < alive) {
    wait_for(&barrier_turn);
  } else {
    release_block();
  }
}

// Of the 16 bytes that a lane reads or writes: what lies just behind the dynamic shared memory is nobody's.
static void check_shared(const void *chunk) {
  long offset = (const unsigned char *)chunk - shared_memory;
  if (offset > shared_size - 16 && offset < shared_size + 4096) fail("beyond the shared memory");
}

static void copy_now(void *shared, const void *global, int valid) {
  if (valid) {
    memcpy(shared, global, 16);
  } else {
    memset(shared, 0, 16);
  }
}

// Every other copy arrives at once and the others when they are waited for: a device may do either.
void emulated_copy(void *shared, const void *global, int valid) {
  check_shared(shared);
  background *b = &backgrounds[current];
  if (++b->turn % 2 == current % 2) {
    copy_now(shared, global, valid);
    return;
  }
  if (b->count == MOST_COPIES) fail("more copies on their way than the emulator keeps");
  b->copies[b->count].shared = shared;
  b->copies[b->count].global = global;
  b->copies[b->count].valid = valid;
  b->copies[b->count].group = b->group;
  b->count++;
}

void emulated_copy_commit(void) { backgrounds[current].group++; }

void emulated_copy_wait(int groups) {
  background *b = &backgrounds[current];
  int kept = 0;
  for (int i = 0; i < b->count; i++) {
    if (b->copies[i].group < b->group - groups) {
      copy_now(b->copies[i].shared, b->copies[i].global, b->copies[i].valid);
    } else {
      b->copies[kept++] = b->copies[i];
    }
  }
  b->count = kept;
}

static void load_for_all(warp_state *warp, int now, bool transposed) {
  for (int lane = 0; lane < LANES; lane++) {
    for (int i = 0; i < 4; i++) {
      unsigned pair[2];
      for (int half = 0; half < 2; half++) {
        int row = transposed ? 2 * (lane % 4) + half : lane / 4;
        int column = transposed ? lane / 4 : 2 * (lane % 4) + half;
        bf16 value;
        memcpy(&value, (const char *)warp->row[8 * i + row] + 2 * column, sizeof value);
        pair[half] = value;
      }
      warp->out[now][lane][i] = pair[0] | pair[1] << 16;
    }
  }
}

static float half_of(unsigned packed, int upper) {
  return bits_float(upper ? packed & 0xffff0000u : packed << 16);
}

// The fragments of mma.m16n8k16 (PTX ISA, "Matrix fragments for mma.m16n8k16").
static void multiply_for_all(warp_state *warp, int now) {
  static float left[16][16], right[16][8];
  for (int lane = 0; lane < LANES; lane++) {
    int group = lane / 4, pair = lane % 4;
    for (int half = 0; half < 2; half++) {
      int k = 2 * pair + half;
      left[group][k] = half_of(warp->in[lane][0], half);
      left[group + 8][k] = half_of(warp->in[lane][1], half);
      left[group][k + 8] = half_of(warp->in[lane][2], half);
      left[group + 8][k + 8] = half_of(warp->in[lane][3], half);
      right[k][group] = half_of(warp->in[lane][4], half);
      right[k + 8][group] = half_of(warp->in[lane][5], half);
    }
  }
  for (int lane = 0; lane < LANES; lane++) {
    for (int i = 0; i < 4; i++) {
      int row = lane / 4 + 8 * (i / 2), column = 2 * (lane % 4) + i % 2;
      float sum = 0;
      for (int k = 0; k < 16; k++) sum += left[row][k] * right[k][column];
      warp->products[now][lane][i] = warp->sums[lane][i] + sum;
    }
  }
}

// Waits for the other lanes of the warp, which must come for the same; returns which of the two results is meant.
static int meet(together what) {
  warp_state *warp = &warps[current / LANES];
  if (warp->arrived == 0) {
    warp->what = what;
  } else if (warp->what != what) {
    fail("the lanes of a warp do different things at once");
  }
  int now = (int)(warp->turn & 1);
  if (++warp->arrived < LANES) {
    wait_for(&warp->turn);
    return now;
  }
  switch (what) {
    case LOAD: load_for_all(warp, now, false); break;
    case LOAD_TRANSPOSED: load_for_all(warp, now, true); break;
    case MULTIPLY: multiply_for_all(warp, now); break;
    default: break;
  }
  warp->arrived = 0;
  warp->turn++;
  return now;
}

void emulated_warp_barrier(void) { meet(WARP_BARRIER); }

uint64_t emulated_warp_xor(uint64_t value, int mask) {
  warp_state *warp = &warps[current / LANES];
  int lane = current % LANES;
  warp->value[warp->turn & 1][lane] = value;
  return warp->value[meet(SHUFFLE)][lane ^ mask];
}

void emulated_load_matrix(unsigned *r, const void *row, bool transposed) {
  warp_state *warp = &warps[current / LANES];
  int lane = current % LANES;
  check_shared(row);
  warp->row[lane] = row;
  memcpy(r, warp->out[meet(transposed ? LOAD_TRANSPOSED : LOAD)][lane], 4 * sizeof *r);
}

void emulated_multiply(float *d, const unsigned *a, const unsigned *b) {
  warp_state *warp = &warps[current / LANES];
  int lane = current % LANES;
  memcpy(warp->in[lane], a, 4 * sizeof *a);
  memcpy(warp->in[lane] + 4, b, 2 * sizeof *b);
  memcpy(warp->sums[lane], d, 4 * sizeof *d);
  memcpy(d, warp->products[meet(MULTIPLY)][lane], 4 * sizeof *d);
}
