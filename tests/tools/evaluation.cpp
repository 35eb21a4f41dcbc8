#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

gaugeline::test::Outcome evaluate(const std::string& gold) {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", moving_word_events());
  write_text(folder / "gold.tsv", gold);
  must("train '" + (folder / "events.ndjson").native() + "' --out '" + (folder / "run").native() + "'" +
       small_skipgram_learner);
  return launch("evaluate analogies --json --data '" + (folder / "run").native() + "' --gold '" +
                (folder / "gold.tsv").native() + "'");
}

}  // namespace

TEST_CASE("a token that stays is its own analogue") {
  const auto outcome = evaluate("silver\t2004\tsilver\t2004\nmedal\t2001\tmedal\t2001\n");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "\"lines\": 2, \"answered\": 2, \"mrr\": 1, \"precision_at_1\": 1,"));
}

TEST_CASE("analogies that cannot be answered are counted by their reason") {
  const auto outcome = evaluate(
      "silver\t1066\tsilver\t2004\nnone\t2004\tsilver\t2004\nsilver\t2004\tnone\t2004\nsilver\t2000\tribbon\t2004\n");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "\"answered\": 0, \"mrr\": 0,"));
  CHECK(
      contains(outcome.out, "{\"no_slice\": 1, \"token_unknown\": 1, \"expected_unknown\": 1, \"expected_rare\": 1}"));
}

TEST_CASE("a gold line that is no analogy is named") {
  const auto outcome = evaluate("silver\t2004\tsilver\t2004\nsilver\t2004\n");
  CHECK(outcome.status == 65);
  CHECK(contains(outcome.err, "gold.tsv:2: not token, time, token, time"));
}
