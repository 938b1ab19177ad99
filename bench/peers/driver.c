/*
 * llama.cpp's library without any binding: loads one GGUF model and obeys lines on standard input, so that a benchmark can
 * run it in turns with another engine. Every answer is one line of JSON.
 *
 *   driver <model.gguf> <threads> <folder of the libraries> [f32]
 *
 * With `f32` keys and values are kept in 32 bits and attention is computed step by step, for comparing logits.
 *
 *   decode <round> <streams> <prompt> <steps>   greedy; {"ns": [time of each step], "tokens": [ids of stream 0]}
 *   prefill <round> <tokens>                    {"ns": [time]}
 *   logits <id> <id> ...                        {"logits": [[...] per position]}
 *
 * Prompts are those of prompts.mjs, different ones in every round, so that nothing remembered from before can help.
 */
#include "ggml-backend.h"
#include "llama.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MOST_STREAMS = 16, MOST_BATCH = 512, MOST_STEPS = 4096, MOST_LINE = 65536 };

static struct llama_context *context;
static struct llama_batch batch;
static int vocabulary;

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void report_errors(enum ggml_log_level level, const char *text, void *unused) {
  (void)unused;
  if (level == GGML_LOG_LEVEL_ERROR) fputs(text, stderr);
}

static int prompt_token(int round, int stream, int place) {
  return (7 + 1009 * round + 131 * stream + 37 * place) % vocabulary;
}

static void clear_batch(void) { batch.n_tokens = 0; }

static void add_token(int token, int position, int stream, int wants_logits) {
  const int i = batch.n_tokens++;
  batch.token[i] = token;
  batch.pos[i] = position;
  batch.n_seq_id[i] = 1;
  batch.seq_id[i][0] = stream;
  batch.logits[i] = (int8_t)wants_logits;
}

static void compute(void) {
  if (llama_decode(context, batch) != 0) {
    fputs("llama_decode failed\n", stderr);
    exit(1);
  }
  llama_synchronize(context);
}

/* The likeliest token; the first one where several are equal. */
static int likeliest(const float *logits) {
  int best = 0;
  for (int i = 1; i < vocabulary; i++) {
    if (logits[i] > logits[best]) best = i;
  }
  return best;
}

static void print_times(const int64_t *times, int count) {
  printf("{\"ns\":[");
  for (int i = 0; i < count; i++) printf("%s%lld", i ? "," : "", (long long)times[i]);
  printf("]");
}

static void decode(int round, int streams, int prompt, int steps) {
  static int64_t times[MOST_STEPS];
  static int first[MOST_STEPS];
  int next[MOST_STREAMS];
  llama_memory_clear(llama_get_memory(context), true);
  for (int stream = 0; stream < streams; stream++) {
    clear_batch();
    for (int i = 0; i < prompt; i++) add_token(prompt_token(round, stream, i), i, stream, i == prompt - 1);
    compute();
    next[stream] = likeliest(llama_get_logits_ith(context, prompt - 1));
  }
  for (int step = 0; step < steps; step++) {
    const int64_t started = nanoseconds();
    clear_batch();
    for (int stream = 0; stream < streams; stream++) add_token(next[stream], prompt + step, stream, 1);
    compute();
    for (int stream = 0; stream < streams; stream++)
      next[stream] = likeliest(llama_get_logits_ith(context, stream));
    times[step] = nanoseconds() - started;
    first[step] = next[0];
  }
  print_times(times, steps);
  printf(",\"tokens\":[");
  for (int i = 0; i < steps; i++) printf("%s%d", i ? "," : "", first[i]);
  printf("]}\n");
}

static void prefill(int round, int tokens) {
  llama_memory_clear(llama_get_memory(context), true);
  const int64_t started = nanoseconds();
  clear_batch();
  for (int i = 0; i < tokens; i++) add_token(prompt_token(round, 0, i), i, 0, i == tokens - 1);
  compute();
  likeliest(llama_get_logits_ith(context, tokens - 1));
  const int64_t took = nanoseconds() - started;
  print_times(&took, 1);
  printf("}\n");
}

static void print_logits(char *ids) {
  llama_memory_clear(llama_get_memory(context), true);
  clear_batch();
  for (char *word = strtok(ids, " \n"); word && batch.n_tokens < MOST_BATCH; word = strtok(NULL, " \n"))
    add_token(atoi(word), batch.n_tokens, 0, 1);
  compute();
  printf("{\"logits\":[");
  for (int row = 0; row < batch.n_tokens; row++) {
    const float *logits = llama_get_logits_ith(context, row);
    printf("%s[", row ? "," : "");
    for (int i = 0; i < vocabulary; i++) printf("%s%.9g", i ? "," : "", (double)logits[i]);
    printf("]");
  }
  printf("]}\n");
}

static void obey(char *line) {
  int round, streams, prompt, steps, tokens;
  if (sscanf(line, "decode %d %d %d %d", &round, &streams, &prompt, &steps) == 4 && streams <= MOST_STREAMS &&
      prompt <= MOST_BATCH && steps <= MOST_STEPS)
    decode(round, streams, prompt, steps);
  else if (sscanf(line, "prefill %d %d", &round, &tokens) == 2 && tokens <= MOST_BATCH)
    prefill(round, tokens);
  else if (strncmp(line, "logits ", 7) == 0)
    print_logits(line + 7);
  else
    printf("{\"error\":\"unknown command\"}\n");
  fflush(stdout);
}

int main(int count, char **words) {
  static char line[MOST_LINE];
  if (count < 4) {
    fputs("usage: driver <model.gguf> <threads> <folder of the libraries>\n", stderr);
    return 2;
  }
  llama_log_set(report_errors, NULL);
  ggml_backend_load_all_from_path(words[3]);
  llama_backend_init();
  struct llama_model *model = llama_model_load_from_file(words[1], llama_model_default_params());
  if (!model) return 1;
  vocabulary = llama_vocab_n_tokens(llama_model_get_vocab(model));
  struct llama_context_params settings = llama_context_default_params();
  settings.n_ctx = 4096;
  settings.n_batch = settings.n_ubatch = MOST_BATCH;
  settings.n_seq_max = 8;
  settings.n_threads = settings.n_threads_batch = atoi(words[2]);
  settings.no_perf = true;
  if (count > 4 && strcmp(words[4], "f32") == 0) {
    settings.type_k = settings.type_v = GGML_TYPE_F32;
    settings.flash_attn_type = LLAMA_FLASH_ATTN_TYPE_DISABLED;
  }
  context = llama_init_from_model(model, settings);
  if (!context) return 1;
  batch = llama_batch_init(MOST_BATCH, 0, 1);
  printf("{\"ready\":true,\"vocabulary\":%d}\n", vocabulary);
  fflush(stdout);
  while (fgets(line, sizeof line, stdin)) obey(line);
  llama_batch_free(batch);
  llama_free(context);
  llama_model_free(model);
  return 0;
}
