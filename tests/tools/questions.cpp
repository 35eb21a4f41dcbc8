#include <algorithm>

#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

// One run for all questions: it is only read.
const std::string& data() {
  static const TemporaryDirectory folder;
  static const std::string option = [] {
    write_text(folder / "events.ndjson", moving_word_events());
    must("train '" + (folder / "events.ndjson").native() + "' --out '" + (folder / "run").native() + "'" +
         small_skipgram_learner + " --diffusion 1");
    return " --data '" + (folder / "run").native() + "'";
  }();
  return option;
}

std::string ask(const std::string& question) { return must("query " + question + data() + " --json"); }

// The first token of a list: the best answer.
std::string first_token(std::string_view json, std::string_view list) {
  const std::string begin = "\"" + std::string(list) + "\": [{\"token\": \"";
  const std::size_t at = json.find(begin);
  REQUIRE(at != std::string_view::npos);
  const std::size_t from = at + begin.size();
  return std::string(json.substr(from, json.find('"', from) - from));
}

bool is_one_of(const std::string& token, const std::vector<std::string>& tokens) {
  return std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

const std::vector<std::string> money{"silver", "coin", "money", "bank"};
const std::vector<std::string> sport{"medal", "race", "winner", "games"};

}  // namespace

TEST_CASE("neighbours change with the use of a word") {
  CHECK(is_one_of(first_token(ask("neighbors --token gold --slice 2002"), "neighbors"), money));
  CHECK(is_one_of(first_token(ask("neighbors --token gold --slice -1 --min-uses 1"), "neighbors"), sport));
}

TEST_CASE("neighbours are as many as asked for, without the token itself, best first") {
  const std::string answer = ask("neighbors --token silver --k 3 --slice 0");
  CHECK(count(answer, "\"similarity\": ") == 3);
  CHECK(count(answer, "\"token\": \"silver\"") == 1);  // as the question
  CHECK(contains(answer, "\"slice\": {\"index\": 0, \"begin\": \"2000-01-01T00:00:00Z\""));
}

TEST_CASE("a slice is named by its index, from the end, or by a time in it") {
  const std::string by_index = ask("neighbors --token gold --slice 4");
  CHECK(ask("neighbors --token gold --slice -2") == by_index);
  CHECK(ask("neighbors --token gold --slice 2004") == by_index);
  CHECK(ask("neighbors --token gold --slice 2004-11-30") == by_index);
  CHECK(ask("neighbors --token gold --slice 2004-11-30T12:00:00Z") == by_index);
}

TEST_CASE("a slice that is not there is an error that says why") {
  for (const std::string name : {"1066", "-7", "someday"}) {
    CAPTURE(name);
    const auto outcome = launch("query neighbors --token gold --slice " + name + data());
    CHECK(outcome.status != 0);
    CHECK(outcome.out.empty());
    CHECK_FALSE(outcome.err.empty());
  }
}

TEST_CASE("an unknown token is an error that suggests close ones") {
  const auto outcome = launch("query neighbors --token glod" + data());
  CHECK(outcome.status == 1);
  CHECK(contains(outcome.err, "did you mean gold"));
}

TEST_CASE("translate finds what stood where another word stands now") {
  const std::string answer = ask("translate --token winner --from 2005 --to 2000 --k 5");
  CHECK(is_one_of(first_token(answer, "translate"), sport));
  CHECK(count(answer, "\"similarity\": ") == 5);
}

TEST_CASE("similarity compares a token with each other one") {
  const std::string answer = ask("similarity --token silver --other coin,medal --other silver --slice 0");
  CHECK(count(answer, "\"token\": \"silver\", \"other\": ") == 3);
  CHECK(contains(answer, "\"other\": \"silver\", \"similarity\": 1"));
}

TEST_CASE("a trajectory has a point per slice, with neighbours or with the similarity to others") {
  const std::string alone = ask("trajectory --token gold --k 2");
  CHECK(count(alone, "\"self_similarity\": ") == 6);
  CHECK(count(alone, "\"neighbors\": [") == 6);
  CHECK(contains(alone, "\"distance\": 0, "));
  const std::string beside = ask("trajectory --token gold --other silver --other medal --from 2001");
  CHECK(count(beside, "\"self_similarity\": ") == 5);
  CHECK(count(beside, "{\"other\": \"silver\", \"similarity\": ") == 5);
}

