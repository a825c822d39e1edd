// Writes the log sets of the benchmarks, and what must come out of each.
//
//   cc -O2 -o generate generate.c -lz -lpthread
//   ./generate OUT SET... [--scale 0.1] [--seed N] [--threads N]
//
// SET is one of lean, fat, litellm, vllm, single, small, duplicates. Each becomes the folder OUT/SET with its
// files in `logs/` and the sums of what was written in `truth.json`. The sums are counted while a
// record is drawn, before it is put into words; nothing is read back.
//
// A record is a pure function of the seed and its number. So files are written in parallel, every
// run gives the same bytes, and a duplicate is the same number drawn again, from any file.

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { maxModels = 8, lineCapacity = 1 << 16, wordCount = 8192 };

static const int64_t monthStart = 1788220800;  // 2026-09-01T00:00:00Z
static const int64_t monthSeconds = 30 * 86400;

// --- Numbers -------------------------------------------------------------------------------------

static uint64_t seed = 20260901;

static uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// SplitMix64, begun anew for each record.
typedef struct { uint64_t state; } Random;

static Random randomFor(uint64_t record, uint64_t purpose) {
  return (Random){mix(seed ^ mix(record * 8 + purpose))};
}

static uint64_t next(Random *random) {
  random->state += 0x9E3779B97F4A7C15u;
  return mix(random->state);
}

static uint64_t below(Random *random, uint64_t limit) {
  return (uint64_t)(((unsigned __int128)next(random) * limit) >> 64);
}

/// Token counts spread over sizes: as many between 100 and 200 as between 1,000 and 2,000.
static int64_t tokensUpTo(Random *random, int bits) {
  int size = 5 + (int)below(random, (uint64_t)bits - 4);
  return (int64_t)((1u << (size - 1)) + below(random, 1u << (size - 1)));
}

// --- Truth ---------------------------------------------------------------------------------------

typedef struct {
  int64_t requests, failed;
  int64_t uncachedInput, cacheRead, cacheWrite5m, cacheWrite1h, cacheWriteOther, output;
} Sums;

typedef struct {
  Sums byModel[maxModels];
  int64_t lines, plainBytes, gzipBytes;
} Truth;

static void add(Sums *a, const Sums *b) {
  a->requests += b->requests;
  a->failed += b->failed;
  a->uncachedInput += b->uncachedInput;
  a->cacheRead += b->cacheRead;
  a->cacheWrite5m += b->cacheWrite5m;
  a->cacheWrite1h += b->cacheWrite1h;
  a->cacheWriteOther += b->cacheWriteOther;
  a->output += b->output;
}

static void writeSums(FILE *file, const Sums *s) {
  fprintf(file,
          "{\"requests\": %" PRId64 ", \"failed\": %" PRId64 ", \"uncachedInput\": %" PRId64
          ", \"cacheRead\": %" PRId64 ", \"cacheWrite5m\": %" PRId64 ", \"cacheWrite1h\": %" PRId64
          ", \"cacheWriteOther\": %" PRId64 ", \"output\": %" PRId64 "}",
          s->requests, s->failed, s->uncachedInput, s->cacheRead, s->cacheWrite5m, s->cacheWrite1h,
          s->cacheWriteOther, s->output);
}

// --- Lines ---------------------------------------------------------------------------------------

typedef struct { char text[lineCapacity]; size_t length; } Line;

__attribute__((format(printf, 2, 3))) static void put(Line *line, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  size_t room = lineCapacity - line->length;
  int written = vsnprintf(line->text + line->length, room, format, arguments);
  va_end(arguments);
  if (written < 0 || (size_t)written >= room) {
    fprintf(stderr, "generate: a line exceeds %d bytes\n", lineCapacity);
    exit(1);
  }
  line->length += (size_t)written;
}

static void putTime(Line *line, int64_t second, const char *format) {
  time_t time = (time_t)second;
  struct tm parts;
  gmtime_r(&time, &parts);
  line->length += strftime(line->text + line->length, lineCapacity - line->length, format, &parts);
}

