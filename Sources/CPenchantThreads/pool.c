// The pool's one piece of shared state is `remaining`, the number of indices not yet claimed. A
// claim is a compare-and-swap r → r − 1 and takes index count − r. While a claim is outstanding
// `unfinished` is above zero and the caller cannot return, so task, context and count are stable
// for whoever holds one; a thread that comes late sees `remaining` at zero and touches nothing. The
// caller therefore waits only for threads that took work, never for one that is still asleep.
#include "CPenchantThreads.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

// Rounds of the processor's pause hint before a thread sleeps: some tens of microseconds, a little
// longer than waking a thread costs.
enum { SPIN_ROUNDS = 1500 };

typedef struct worker {
  pen_pool *pool;
  int64_t number;
  pthread_t handle;
} worker;

struct pen_pool {
  int64_t threads;
  worker *workers;  // threads − 1
  int64_t started;

  // The region; written by the caller before `remaining` is published.
  pen_task task;
  void *context;
  int64_t count;

  // Claims and completions are on cache lines of their own.
  _Alignas(128) atomic_int_fast64_t remaining;
  _Alignas(128) atomic_int_fast64_t unfinished;
  _Alignas(128) atomic_int sleepers;  // threads at, or about to wait on, `work`
  atomic_bool caller_sleeps;
  atomic_bool stopping;
  pthread_mutex_t mutex;
  pthread_cond_t work;
  pthread_cond_t done;
};

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
  __asm__ volatile("yield");
#endif
}

// Claims and runs indices until none is left.
static void work_off(pen_pool *pool, int64_t number) {
  int64_t finished = 0;
  int_fast64_t left = atomic_load(&pool->remaining);
  while (left > 0) {
    if (!atomic_compare_exchange_weak(&pool->remaining, &left, left - 1)) continue;
    pool->task(pool->context, pool->count - left, number);
    finished += 1;
    left = atomic_load(&pool->remaining);
  }
  if (finished == 0) return;
  // Reported once, when the region has run dry: fewer writes to a contended line.
  if (atomic_fetch_sub(&pool->unfinished, finished) == finished
      && atomic_load(&pool->caller_sleeps)) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_signal(&pool->done);
    pthread_mutex_unlock(&pool->mutex);
  }
}

static bool has_work(pen_pool *pool) {
  return atomic_load(&pool->remaining) > 0 || atomic_load(&pool->stopping);
}

static void *worker_main(void *argument) {
  worker *self = argument;
  pen_pool *pool = self->pool;
  while (true) {
    for (int round = 0; round < SPIN_ROUNDS && !has_work(pool); round++) relax();
    if (!has_work(pool)) {
      // `sleepers` rises before `remaining` is read again, and the caller publishes `remaining`
      // before it reads `sleepers`: one of the two sees the other, so no wake-up is lost.
      pthread_mutex_lock(&pool->mutex);
      atomic_fetch_add(&pool->sleepers, 1);
      while (!has_work(pool)) pthread_cond_wait(&pool->work, &pool->mutex);
      atomic_fetch_sub(&pool->sleepers, 1);
      pthread_mutex_unlock(&pool->mutex);
    }
    if (atomic_load(&pool->stopping)) return NULL;
    work_off(pool, self->number);
  }
}

pen_pool *pen_pool_create(int64_t threads) {
  if (threads < 1 || threads > 1 << 16) return NULL;
  pen_pool *pool = NULL;
  if (posix_memalign((void **)&pool, 128, sizeof *pool) != 0) return NULL;
  *pool = (pen_pool){.threads = threads};
  pool->workers = calloc((size_t)threads, sizeof *pool->workers);
  if (pool->workers == NULL) {
    free(pool);
    return NULL;
  }
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->work, NULL);
  pthread_cond_init(&pool->done, NULL);
  for (int64_t number = 1; number < threads; number++) {
    worker *self = &pool->workers[number - 1];
    *self = (worker){.pool = pool, .number = number};
    if (pthread_create(&self->handle, NULL, worker_main, self) != 0) {
      pen_pool_destroy(pool);
      return NULL;
    }
    pool->started += 1;
  }
  return pool;
}

void pen_pool_destroy(pen_pool *pool) {
  if (pool == NULL) return;
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->stopping, true);
  pthread_cond_broadcast(&pool->work);
  pthread_mutex_unlock(&pool->mutex);
  for (int64_t i = 0; i < pool->started; i++) pthread_join(pool->workers[i].handle, NULL);
  pthread_cond_destroy(&pool->done);
  pthread_cond_destroy(&pool->work);
  pthread_mutex_destroy(&pool->mutex);
  free(pool->workers);
  free(pool);
}

int64_t pen_pool_threads(const pen_pool *pool) { return pool->threads; }

void pen_pool_run(pen_pool *pool, int64_t count, pen_task task, void *context) {
  if (pool->threads == 1 || count <= 1) {
    for (int64_t index = 0; index < count; index++) task(context, index, 0);
    return;
  }
  pool->task = task;
  pool->context = context;
  pool->count = count;
  atomic_store(&pool->unfinished, count);
  atomic_store(&pool->remaining, count);
  if (atomic_load(&pool->sleepers) > 0) {
    pthread_mutex_lock(&pool->mutex);
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->mutex);
  }
  work_off(pool, 0);

  for (int round = 0; round < SPIN_ROUNDS; round++) {
    if (atomic_load(&pool->unfinished) == 0) return;
    relax();
  }
  pthread_mutex_lock(&pool->mutex);
  atomic_store(&pool->caller_sleeps, true);
  while (atomic_load(&pool->unfinished) > 0) pthread_cond_wait(&pool->done, &pool->mutex);
  atomic_store(&pool->caller_sleeps, false);
  pthread_mutex_unlock(&pool->mutex);
}
