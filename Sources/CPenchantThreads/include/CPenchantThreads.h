// The thread pool: the only place where Penchant's engine forks.
//
// A pool owns its threads for its lifetime. They spin for a short while after a region ends and sleep
// when nothing follows, so that regions a few microseconds apart do not pay for waking.
#ifndef CPENCHANT_THREADS_H
#define CPENCHANT_THREADS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct pen_pool pen_pool;

// One piece of work. `index` is in 0..<count; `worker` is in 0..<threads and names the thread that runs
// it, so that the caller can give each thread its own scratch.
typedef void (*pen_task)(void *context, int64_t index, int64_t worker);

// Starts threads - 1 threads (the caller's own is worker 0). NULL when they cannot be started.
pen_pool *pen_pool_create(int64_t threads);
void pen_pool_destroy(pen_pool *pool);
int64_t pen_pool_threads(const pen_pool *pool);

// Runs task(context, i, worker) once for each i in 0..<count and returns when all are done. Indices are
// claimed in order by an atomic counter. Not reentrant; one region at a time.
void pen_pool_run(pen_pool *pool, int64_t count, pen_task task, void *context);

// How many processors this process may use: affinity mask and cgroup quota honoured; at least 1.
int64_t pen_available_processors(void);

#ifdef __cplusplus
}
#endif
#endif