static void putUUID(Line *line, uint64_t record) {
  Random random = randomFor(record, 1);
  uint64_t high = next(&random), low = next(&random);
  put(line, "%08x-%04x-4%03x-a%03x-%012" PRIx64, (unsigned)(high >> 32),
      (unsigned)(high >> 16) & 0xffff, (unsigned)high & 0xfff, (unsigned)(low >> 52),
      low & 0xffffffffffffu);
}

/// Invented words of two to four syllables, so that bodies compress as prose does.
static char words[wordCount][16];

static void makeWords(void) {
  static const char *const heads[] = {"b", "c", "d", "f", "g", "h", "l", "m", "n", "p", "r", "s",
                                      "t", "v", "w", "st", "tr", "pl", "ch", "qu"};
  static const char *const tails[] = {"a", "e", "i", "o", "u", "en", "er", "al", "ion", "ing", "ed",
                                      "ou", "ar", "is", "at"};
  for (int i = 0; i < wordCount; i++) {
    Random random = randomFor((uint64_t)i, 7);
    int syllables = 1 + (int)below(&random, 3) + (i > 64);
    for (int s = 0; s < syllables && strlen(words[i]) < 10; s++) {
      strcat(words[i], heads[below(&random, 20)]);
      strcat(words[i], tails[below(&random, 15)]);
    }
  }
}

/// About `bytes` of prose as it stands inside a JSON string.
static void putProse(Line *line, Random *random, size_t bytes) {
  size_t end = line->length + bytes;
  while (line->length < end) {
    uint64_t draw = next(random);
    // Frequent words and rare ones in turn: a rough Zipf.
    uint64_t word = draw % 3 == 0 ? (draw >> 8) % 64 : (draw >> 8) % wordCount;
    const char *text = words[word];
    switch ((draw >> 40) % 40) {
    case 0: put(line, "\\\"%s\\\" ", text); break;
    case 1: put(line, "%s.\\n\\n", text); break;
    case 2: put(line, "%s\\u00e9 ", text); break;
    case 3: put(line, "{\\\"%s\\\": %u, \\\"inputTokenCount\\\": 7} ", text,
                (unsigned)(draw >> 50)); break;
    case 4: put(line, "C:\\\\%s\\\\%u\\n", text, (unsigned)(draw >> 54)); break;
    case 5: case 6: put(line, "%s, ", text); break;
    case 7: put(line, "%ség ", text); break;
    default: put(line, "%s ", text);
    }
  }
}

// --- Bedrock -------------------------------------------------------------------------------------

static const char *const bedrockModels[] = {
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "global.anthropic.claude-haiku-4-5-20251001-v1:0",
    "amazon.nova-lite-v1:0",
    "amazon.nova-pro-v1:0",
    "us.meta.llama3-3-70b-instruct-v1:0",
    "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
};
enum { firstModelWithoutAnthropic = 4, profileModel = 7 };

/// Models without prompt caching leave its fields out.
static bool caches(int model) { return model != 0 && model != 6; }

/// What is known of one call before it is worded.
typedef struct {
  int model;
  bool failed;
  int64_t second, uncached, read, write, output;
  bool oneHour;
} Call;

static Call drawCall(uint64_t record, uint64_t records, int models) {
  Random random = randomFor(record, 2);
  Call call = {0};
  // The first models are the frequent ones.
  uint64_t a = below(&random, (uint64_t)models), b = below(&random, (uint64_t)models);
  call.model = (int)(a < b ? a : b);
  call.failed = below(&random, 100) == 0;
  call.second = monthStart + (int64_t)((double)record / (double)records * (double)monthSeconds);
  call.uncached = tokensUpTo(&random, 12);
  call.output = tokensUpTo(&random, 11);
  call.read = below(&random, 2) ? 256 * (int64_t)below(&random, 80) : 0;
  call.write = below(&random, 8) ? 0 : (int64_t)below(&random, 4000);
  call.oneHour = below(&random, 4) == 0;
  return call;
}

