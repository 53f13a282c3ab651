// How many processors may be used: the smallest of the affinity mask and the quotas of the control
// groups the process lives in.
#ifdef __linux__
#define _GNU_SOURCE
#include <sched.h>
#endif

#include "CPenchantThreads.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
static int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }

static int64_t affinity(void) {
  cpu_set_t sets[16];  // 16,384 processors
  if (sched_getaffinity(0, sizeof sets, sets) != 0) return INT64_MAX;
  return CPU_COUNT_S(sizeof sets, sets);
}

// Whole processors that a quota amounts to, rounded up; no limit reads as INT64_MAX.
static int64_t processors_of(long long quota, long long period) {
  if (quota <= 0 || period <= 0) return INT64_MAX;
  return (quota - 1) / period + 1;
}

// cgroup v2: "max 100000" or "150000 100000". A missing file is no limit.
static int64_t read_cpu_max(const char *path) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return INT64_MAX;
  long long quota = 0, period = 0;
  int fields = fscanf(file, "%lld %lld", &quota, &period);
  fclose(file);
  return fields == 2 ? processors_of(quota, period) : INT64_MAX;
}

static long long read_number(const char *path) {
  FILE *file = fopen(path, "re");
  if (file == NULL) return -1;
  long long value = -1;
  if (fscanf(file, "%lld", &value) != 1) value = -1;
  fclose(file);
  return value;
}

// The quotas of the process's own group and of every group above it, up to the mount point.
static int64_t group_quota(void) {
  int64_t least = read_cpu_max("/sys/fs/cgroup/cpu.max");
  FILE *file = fopen("/proc/self/cgroup", "re");
  char line[1024];
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (strncmp(line, "0::/", 4) != 0) continue;
    char *group = line + 3;
    group[strcspn(group, "\n")] = '\0';
    while (group[0] != '\0') {
      char path[1200];
      snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
      least = smaller(least, read_cpu_max(path));
      *strrchr(group, '/') = '\0';
    }
  }
  if (file != NULL) fclose(file);
  long long quota = read_number("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  long long period = read_number("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  return smaller(least, processors_of(quota, period));
}
#endif

int64_t pen_available_processors(void) {
  int64_t processors = sysconf(_SC_NPROCESSORS_ONLN);
#ifdef __linux__
  processors = smaller(processors, smaller(affinity(), group_quota()));
#endif
  return processors < 1 ? 1 : processors;
}