TEST_CASE("drift ranks first what moved, with its neighbours then and now") {
  const std::string answer = ask("drift --from 2002 --to 2005 --min-uses 20 --skip-commonest 0 --k 3");
  CHECK(first_token(answer, "drift") == "gold");
  CHECK(count(answer, "\"neighbors_from\": [") == 3);
  CHECK(is_one_of(first_token(answer, "neighbors_from"), money));
  CHECK(is_one_of(first_token(answer, "neighbors_to"), sport));
}

TEST_CASE("drift leaves out the commonest and the rare") {
  CHECK(contains(ask("drift --min-uses 20 --skip-commonest 4"), "\"compared\": 5,"));
  CHECK(contains(ask("drift --min-uses 1000000 --skip-commonest 0"), "\"compared\": 0,"));
}

TEST_CASE("the drift of one token has a step for every two slices, the largest where its use changed") {
  const std::string answer = ask("drift --token gold --min-uses 20");
  CHECK(count(answer, "\"displacement\": ") == 5);
}

TEST_CASE("drift needs two slices in the order of time") {
  CHECK(launch("query drift --from 2004 --to 2001" + data()).status == 2);
  CHECK(launch("query drift --from 2004 --to 2004" + data()).status == 2);
}

TEST_CASE("without --json, answers are columns for people") {
  const std::string neighbors = must("query neighbors --token gold --slice 2002 --k 2" + data());
  CHECK(neighbors.starts_with("Nearest to gold in slice 2 (2002), where it has 60 uses\n\n"));
  CHECK(contains(neighbors, "similarity  uses\n"));
  const std::string drift = must("query drift --min-uses 20 --skip-commonest 0 --k 1" + data());
  CHECK(contains(drift, "near it in 2000"));
  CHECK(contains(drift, "near it in 2005"));
  CHECK(contains(must("query trajectory --token gold" + data()), "nearest\n"));
  CHECK(contains(must("query similarity --token gold --other medal" + data()), "medal"));
  CHECK(contains(must("query translate --token gold" + data()), "where gold stands in slice 5 (2005)"));
}

namespace {

// A Gaussian stream of which 30 % of the items move, enough of them for a null distribution.
const std::string& values() {
  static const TemporaryDirectory folder;
  static const std::string option = [] {
    simulate_gaussian(folder / "g.slices", 12);
    must("train '" + (folder / "g.slices").native() + "' --out '" + (folder / "run").native() + "'" +
         words(small_gaussian_learner));
    return " --data '" + (folder / "run").native() + "'";
  }();
  return option;
}

std::string ask_of_values(const std::string& question) { return must("query " + question + values() + " --json"); }

}  // namespace

TEST_CASE("of values, drift has a p-value and a false discovery rate for every item") {
  const std::string answer = ask_of_values("drift --from 3 --min-uses 1 --skip-commonest 0 --k 20");
  CHECK(contains(answer, "\"compared\": 200, \"insufficient_data\": 0, \"drift\": ["));
  CHECK(count(answer, "\"p_value\": ") == 20);
  CHECK(count(answer, "\"false_discovery_rate\": ") == 20);
  CHECK(count(answer, "\"p_value\": null") == 0);
  CHECK_FALSE(contains(answer, "\"reason\": "));
  const std::string text = must("query drift --from 3 --min-uses 1 --skip-commonest 0 --k 1" + values());
  CHECK(contains(text, "item       moved      p  false  self"));
}

TEST_CASE("a p-value does not depend on which items are asked for") {
  const auto first_p = [](const std::string& answer) {
    const std::size_t at = answer.find("\"p_value\": ");
    REQUIRE(at != std::string::npos);
    return answer.substr(at, answer.find(',', at) - at);
  };
  const std::string all = ask_of_values("drift --from 10 --to 11 --min-uses 1 --skip-commonest 0 --k 1");
  const std::string item = first_token(all, "drift");
  const std::string step = ask_of_values("drift --token " + item + " --from 10 --to 11 --min-uses 1");
  CHECK(first_p(step) == first_p(all));
}

