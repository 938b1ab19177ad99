/* Multiply-adds of 32-bit floats in registers, as wide as the machine has them: floats <repeats> prints the best per second. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__AVX512F__)
#define LANES 16
#elif defined(__AVX__)
#define LANES 8
#else
#define LANES 4
#endif
typedef float vector __attribute__((vector_size(LANES * sizeof(float))));

#define SUMS 12
#define TIMES 20000000

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int count, char **words) {
  const int repeats = count > 1 ? atoi(words[1]) : 5;
  /* Not known before the program runs, so that nothing is worked out before; the sums stay near 1. */
  const float factor = 1.0f - 1e-3f * repeats, term = 1e-3f * repeats;
  vector sums[SUMS], y, z;
  double best = 1e9;
  for (int lane = 0; lane < LANES; lane++) {
    y[lane] = factor;
    z[lane] = term;
  }
  for (int i = 0; i < SUMS; i++) sums[i] = y + (float)i;
  for (int repeat = 0; repeat < repeats; repeat++) {
    const double started = seconds();
    for (int time = 0; time < TIMES; time++)
      for (int i = 0; i < SUMS; i++) sums[i] = sums[i] * y + z;
    const double took = seconds() - started;
    if (took < best) best = took;
  }
  float sum = 0;
  for (int i = 0; i < SUMS; i++)
    for (int lane = 0; lane < LANES; lane++) sum += sums[i][lane];
  fprintf(stderr, "%f\n", sum);
  printf("%.0f\n", (double)TIMES * SUMS * LANES / best);
  return 0;
}
