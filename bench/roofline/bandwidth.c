/* Read bandwidth: bandwidth <threads> <MiB> <repeats> prints the best bytes per second. */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct part {
  const uint64_t *words;
  size_t count;
  uint64_t sum;
};

static void *add_up(void *argument) {
  struct part *part = argument;
  uint64_t sums[8] = {0};
  for (size_t i = 0; i < part->count; i += 8)
    for (int k = 0; k < 8; k++) sums[k] += part->words[i + k];
  for (int k = 0; k < 8; k++) part->sum += sums[k];
  return NULL;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int count, char **words) {
  if (count < 4) return 2;
  const int threads = atoi(words[1]), repeats = atoi(words[3]);
  const size_t bytes = (size_t)atoi(words[2]) << 20;
  uint64_t *memory = malloc(bytes);
  struct part parts[64] = {{0}};
  pthread_t others[64];
  if (!memory || threads < 1 || threads > 64) return 1;
  memset(memory, 1, bytes);
  double best = 1e9;
  for (int repeat = 0; repeat < repeats; repeat++) {
    const size_t share = bytes / 8 / threads / 8 * 8;
    const double started = seconds();
    for (int i = 0; i < threads; i++) {
      parts[i].words = memory + i * share;
      parts[i].count = share;
      if (i > 0) pthread_create(&others[i], NULL, add_up, &parts[i]);
    }
    add_up(&parts[0]);
    for (int i = 1; i < threads; i++) pthread_join(others[i], NULL);
    const double took = seconds() - started;
    if (took < best) best = took;
  }
  uint64_t sum = 0;
  for (int i = 0; i < threads; i++) sum += parts[i].sum;
  fprintf(stderr, "%llu\n", (unsigned long long)sum);
  printf("%.0f\n", bytes / best);
  return 0;
}
