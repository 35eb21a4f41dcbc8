/* Learns two days of bags in C, one from events and one from a slice, and checks what comes out. */
#include <gaugeline/gaugeline.h>
#include <stdio.h>
#include <string.h>

#define DAY_MICROSECONDS INT64_C(86400000000)

/* Ends the program with a number of its own where a call fails. */
#define REQUIRE(condition)                                                       \
  do {                                                                           \
    if (!(condition)) {                                                          \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, error.message); \
      return 1;                                                                  \
    }                                                                            \
  } while (0)

static const char* const lines =
    "{\"time\": \"1970-01-01\", \"tokens\": [\"apple\", \"pear\", \"juice\", \"apple\", \"pear\", \"juice\"]}\n"
    "{\"time\": \"1970-01-01\", \"tokens\": [\"wheel\", \"brake\", \"road\", \"wheel\", \"brake\", \"road\"]}\n";

int main(void) {
  gaugeline_error error;
  gaugeline_options* options = NULL;
  gaugeline_learner* learner = NULL;
  int32_t learnt = 0;

  memset(&error, 0, sizeof error);
  REQUIRE(gaugeline_abi_version() == GAUGELINE_ABI_VERSION);
  REQUIRE(gaugeline_options_create("skipgram", &options, &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_options_set(options, "dimension", "8", &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_options_set(options, "item_capacity", "64", &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_options_set(options, "context_capacity", "64", &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_options_set(options, "observation_capacity", "4096", &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_options_set(options, "every", "day", &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_learner_create(options, &learner, &error) == GAUGELINE_OK);

  /* From events. */
  gaugeline_events_taken taken = GAUGELINE_SIZED(gaugeline_events_taken);
  REQUIRE(gaugeline_learner_feed_events(learner, lines, strlen(lines), &taken, &error) == GAUGELINE_OK);
  REQUIRE(taken.counted == 2 && taken.refused == 0);
  REQUIRE(gaugeline_learner_end_events(learner, &error) == GAUGELINE_OK);
  gaugeline_report report = GAUGELINE_SIZED(gaugeline_report);
  REQUIRE(gaugeline_learner_step(learner, &report, &learnt, &error) == GAUGELINE_OK && learnt == 1);
  REQUIRE(report.item_rows == 6 && report.begin == 0 && report.end == DAY_MICROSECONDS);

  /* From arrays: a new word comes beside apple and pear. */
  static const char words[] = "applepearcider";
  static const uint32_t ends[] = {5, 9, 14};
  static const gaugeline_pair pairs[] = {{0, 1, 20}, {0, 2, 20}, {1, 2, 20}};
  gaugeline_slice slice = GAUGELINE_SIZED(gaugeline_slice);
  slice.begin = DAY_MICROSECONDS;
  slice.end = 2 * DAY_MICROSECONDS;
  slice.item_tokens.bytes = words;
  slice.item_tokens.byte_count = strlen(words);
  slice.item_tokens.ends = ends;
  slice.item_tokens.count = 3;
  slice.contexts_are_items = 1;
  slice.pairs_are_symmetric = 1;
  slice.pairs = pairs;
  slice.pair_count = 3;
  REQUIRE(gaugeline_learner_feed_slice(learner, &slice, &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_learner_step(learner, &report, &learnt, &error) == GAUGELINE_OK && learnt == 1);
  REQUIRE(report.slice == 1 && report.new_item_rows == 1 && report.observations == 120);

  /* What was learnt. */
  gaugeline_table items = GAUGELINE_SIZED(gaugeline_table);
  REQUIRE(gaugeline_learner_table(learner, GAUGELINE_ITEMS, &items, &error) == GAUGELINE_OK);
  REQUIRE(items.rows == 7 && items.dimension == 8 && items.tokens.count == 7);
  uint32_t row = GAUGELINE_NO_ROW;
  REQUIRE(gaugeline_learner_find(learner, GAUGELINE_ITEMS, "cider", GAUGELINE_NUL_TERMINATED, &row, &error) ==
          GAUGELINE_OK);
  REQUIRE(row == 6 && items.uses[row] > 0 && items.precision[row] > 0);
  gaugeline_neighbor found[2];
  uint32_t count = 0;
  REQUIRE(gaugeline_learner_neighbors(learner, "cider", 5, 0, found, 2, &count, &error) == GAUGELINE_OK);
  REQUIRE(count == 2 && found[0].similarity >= found[1].similarity);
  float near_by = 0, far_off = 0;
  REQUIRE(gaugeline_learner_similarity(learner, "cider", 5, "apple", 5, &near_by, &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_learner_similarity(learner, "cider", 5, "brake", 5, &far_off, &error) == GAUGELINE_OK);
  REQUIRE(near_by > far_off);

  /* An error is told, and the learner goes on. */
  REQUIRE(gaugeline_learner_feed_slice(learner, &slice, &error) == GAUGELINE_OUT_OF_ORDER && error.message[0] != '\0');
  REQUIRE(gaugeline_learner_step(learner, NULL, &learnt, NULL) == GAUGELINE_OK && learnt == 0);

  /* What was saved is loaded. */
  REQUIRE(gaugeline_learner_save(learner, "consumer.snapshot", &error) == GAUGELINE_OK);
  gaugeline_learner_destroy(learner);
  REQUIRE(gaugeline_learner_load("consumer.snapshot", NULL, &learner, &error) == GAUGELINE_OK);
  REQUIRE(gaugeline_learner_report(learner, &report, &error) == GAUGELINE_OK && report.slice == 1);
  gaugeline_learner_destroy(learner);
  gaugeline_options_destroy(options);
  return remove("consumer.snapshot");
}