TEST_CASE("items used too little are counted as insufficient data, and a step of one says so in words") {
  const std::string list = ask_of_values("drift --min-uses 1000000");
  CHECK(contains(list, "\"compared\": 0, \"insufficient_data\": 200, "));
  CHECK(contains(list, "\"reason\": \"insufficient data: "));
  const std::string item = first_token(ask_of_values("drift --min-uses 1 --skip-commonest 0 --k 1"), "drift");
  const std::string steps = ask_of_values("drift --token " + item + " --from 10 --to 11 --min-uses 1000000");
  CHECK(contains(steps, "\"displacement\": null, "));
  CHECK(contains(steps, "\"p_value\": null, \"reason\": \"insufficient data: fewer than 1000000 uses in one"));
}

TEST_CASE("of pair counts, drift has p-values as well") {
  const TemporaryDirectory folder;
  must("simulate --model skipgram --seed 5 --slices 7 --out '" + (folder / "g.slices").native() + "'");
  must("train '" + (folder / "g.slices").native() + "' --out '" + (folder / "run").native() + "' --dim 8");
  const std::string answer = must("query drift --data '" + (folder / "run").native() +
                                  "' --from 1 --min-uses 20 --skip-commonest 0 --k 10 --json");
  CHECK(count(answer, "\"p_value\": ") == 10);
  CHECK(count(answer, "\"p_value\": null") == 0);
  CHECK(count(answer, "\"false_discovery_rate\": null") == 0);
  CHECK_FALSE(contains(answer, "\"reason\": "));
}

TEST_CASE("without items or slices enough, drift only ranks, and says why") {
  const std::string few_items = ask("drift --from 2002 --to 2005 --min-uses 20 --skip-commonest 0 --k 3");
  CHECK(count(few_items, "\"displacement\": null") == 0);
  CHECK(count(few_items, "\"p_value\": null") == 3);
  CHECK(contains(few_items, "\"reason\": \"insufficient data: too few items"));
  CHECK(contains(must("query drift --min-uses 20 --skip-commonest 0 --k 1" + data()),
                 "no p-values: insufficient data: too few items"));
  const std::string few_slices = ask_of_values("drift --from 0 --to 3 --min-uses 1 --skip-commonest 0 --k 3");
  CHECK(count(few_slices, "\"displacement\": null") == 0);
  CHECK(count(few_slices, "\"p_value\": null") == 3);
  CHECK(contains(few_slices, "\"insufficient_data\": 200, \"reason\": \"insufficient data: too few slices"));
  CHECK(count(ask_of_values("drift --from 0 --to 4 --min-uses 1 --skip-commonest 0 --k 3"), "\"p_value\": null") == 0);
}

TEST_CASE("drift names the neighbours gained and lost") {
  const std::string answer = ask("drift --from 2002 --to 2005 --min-uses 20 --skip-commonest 0 --k 1");
  const auto names = [&](const std::string& list) {
    const std::size_t at = answer.find("\"" + list + "\": [");
    REQUIRE(at != std::string::npos);
    return answer.substr(at, answer.find(']', at) - at);
  };
  CHECK(contains(names("lost"), "\"coin\""));
  // Of five neighbours one may be a stranger that was near before: what is near now is either gained or was near.
  std::size_t gained = 0;
  for (const std::string& token : sport) {
    CAPTURE(token);
    const std::string quoted = "\"" + token + "\"";
    CHECK(contains(names("neighbors_to"), quoted));
    CHECK(contains(names("gained"), quoted) != contains(names("neighbors_from"), quoted));
    gained += contains(names("gained"), quoted) ? 1U : 0U;
  }
  CHECK(gained >= 3);
  for (const std::string& token : money) {
    CAPTURE(token);
    CHECK(contains(names("neighbors_to"), "\"" + token + "\"") != contains(names("lost"), "\"" + token + "\""));
  }
  CHECK(count(ask("drift --token gold --min-uses 20"), "\"gained\": [") == 5);
}
