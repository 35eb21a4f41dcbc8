#include <cmath>

#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

// One run for all protocols: it is only read.
const std::string& data() {
  static const TemporaryDirectory folder;
  static const std::string option = [] {
    write_text(folder / "events.ndjson", moving_word_events());
    must("train '" + (folder / "events.ndjson").native() + "' --out '" + (folder / "run").native() + "'" +
         small_skipgram_learner);
    return " --data '" + (folder / "run").native() + "' ";
  }();
  return option;
}

// `evaluate PROTOCOL`, with a file of this content as the value of `flag`.
gaugeline::test::Outcome evaluate(const std::string& protocol, const std::string& flag, const std::string& content,
                                  const std::string& more = " --json") {
  const TemporaryDirectory folder;
  write_text(folder / "known.txt", content);
  return launch("evaluate " + protocol + data() + flag + " '" + (folder / "known.txt").native() + "'" + more);
}

gaugeline::test::Outcome analogies(const std::string& gold) { return evaluate("analogies", "--gold", gold); }

// The number that follows the first `name` in JSON.
double number(std::string_view json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\": ");
  REQUIRE(at != std::string_view::npos);
  return std::stod(std::string(json.substr(at + name.size() + 4)));
}

}  // namespace

TEST_CASE("a token that stays is its own analogue") {
  const auto outcome = analogies("silver\t2004\tsilver\t2004\nmedal\t2001\tmedal\t2001\n");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "\"lines\": 2, \"answered\": 2, \"mrr\": 1, \"precision_at_1\": 1,"));
}

TEST_CASE("analogies that cannot be answered are counted by their reason") {
  const auto outcome = analogies(
      "silver\t1066\tsilver\t2004\nnone\t2004\tsilver\t2004\nsilver\t2004\tnone\t2004\nsilver\t2000\tribbon\t2004\n");
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "\"answered\": 0, \"mrr\": 0,"));
  CHECK(
      contains(outcome.out, "{\"no_slice\": 1, \"token_unknown\": 1, \"expected_unknown\": 1, \"expected_rare\": 1}"));
}

TEST_CASE("a gold line that is no analogy is named") {
  const auto outcome = analogies("silver\t2004\tsilver\t2004\nsilver\t2004\n");
  CHECK(outcome.status == 65);
  CHECK(contains(outcome.err, "known.txt:2: not token, time, token, time"));
}

TEST_CASE("held-out text is scored against every slice's model, and what has no place is counted") {
  const std::string held =
      "{\"time\": \"2001-03-01\", \"text\": \"Silver, coin; gold - money!\"}\n"
      "{\"time\": \"2004-03-01\", \"tokens\": [\"medal\", \"unheard\", \"race\", \"gold\"]}\n"
      "{\"time\": \"1999-03-01\", \"text\": \"silver coin\"}\n"
      "{\"time\": \"2001-03-01\", \"bag\": [\"silver\", \"coin\"]}\n"
      "no event\n";
  const auto outcome = evaluate("heldout", "--held", held);
  CHECK(outcome.status == 0);
  CHECK(outcome.out.starts_with("{\"pairs\": 18, \"score\": -"));
  CHECK(number(outcome.out, "score") > -6 * std::log(2.));
  CHECK(number(outcome.out, "auc") > .5);
  CHECK(contains(outcome.out,
                 "\"events\": 3, \"events_outside\": 1, \"bad_lines\": 2, \"tokens\": 8, "
                 "\"tokens_left_out\": 1, \"oversized_tokens\": 0, \"kept\": 11, \"window\": 5, "
                 "\"negatives\": 5, \"min_uses\": 10, \"seed\": 11, \"slices\": [{\"slice\": "
                 "{\"index\": 0, \"begin\": \"2000-01-01T00:00:00Z\", "));
  CHECK(count(outcome.out, "\"slice\": ") == 6);
  CHECK(count(outcome.out, "\"events\": 1, \"pairs\": 12, ") == 1);
  CHECK(count(outcome.out, "\"events\": 0, \"pairs\": 0, \"score\": null, \"auc\": null}") == 4);
  CHECK(contains(outcome.err, "known.txt:4: neither text nor tokens"));
  CHECK(contains(outcome.err, "known.txt:5: "));

  const auto text = evaluate("heldout", "--held", held, "");
  CHECK(contains(text.out,
                 "  pairs 18\n3 events, 1 outside of every slice; 2 bad lines\n"
                 "8 tokens, 1 left out: used less than 10 times in 6 slices\n"));
  CHECK(evaluate("heldout", "--held", held, " --strict").status == 65);
  CHECK(number(evaluate("heldout", "--held", held, " --window 1 --json").out, "pairs") == 10);
}

