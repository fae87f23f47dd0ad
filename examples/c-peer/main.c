/* A peer of a segment that Node processes use: see README.md. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "claim.h"
#include "counter.h"
#include "directory.h"
#include "quote.h"
#include "record.h"

struct program {
  struct segment segment;
  struct peer peer;
  bool joined;
};

/* A command's words: its name, then arguments; NULL where there are no more. */
enum { MOST_WORDS = 8 };
typedef failure (*action)(struct program *program, char *words[MOST_WORDS]);

static failure number(const char *word, int64_t least, int64_t *value) {
  char *end;
  errno = 0;
  *value = strtoll(word, &end, 10);
  if (errno == 0 && end != word && *end == '\0' && *value >= least && *value <= (int64_t)MOST_VALUE) return NULL;
  return failed("expected a number from %" PRId64 " to %" PRIu64 ", found %s", least, MOST_VALUE, word);
}

static failure must_have_joined(const struct program *program) {
  return program->joined ? NULL : failed("only a participant stores; give a host index at the start");
}

static failure list(struct program *program, char *words[MOST_WORDS]) {
  struct place place = {0};
  struct entry entry;
  bool found = true;
  (void)words;
  while (found) {
    failure wrong = next_entry(&program->segment, &place, &entry, &found);
    if (wrong) return wrong;
    if (!found) break;
    printf("%.*s %.*s, %" PRIu64 " bytes at %" PRIu64 ", fingerprint %016" PRIx64 "\n", (int)entry.kind_length,
           entry.kind, (int)entry.name_length, entry.name, entry.length, entry.offset, entry.fingerprint);
  }
  return NULL;
}

static failure participants(struct program *program, char *words[MOST_WORDS]) {
  const struct segment *segment = &program->segment;
  (void)words;
  for (uint32_t i = 0; i < segment->participants; i++) {
    struct identity identity;
    struct claim claim = unpack_claim(observe(&segment->memory, participant_at(segment, i) + CLAIM));
    if (claim.state == SLOT_FREE || claim.state == SLOT_LEFT) continue;
    bool known = read_identity(segment, i, &identity) && identity.incarnation == claim.incarnation;
    printf("participant %" PRIu32 ", incarnation %" PRIu32 ", process %" PRIu32 " \"%.*s\", %s\n", i, claim.incarnation,
           known ? identity.pid : 0, known ? (int)identity.name_length : 0, identity.name,
           is_known_dead(segment, i, claim.incarnation) ? "dead" : "not known dead");
  }
  return NULL;
}

static failure value(struct program *program, char *words[MOST_WORDS]) {
  struct counter counter;
  failure wrong = counter_open(&counter, &program->segment, words[1]);
  if (!wrong) printf("%" PRId64 "\n", counter_value(&counter));
  return wrong;
}

/* add NAME AMOUNT [TIMES] */
static failure add(struct program *program, char *words[MOST_WORDS]) {
  struct counter counter;
  int64_t amount = 0, times = 1;
  failure wrong = must_have_joined(program);
  if (!wrong) wrong = number(words[2], -(int64_t)MOST_VALUE, &amount);
  if (!wrong && words[3] != NULL) wrong = number(words[3], 0, &times);
  if (!wrong) wrong = counter_open(&counter, &program->segment, words[1]);
  while (!wrong && times-- > 0) wrong = counter_add(&counter, &program->peer, amount);
  return wrong;
}

/* Every field follows from the number, so that a reader knows a mixture of two quotes when it sees one. */
static struct quote quote_of(uint64_t sequence) {
  struct quote quote = {.sequence = sequence, .bid = (double)sequence - 0.5, .ask = (double)sequence + 0.5};
  memcpy(quote.symbol, "FAMFS", 5);
  for (size_t i = 0; i < sizeof quote.depth / sizeof quote.depth[0]; i++) quote.depth[i] = (uint32_t)sequence;
  return quote;
}