static void bedrockLine(Line *line, uint64_t record, const Call *call, bool bodies) {
  Random random = randomFor(record, 3);
  const char *model = bedrockModels[call->model];
  bool anthropic = call->model < firstModelWithoutAnthropic || call->model == profileModel;
  put(line, "{\"schemaType\":\"ModelInvocationLog\",\"schemaVersion\":\"1.0\",\"timestamp\":\"");
  putTime(line, call->second, "%Y-%m-%dT%H:%M:%SZ");
  put(line,
      "\",\"accountId\":\"111122223333\",\"identity\":{\"arn\":\"arn:aws:iam::111122223333:"
      "user/w%02d\"},\"region\":\"us-east-1\",\"requestId\":\"",
      (int)below(&random, 24));
  putUUID(line, record);
  put(line, "\",\"operation\":\"%s\",\"modelId\":\"%s\"",
      anthropic ? "InvokeModel" : "Converse", model);
  if (call->failed) put(line, ",\"errorCode\":\"ThrottlingException\"");
  put(line, ",\"input\":{\"inputContentType\":\"application/json\"");
  if (bodies) {
    put(line, ",\"inputBodyJson\":{\"max_tokens\":4096,\"messages\":[{\"role\":\"user\","
              "\"content\":[{\"type\":\"text\",\"text\":\"");
    putProse(line, &random, 3000 + below(&random, 3600));
    put(line, "\"}]}]}");
  }
  if (call->failed) {
    put(line, "}}\n");
    return;
  }
  put(line, ",\"inputTokenCount\":%" PRId64, call->uncached);
  if (caches(call->model)) {
    put(line,
        ",\"cacheReadInputTokenCount\":%" PRId64 ",\"cacheWriteInputTokenCount\":%" PRId64,
        call->read, call->write);
  }
  put(line, "},\"output\":{\"outputContentType\":\"application/json\"");
  if (bodies && anthropic) {
    put(line, ",\"outputBodyJson\":{\"id\":\"msg_bdrk_%016" PRIx64 "\",\"type\":\"message\","
              "\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"", next(&random));
    putProse(line, &random, 600 + below(&random, 1800));
    put(line,
        "\"}],\"stop_reason\":\"end_turn\",\"usage\":{\"input_tokens\":%" PRId64
        ",\"cache_creation_input_tokens\":%" PRId64 ",\"cache_read_input_tokens\":%" PRId64
        ",\"cache_creation\":{\"ephemeral_5m_input_tokens\":%" PRId64
        ",\"ephemeral_1h_input_tokens\":%" PRId64 "},\"output_tokens\":%" PRId64 "}}",
        call->uncached, call->write, call->read, call->oneHour ? 0 : call->write,
        call->oneHour ? call->write : 0, call->output);
  } else if (bodies) {
    put(line, ",\"outputBodyJson\":{\"output\":{\"message\":{\"role\":\"assistant\",\"content\":"
              "[{\"text\":\"");
    putProse(line, &random, 600 + below(&random, 1800));
    put(line,
        "\"}]}},\"stopReason\":\"end_turn\",\"metrics\":{\"latencyMs\":%" PRId64
        "},\"usage\":{\"inputTokens\":%" PRId64 ",\"outputTokens\":%" PRId64
        ",\"totalTokens\":%" PRId64 ",\"cacheReadInputTokens\":%" PRId64
        ",\"cacheWriteInputTokens\":%" PRId64 ",\"cacheDetails\":[{\"ttl\":\"%s\","
        "\"inputTokens\":%" PRId64 "}]}}",
        300 + 11 * call->output, call->uncached, call->output,
        call->uncached + call->output + call->read + call->write, call->read, call->write,
        call->oneHour ? "1h" : "5m", call->write);
  }
  put(line, ",\"outputTokenCount\":%" PRId64 "}}\n", call->output);
}

// --- LiteLLM -------------------------------------------------------------------------------------

static const char *const litellmModels[] = {"gpt-4o-mini", "claude-sonnet-4-20250514", "gpt-4o",
                                            "acme/contract-reader-7b"};
static const char *const litellmProviders[] = {"openai", "anthropic", "openai", "openai_like"};
enum { litellmAnthropic = 1 };

/// metadata is JSON in a JSON string; prompt_tokens holds the cache reads and writes as well.
static void litellmLine(Line *line, uint64_t record, const Call *call) {
  Random random = randomFor(record, 4);
  int64_t prompt = call->failed ? 0 : call->uncached + call->read + call->write;
  int64_t output = call->failed ? 0 : call->output;
  unsigned fraction = (unsigned)below(&random, 1000000);
  const char *status = call->failed ? "failure" : "success";
  put(line, "{\"request_id\":\"chatcmpl-");
  putUUID(line, record);
  put(line,
      "\",\"call_type\":\"acompletion\",\"api_key\":\"88dc28d0f030c55ed4ab77ed8faf098196cb1c05df77"
      "8539800c9f1243fe6b%02x\",\"spend\":0.000%u,\"total_tokens\":%" PRId64
      ",\"prompt_tokens\":%" PRId64 ",\"completion_tokens\":%" PRId64 ",\"startTime\":\"",
      (unsigned)below(&random, 32), (unsigned)(1 + below(&random, 9999)), prompt + output, prompt,
      output);
  putTime(line, call->second, "%Y-%m-%d %H:%M:%S");
  put(line, ".%06u\",\"endTime\":\"", fraction);
  putTime(line, call->second + 2, "%Y-%m-%d %H:%M:%S");
  put(line, ".%06u\",\"completionStartTime\":\"", fraction);
  putTime(line, call->second + 1, "%Y-%m-%d %H:%M:%S");
  put(line,
      ".%06u\",\"model\":\"%s\",\"model_id\":\"d1f2\",\"model_group\":\"default\","
      "\"custom_llm_provider\":\"%s\",\"api_base\":\"\",\"user\":\"user-%02u\",\"team_id\":"
      "\"team-%u\",\"organization_id\":\"\",\"end_user\":\"\",\"metadata\":\"{"
      "\\\"applied_guardrails\\\": [], \\\"batch_models\\\": null, \\\"user_api_key_alias\\\": "
      "\\\"intake\\\", \\\"user_api_key_team_alias\\\": \\\"finance\\\", "
      "\\\"spend_logs_metadata\\\": {\\\"step\\\": \\\"extract\\\"}, \\\"attempted_retries\\\": 0, ",
      fraction, litellmModels[call->model], litellmProviders[call->model],
      (unsigned)below(&random, 40), (unsigned)below(&random, 5));
  if (call->failed) {
    put(line, "\\\"error_information\\\": {\\\"error_code\\\": \\\"429\\\", \\\"error_class\\\": "
              "\\\"RateLimitError\\\", \\\"error_message\\\": \\\"limit \\\\\\\"reached\\\\\\\"\\\"}");
  } else {
    put(line,
        "\\\"usage_object\\\": {\\\"prompt_tokens\\\": %" PRId64 ", \\\"completion_tokens\\\": %" PRId64
        ", \\\"total_tokens\\\": %" PRId64 ", \\\"prompt_tokens_details\\\": {\\\"audio_tokens\\\": null, "
        "\\\"cached_tokens\\\": %" PRId64 "}",
        prompt, output, prompt + output, call->read);
    if (call->model == litellmAnthropic) {
      put(line,
          ", \\\"cache_read_input_tokens\\\": %" PRId64 ", \\\"cache_creation_input_tokens\\\": %" PRId64,
          call->read, call->write);
    }
    put(line, "}");
  }
  put(line,
      ", \\\"status\\\": \\\"%s\\\"}\",\"cache_hit\":\"None\",\"cache_key\":\"Cache OFF\","
      "\"request_tags\":\"[\\\"prod\\\"]\",\"requester_ip_address\":null,\"messages\":\"{}\","
      "\"response\":\"{}\",\"proxy_server_request\":\"{}\",\"session_id\":\"s1\",\"status\":\"%s\"}\n",
      status, status);
}

// --- vLLM ----------------------------------------------------------------------------------------

/// One stats line and the access rows before it. Rates count for ten seconds.
static void vllmLines(Line *line, uint64_t record, int64_t second, int64_t *prompt,
                      int64_t *generated, int64_t *lines) {
  Random random = randomFor(record, 5);
  int rows = (int)below(&random, 5);
  for (int i = 0; i < rows; i++) {
    put(line, "(APIServer pid=1) INFO:     10.0.3.%u:%u - \"POST /v1/chat/completions HTTP/1.1\" "
              "200 OK\n",
        (unsigned)(2 + below(&random, 9)), (unsigned)(32000 + below(&random, 28000)));
  }
  *prompt = (int64_t)below(&random, 30000);
  *generated = (int64_t)below(&random, 6000);
  *lines += rows + 1;
  put(line, "(APIServer pid=1) INFO ");
  putTime(line, second, "%m-%d %H:%M:%S");
  put(line,
      " [loggers.py:236] Engine 000: Avg prompt throughput: %" PRId64 ".%" PRId64
      " tokens/s, Avg generation throughput: %" PRId64 ".%" PRId64
      " tokens/s, Running: %u reqs, Waiting: %u reqs, GPU KV cache usage: %u.%u%%, "
      "Prefix cache hit rate: %u.%u%%\n",
      *prompt / 10, *prompt % 10, *generated / 10, *generated % 10,
      (unsigned)(1 + below(&random, 60)), (unsigned)below(&random, 4), (unsigned)below(&random, 95),
      (unsigned)below(&random, 10), (unsigned)below(&random, 95), (unsigned)below(&random, 10));
}

// --- Sets ----------------------------------------------------------------------------------------

typedef enum { lean, fat, litellm, vllm } Kind;

typedef struct {
  const char *name;
  Kind kind;
  int files;
  int64_t recordsAFile;
  /// Of a hundred lines, how many repeat an earlier one of this or an earlier file.
  int duplicates;
  /// Whether the scale shrinks the number of files rather than their size.
  bool scalesFiles;
} Set;

static const Set sets[] = {
    {"lean", lean, 4, 1000000, 0, false},
    {"fat", fat, 4, 60000, 0, false},
    {"litellm", litellm, 4, 250000, 0, false},
    {"vllm", vllm, 4, 259200, 0, false},
    {"single", lean, 1, 2000000, 0, false},
    {"small", lean, 10000, 100, 0, true},
    {"duplicates", lean, 4, 500000, 30, false},
};
enum { setCount = sizeof sets / sizeof *sets };

static const char *modelName(Kind kind, int model) {
  switch (kind) {
  case lean: case fat: return bedrockModels[model];
  case litellm: return litellmModels[model];
  case vllm: return "llama-3.3-70b-instruct";
  }
  return "";
}

static int modelCount(Kind kind) {
  return kind == litellm ? 4 : kind == vllm ? 1 : maxModels;
}

typedef struct {
  const Set *set;
  const char *folder;
  int nextFile;
  pthread_mutex_t lock;
  Truth truth;
} Job;

static void die(const char *path) {
  fprintf(stderr, "generate: %s: %s\n", path, strerror(errno));
  exit(1);
}

static void makeFolder(const char *path) {
  if (mkdir(path, 0777) != 0 && errno != EEXIST) die(path);
}

static void emit(gzFile file, Line *line, Truth *truth, const char *path) {
  if (gzwrite(file, line->text, (unsigned)line->length) != (int)line->length) die(path);
  truth->plainBytes += (int64_t)line->length;
  line->length = 0;
}

static void countCall(const Set *set, Call *call, Truth *truth) {
  Sums sums = {.requests = 1, .failed = call->failed};
  if (!call->failed) {
    sums.uncachedInput = call->uncached;
    sums.cacheRead = call->read;
    sums.output = call->output;
    if (set->kind != fat) sums.cacheWriteOther = call->write;
    else if (call->oneHour) sums.cacheWrite1h = call->write;
    else sums.cacheWrite5m = call->write;
  }
  add(&truth->byModel[call->model], &sums);
}

static void writeRecords(const Set *set, int index, gzFile file, Truth *truth, const char *path) {
  Line *line = malloc(sizeof *line);
  line->length = 0;
  uint64_t first = (uint64_t)index * (uint64_t)set->recordsAFile;
  uint64_t records = (uint64_t)set->files * (uint64_t)set->recordsAFile;
  Random random = randomFor(first, 6);
  uint64_t fresh = first;
  for (int64_t i = 0; i < set->recordsAFile; i++) {
    if (set->kind == vllm) {
      Sums sums = {0};
      vllmLines(line, first + (uint64_t)i, monthStart + 10 * i, &sums.uncachedInput, &sums.output,
                &truth->lines);
      add(&truth->byModel[0], &sums);
      emit(file, line, truth, path);
      continue;
    }
    bool again = fresh > first && below(&random, 100) < (uint64_t)set->duplicates;
    uint64_t record = fresh;
    if (again) {
      // Half of the copies follow closely, as deliveries do; half come from anywhere before.
      uint64_t span = fresh - first;
      uint64_t reach = next(&random) & 1 && span > 1000 ? 1000 : span;
      record = fresh - 1 - below(&random, reach);
    } else {
      fresh++;
    }
    // Later files repeat the first file's records too, of which the first tenth surely exist.
    if (again && index > 0 && below(&random, 4) == 0) {
      record = below(&random, (uint64_t)set->recordsAFile / 10 + 1);
    }
    Call call = drawCall(record, records, modelCount(set->kind));
    if (set->kind == litellm && call.model != litellmAnthropic) call.write = 0;
    if (set->kind != litellm && !caches(call.model)) call.read = call.write = 0;
    if (!again) countCall(set, &call, truth);
    if (set->kind == litellm) litellmLine(line, record, &call);
    else bedrockLine(line, record, &call, set->kind == fat);
    truth->lines++;
    emit(file, line, truth, path);
  }
  free(line);
}

static void writeFile(const Set *set, const char *folder, int index, Truth *truth) {
  char path[4096], part[4200];
  int parent = set->files > 100 ? index / 100 : -1;
  if (parent >= 0) {
    snprintf(path, sizeof path, "%s/%03d", folder, parent);
    makeFolder(path);
    snprintf(path, sizeof path, "%s/%03d/%05d.json.gz", folder, parent, index);
  } else if (set->kind == vllm) {
    snprintf(path, sizeof path, "%s/vllm-%d-2026-09-30.log.gz", folder, index);
  } else {
    snprintf(path, sizeof path, "%s/%02d.json.gz", folder, index);
  }
  snprintf(part, sizeof part, "%s.part", path);
  gzFile file = gzopen(part, "wb6");
  if (file == NULL) die(part);
  gzbuffer(file, 1 << 18);
  if (set->kind == vllm) {
    const char *head =
        "(APIServer pid=1) INFO 09-01 00:00:00 [utils.py:253] non-default args: {'model': "
        "'meta-llama/Llama-3.3-70B-Instruct', 'served_model_name': ['llama-3.3-70b-instruct']}\n";
    if (gzputs(file, head) < 0) die(part);
    truth->lines++;
    truth->plainBytes += (int64_t)strlen(head);
  }
  writeRecords(set, index, file, truth, part);
  if (gzclose(file) != Z_OK) die(part);
  struct stat status;
  if (stat(part, &status) != 0) die(part);
  truth->gzipBytes += status.st_size;
  if (rename(part, path) != 0) die(path);
}

static void *work(void *argument) {
  Job *job = argument;
  Truth own = {0};
  for (;;) {
    pthread_mutex_lock(&job->lock);
    int index = job->nextFile++;
    pthread_mutex_unlock(&job->lock);
    if (index >= job->set->files) break;
    writeFile(job->set, job->folder, index, &own);
  }
  pthread_mutex_lock(&job->lock);
  for (int m = 0; m < maxModels; m++) add(&job->truth.byModel[m], &own.byModel[m]);
  job->truth.lines += own.lines;
  job->truth.plainBytes += own.plainBytes;
  job->truth.gzipBytes += own.gzipBytes;
  pthread_mutex_unlock(&job->lock);
  return NULL;
}

static void writeTruth(const Set *set, double scale, const char *path, const Truth *truth) {
  FILE *file = fopen(path, "w");
  if (file == NULL) die(path);
  Sums total = {0};
  for (int m = 0; m < maxModels; m++) add(&total, &truth->byModel[m]);
  fprintf(file,
          "{\n \"set\": \"%s\", \"scale\": %g, \"seed\": %" PRIu64 ", \"files\": %d,\n \"lines\": %" PRId64
          ", \"plainBytes\": %" PRId64 ", \"gzipBytes\": %" PRId64 ",\n \"totals\": ",
          set->name, scale, seed, set->files, truth->lines, truth->plainBytes, truth->gzipBytes);
  writeSums(file, &total);
  fprintf(file, ",\n \"byModel\": {");
  for (int m = 0; m < modelCount(set->kind); m++) {
    fprintf(file, "%s\n  \"%s\": ", m ? "," : "", modelName(set->kind, m));
    writeSums(file, &truth->byModel[m]);
  }
  fprintf(file, "\n }\n}\n");
  if (fclose(file) != 0) die(path);
  printf("%-10s %5d files %9" PRId64 " lines %7.1f MB plain %6.1f MB gz %6.1f bytes a line\n",
         set->name, set->files, truth->lines, (double)truth->plainBytes / 1e6,
         (double)truth->gzipBytes / 1e6, (double)truth->plainBytes / (double)truth->lines);
}

static void generate(const char *out, const Set *original, double scale, int threads) {
  Set set = *original;
  if (set.scalesFiles) set.files = (int)((double)set.files * scale) + (scale < 1e-4);
  else set.recordsAFile = (int64_t)((double)set.recordsAFile * scale);
  if (set.files < 1) set.files = 1;
  if (set.recordsAFile < 1) set.recordsAFile = 1;
  char folder[2048], logs[4096], path[4096];
  snprintf(folder, sizeof folder, "%s/%s", out, set.name);
  snprintf(logs, sizeof logs, "%s/logs", folder);
  snprintf(path, sizeof path, "%s/truth.json", folder);
  makeFolder(out);
  makeFolder(folder);
  makeFolder(logs);
  Job job = {.set = &set, .folder = logs};
  pthread_mutex_init(&job.lock, NULL);
  pthread_t workers[64];
  for (int i = 0; i < threads; i++) {
    if (pthread_create(&workers[i], NULL, work, &job) != 0) die("thread");
  }
  for (int i = 0; i < threads; i++) pthread_join(workers[i], NULL);
  writeTruth(&set, scale, path, &job.truth);
}

int main(int count, char **arguments) {
  double scale = 1;
  long threads = sysconf(_SC_NPROCESSORS_ONLN);
  const char *out = NULL;
  const Set *chosen[setCount];
  int chosenCount = 0;
  for (int i = 1; i < count; i++) {
    const char *argument = arguments[i];
    bool more = i + 1 < count;
    if (strcmp(argument, "--scale") == 0 && more) scale = atof(arguments[++i]);
    else if (strcmp(argument, "--seed") == 0 && more) seed = strtoull(arguments[++i], NULL, 10);
    else if (strcmp(argument, "--threads") == 0 && more) threads = atol(arguments[++i]);
    else if (out == NULL && argument[0] != '-') out = argument;
    else {
      int found = -1;
      for (int s = 0; s < setCount; s++) {
        if (strcmp(argument, sets[s].name) == 0) found = s;
      }
      if (found < 0 || chosenCount == setCount) {
        fprintf(stderr, "generate: unknown argument %s\n", argument);
        return 64;
      }
      chosen[chosenCount++] = &sets[found];
    }
  }
  if (out == NULL || chosenCount == 0 || scale <= 0) {
    fprintf(stderr, "usage: generate OUT SET... [--scale 0.1] [--seed N] [--threads N]\nsets:");
    for (int s = 0; s < setCount; s++) fprintf(stderr, " %s", sets[s].name);
    fprintf(stderr, "\n");
    return 64;
  }
  if (threads < 1) threads = 1;
  if (threads > 64) threads = 64;
  makeWords();
  for (int i = 0; i < chosenCount; i++) generate(out, chosen[i], scale, (int)threads);
  return 0;
}
