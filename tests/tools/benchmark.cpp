#include <filesystem>

#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

// `bench` on the events of a word that moves, 3,600 words in six years.
Outcome bench(const std::string& more) {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", moving_word_events());
  return launch("bench '" + (folder / "events.ndjson").native() + "'" + small_skipgram_learner + more);
}

// The number that follows the first `name` in JSON.
double number(std::string_view json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\": ");
  REQUIRE(at != std::string_view::npos);
  return std::stod(std::string(json.substr(at + name.size() + 4)));
}

}  // namespace

TEST_CASE("bench says how many words a CPU second learns, where the time goes, and what came of it") {
  const auto outcome = bench(" --rounds 2 --threads 1");
  CAPTURE(outcome.out);
  CAPTURE(outcome.err);
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out.starts_with("3,600 words in 6 slices, dimension 6, threads 1, rounds 2\n"));
  for (const char* line : {"\ncutting events, once ", "\nreading ", "\nlearning ", "\nwriting ",
                           "\nwords per CPU second ", "\nprequential score -", "\npeak memory "}) {
    CAPTURE(line);
    CHECK(contains(outcome.out, line));
  }
}

TEST_CASE("bench as JSON has every round, and a score") {
  const auto outcome = bench(" --rounds 3 --json");
  CAPTURE(outcome.out);
  REQUIRE(outcome.status == 0);
  CHECK(outcome.out.starts_with("{\"observations\": 3600, \"unit\": \"words\", \"slices\": 6, \"dimension\": 6, "));
  CHECK(outcome.out.ends_with("}\n"));
  CHECK(count(outcome.out, "{") == count(outcome.out, "}"));
  CHECK(count(outcome.out, "{\"reading_seconds\": ") == 3);
  CHECK(number(outcome.out, "median") >= number(outcome.out, "least"));
  CHECK(number(outcome.out, "median") <= number(outcome.out, "most"));
  CHECK(number(outcome.out, "peak_bytes") > 1e6);
  CHECK(number(outcome.out, "score") < 0);
}

TEST_CASE("bench leaves no files") {
  const TemporaryDirectory folder;
  const auto outcome = launch("bench --rounds 1 --dim 4 --threads 1", {}, "TMPDIR='" + (folder / "").native() + "'");
  CHECK(outcome.status == 0);
  CHECK(outcome.out.starts_with("240,000 words in 12 slices, dimension 4"));
  CHECK(std::filesystem::is_empty(folder / ""));
}

TEST_CASE("bench refuses to compare with what it cannot run, or on nothing") {
  const auto nobody = bench(" --against nobody");
  CHECK(nobody.status == 2);
  CHECK(contains(nobody.err, "--against: nobody not in {fasttext,gensim}"));
  const auto nothing = launch("bench --against gensim");
  CHECK(nothing.status == 2);
  CHECK(contains(nothing.err, "no FILE is given"));
  const auto picture = bench(" --picture x.svg");
  CHECK(picture.status == 2);
  CHECK(contains(picture.err, "--picture goes with --against"));
}

TEST_CASE("bench compares on sequences only") {
  const auto outcome = launch("bench - --against gensim --every day",
                              "{\"time\": 0, \"item\": \"a\", \"context\": \"b\", \"value\": 1}\n");
  CHECK(outcome.status == 65);
  CHECK(contains(outcome.err, "--against compares on text or tokens"));
}