/* write NAME SEQUENCE [LAST] */
static failure write_quotes(struct program *program, char *words[MOST_WORDS]) {
  struct record record;
  int64_t sequence = 0, last;
  uint64_t version;
  failure wrong = must_have_joined(program);
  if (!wrong) wrong = number(words[2], 0, &sequence);
  last = sequence;
  if (!wrong && words[3] != NULL) wrong = number(words[3], sequence, &last);
  if (!wrong) {
    wrong = record_open(&record, &program->segment, words[1], sizeof(struct quote), quote_fingerprint);
  }
  if (!wrong) wrong = record_take(&record, &program->peer, &version);
  if (wrong) return wrong;
  for (; sequence <= last; sequence++) {
    struct quote quote = quote_of((uint64_t)sequence);
    record_write(&record, &quote, ++version);
  }
  record_give_back(&record, &program->peer);
  return NULL;
}

/* read NAME [LAST]: once, or until the quote of this number is there, checking each. */
static failure read_quotes(struct program *program, char *words[MOST_WORDS]) {
  struct record record;
  struct quote quote = {0};
  int64_t last = -1;
  uint64_t version = 0, seen = 0, different = 0;
  failure wrong = record_open(&record, &program->segment, words[1], sizeof quote, quote_fingerprint);
  if (!wrong && words[2] != NULL) wrong = number(words[2], 0, &last);
  do {
    if (!wrong) wrong = record_read(&record, &quote, &version);
    if (wrong) return wrong;
    if (version == 0) continue;
    struct quote expected = quote_of(quote.sequence);
    if (last >= 0 && memcmp(&quote, &expected, sizeof quote) != 0) return failed("parts of two quotes, or half a one");
    if (version < seen) return failed("version %" PRIu64 " after %" PRIu64, version, seen);
    different += version > seen;
    seen = version;
  } while (last >= 0 && (version == 0 || quote.sequence < (uint64_t)last));
  if (version == 0) return failed("\"%s\" has no value yet", words[1]);
  printf("version %" PRIu64 ": %.8s %" PRIu64 " bid %.2f ask %.2f, %" PRIu64 " seen\n", version, quote.symbol,
         quote.sequence, quote.bid, quote.ask, different);
  return NULL;
}

static const struct {
  const char *name;
  int words;
  action run;
} COMMANDS[] = {{"list", 1, list}, {"participants", 1, participants}, {"value", 2, value},
                {"add", 3, add},   {"read", 2, read_quotes},          {"write", 3, write_quotes}};

static failure run(struct program *program, char *line) {
  char *words[MOST_WORDS] = {NULL}, *rest = NULL;
  int count = 0;
  for (char *word = strtok_r(line, " \n", &rest); word != NULL && count < MOST_WORDS - 1;
       word = strtok_r(NULL, " \n", &rest)) {
    words[count++] = word;
  }
  for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0] && count > 0; i++) {
    if (strcmp(words[0], COMMANDS[i].name) == 0 && count >= COMMANDS[i].words) return COMMANDS[i].run(program, words);
  }
  return failed(
      "expected list, participants, value NAME, add NAME AMOUNT [TIMES], read NAME [LAST], "
      "write NAME SEQUENCE [LAST]");
}

/* Each answer ends with a line of its own: ok, or what is wrong. */
static void answer(failure wrong) {
  if (wrong) printf("error: %s\n", wrong);
  if (!wrong) printf("ok\n");
  fflush(stdout);
}

int main(int count, char *arguments[]) {
  static struct program program;
  int64_t host = 0;
  if (count < 2 || count > 3) {
    fprintf(stderr, "usage: c-peer SEGMENT-FILE [HOST-INDEX] < commands\n");
    return 2;
  }
  program.joined = count == 3;
  failure wrong = program.joined ? number(arguments[2], 0, &host) : NULL;
  if (!wrong) wrong = segment_open(&program.segment, arguments[1], program.joined);
  if (!wrong && program.joined) wrong = join(&program.peer, &program.segment, (uint64_t)host, "c-peer");
  if (!wrong) {
    char line[256];
    answer(NULL);
    while (fgets(line, sizeof line, stdin) != NULL) answer(run(&program, line));
    if (program.joined) leave(&program.peer);
    segment_close(&program.segment);
    return 0;
  }
  fprintf(stderr, "c-peer: %s\n", wrong);
  return 1;
}
