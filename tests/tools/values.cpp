// Ratings, from events to a ranked list.
#include <cmath>
#include <vector>

#include "small_streams.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace {

// Five days of ratings by 20 users of 10 films: film 7 is liked best, film 3 least; odd users like odd films one
// better.
std::string rating_events() {
  const std::vector<double> levels{0, .2, -.4, -1.5, .6, .1, -.3, 1.5, .4, -.1};
  std::string lines;
  for (int day = 1; day <= 5; ++day) {
    for (int user = 0; user < 20; ++user) {
      for (int film = 0; film < 10; ++film) {
        const double noise = .1 * std::sin(12.9898 * (day + 10. * user + 1000. * film));
        const double value =
            3.5 + levels.at(static_cast<std::size_t>(film)) + (user % 2 == film % 2 ? .5 : -.5) + .02 * user + noise;
        lines += "{\"time\": \"2024-01-0" + std::to_string(day) + "\", \"item\": \"user:" + std::to_string(user) +
                 "\", \"context\": \"film:" + std::to_string(film) + "\", \"value\": " + std::to_string(value) + "}\n";
      }
    }
  }
  return lines;
}

struct RatingRun {
  TemporaryDirectory folder;
  std::string lines;

  explicit RatingRun(const std::string& options = {}, const std::string& form = " --json") {
    write_text(folder / "ratings.ndjson", rating_events());
    lines = must("train '" + (folder / "ratings.ndjson").native() + "' --every day --out '" +
                 (folder / "run").native() + "' --dim 4 --item-capacity 64 --context-capacity 64" +
                 " --slice-token-capacity 64 --observation-capacity 4096" + options + form);
  }
  [[nodiscard]] std::string data() const { return " --data '" + (folder / "run").native() + "'"; }
};

double number_after(std::string_view text, std::string_view name) {
  const std::size_t at = text.find(name);
  REQUIRE(at != std::string_view::npos);
  return std::stod(std::string(text.substr(at + name.size(), 30)));
}

}  // namespace

TEST_CASE("contexts are ranked for an item by what it is expected to give them, offsets included") {
  const RatingRun run;
  const std::string answer = must("query score --item user:5 --k 3 --json" + run.data());
  CHECK(count(answer, "\"score\": ") == 4);  // the list and its three
  CHECK(contains(answer, "\"score\": [{\"token\": \"film:7\", \"score\": "));
  CHECK(number_after(answer, "\"film:7\", \"score\": ") == doctest::Approx(3.5 + 1.5 + .5 + .1).epsilon(.05));
  const std::string all = must("query score --item user:4 --k 100 --json" + run.data());
  CHECK(count(all, "\"token\": ") == 10);
  CHECK(all.rfind("film:3") > all.rfind("film:2"));  // the last
  CHECK(number_after(all, "\"film:3\", \"score\": ") == doctest::Approx(3.5 - 1.5 - .5 + .08).epsilon(.1));
}

TEST_CASE("scores are asked for by slice, and an unknown item is told from its neighbours in spelling") {
  const RatingRun run;
  CHECK(contains(must("query score --item user:5 --slice 2024-01-02 --json" + run.data()), "\"index\": 1,"));
  const std::string text = must("query score --item user:5 --k 1" + run.data());
  CHECK(text.starts_with("Contexts for user:5 in slice 4 (2024-01-05)\n\ncontext"));
  CHECK(contains(launch("query score --item usr:5" + run.data()).err, "did you mean user:5"));
}

TEST_CASE("train tells the score of the offsets alone, which the embeddings beat where taste differs") {
  const RatingRun run;
  CHECK(count(run.lines, "\"baseline_score\": ") == 4);  // the first slice has no model before it
  const std::string last = run.lines.substr(run.lines.rfind("{\"index\""));
  CHECK(number_after(last, "\"score\": ") > number_after(last, "\"baseline_score\": ") + .3);
  CHECK(contains(RatingRun({}, "").lines, "  offsets alone -"));
  CHECK(!contains(RatingRun(" --offsets none").lines, "baseline_score"));
}

TEST_CASE("info tells the mean and the noise that are in force") {
  const RatingRun run;
  const std::string info = must("snapshot info --json '" + (run.folder / "run").native() + "'");
  CHECK(number_after(info, "\"mean\": ") == doctest::Approx(3.5 + .19).epsilon(.05));
  CHECK(number_after(info, "\"noise_deviation\": ") < .2);
  CHECK(contains(must("snapshot info '" + (run.folder / "run").native() + "'"), "values: mean 3."));
}

TEST_CASE("of skip-gram the score is the product of the vectors") {
  const TemporaryDirectory folder;
  write_text(folder / "events.ndjson", moving_word_events());
  must("train '" + (folder / "events.ndjson").native() + "' --out '" + (folder / "run").native() + "'" +
       small_skipgram_learner + " --diffusion 1");
  const std::string answer =
      must("query score --item silver --k 4 --slice 0 --json --data '" + (folder / "run").native() + "'");
  for (const char* token : {"coin", "gold", "money", "bank"}) CHECK(contains(answer, token));
}
