/* Multiply-adds of pairs of 16-bit integers in registers, as wide as the machine has them: compute <repeats> prints the best per second. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef __AVX2__
#include <immintrin.h>
typedef __m256i vector;
#define LANES 16
#define SPLAT(value) _mm256_set1_epi16(value)
#define STEP(x, y) _mm256_add_epi32(x, _mm256_madd_epi16(x, y))
#else
#error "only written for AVX2"
#endif

#define SUMS 12
#define TIMES 20000000

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec * 1e-9;
}

int main(int count, char **words) {
  const int repeats = count > 1 ? atoi(words[1]) : 5;
  const vector y = SPLAT(3);
  vector sums[SUMS];
  double best = 1e9;
  for (int i = 0; i < SUMS; i++) sums[i] = SPLAT(i + 1);
  for (int repeat = 0; repeat < repeats; repeat++) {
    const double started = seconds();
    for (int time = 0; time < TIMES; time++)
      for (int i = 0; i < SUMS; i++) sums[i] = STEP(sums[i], y);
    const double took = seconds() - started;
    if (took < best) best = took;
  }
  int32_t lanes[LANES / 2], sum = 0;
  for (int i = 1; i < SUMS; i++) sums[0] = _mm256_add_epi32(sums[0], sums[i]);
  _mm256_storeu_si256((vector *)lanes, sums[0]);
  for (int i = 0; i < LANES / 2; i++) sum += lanes[i];
  fprintf(stderr, "%d\n", sum);
  printf("%.0f\n", (double)TIMES * SUMS * LANES / best);
  return 0;
}