TEST_CASE("held-out files that give no pair are bad data") {
  const auto outcome = evaluate("heldout", "--held", "{\"time\": \"1999-03-01\", \"text\": \"silver coin\"}\n");
  CHECK(outcome.status == 65);
  CHECK(outcome.out.empty());
  CHECK(contains(outcome.err, "no held-out pair: of 1 events 1 lie outside of every slice"));
}

TEST_CASE(
    "the drift of targets is held against controls and all other frequent tokens, and targets left out are counted") {
  const std::string gold =
      "kind\ttarget\tdrift\tyear\nstep\tgold\t1\t2003\nnone\tsilver\t0\t\n\nnone\tmedal\t0\t\nstep\tunheard\t1\t1\n"
      "step\tcopper\t1\t2003\n";
  const auto outcome = evaluate("drift", "--gold", gold, " --side 2 --min-uses 200 --json");
  CHECK(outcome.status == 0);
  CHECK(
      outcome.out.starts_with("{\"over_cuts\": {\"controls\": {\"auc\": 1, \"standard_error\": null, \"drifting\": 1, "
                              "\"others\": 2}, \"all_others\": {\"auc\": 1, "));
  CHECK(contains(outcome.out, "\"first_last\": {\"controls\": {"));
  CHECK(contains(outcome.out,
                 "\"drifting\": 1, \"controls\": 2, \"left_out\": {\"unknown\": 1, \"rare\": 1}, "
                 "\"frequent\": 9, \"slices\": 6, \"min_uses\": 200, \"side\": 2}"));
  const auto text = evaluate("drift", "--gold", gold, " --side 2 --min-uses 200");
  CHECK(contains(text.out, "\nmaximum over cuts               1.000"));
  CHECK(contains(text.out,
                 "1 targets that drift, 2 controls, 6 further tokens, 6 slices\n"
                 "left out of the targets: 1 unknown, 1 used less than 200 times\n"));
}

TEST_CASE("a gold line of drift that is wrong is named with its reason") {
  const auto complaint = [](const std::string& gold) {
    const auto outcome = evaluate("drift", "--gold", gold, " --side 2");
    CHECK(outcome.status == 65);
    CHECK(outcome.out.empty());
    return outcome.err;
  };
  CHECK(contains(complaint("token\tdrift\ngold\t1\n"), "known.txt:1: no column 'target'"));
  CHECK(contains(complaint("target\tdrifts\ngold\t1\n"), "known.txt:1: no column 'drift'"));
  CHECK(contains(complaint("target\tdrift\ngold\t1\nsilver\n"), "known.txt:3: 1 fields, but the first line names 2"));
  CHECK(contains(complaint("target\tdrift\ngold\tyes\n"), "known.txt:2: drift is 'yes', neither 0 nor 1"));
  CHECK(contains(complaint("target\tdrift\n\t1\n"), "known.txt:2: target is empty"));
  CHECK(contains(complaint("target\tdrift\ngold\t1\ngold\t0\n"), "known.txt:3: 'gold' is target number 1 already"));
  CHECK(contains(complaint("target\tdrift\n"), "known.txt: no target"));
  CHECK(contains(complaint("target\tdrift\n" + std::string(70000, 'g') + "\t1\n"), "known.txt:2: longer than 65536"));
}

TEST_CASE("drift over cuts with more slices on a side than there are is wrong usage that says what to do") {
  const auto outcome = evaluate("drift", "--gold", "target\tdrift\ngold\t1\n");
  CHECK(outcome.status == 2);
  CHECK(contains(outcome.err, "there are 6 slices, too few for 5 on each side of a cut: take 3 or fewer on a side"));
}

TEST_CASE("a file of known answers that is not there is an input error, and named") {
  for (const std::string protocol : {"heldout --held", "drift --gold", "analogies --gold"}) {
    CAPTURE(protocol);
    const auto outcome = launch("evaluate " + protocol + " nowhere.txt" + data());
    CHECK(outcome.status == 74);
    CHECK(contains(outcome.err, "nowhere.txt"));
  }
}
