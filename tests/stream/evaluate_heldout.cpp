// The held-out protocol against a plain recomputation from the snapshots themselves.
#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/evaluate_heldout.hpp>

#include "small_stream.hpp"

using namespace gaugeline;
using namespace gaugeline::stream;

namespace {

using Sequence = std::vector<std::string>;

// Slices 0 and 2 hold "w" tokens, slice 1 tokens of its own; there is no slice 3, but a slice 4.
void teach(const std::filesystem::path& directory) {
  SerialExecutor executor;
  auto run = LearningRun::open(directory, small_learner(), executor).value();
  std::uint64_t sequence = 0;
  for (const std::int64_t day : {0, 1, 2, 4}) {
    const testing::SequenceSlice slice(day, 30, 10, day == 1 ? "new" : "w");
    REQUIRE(run.process(slice.view(), "direct", ++sequence));
  }
}

const formats::SnapshotStore& small_store() { return taught_store<teach>(); }

Event tokens_on(std::int64_t day, Sequence tokens) {
  return {testing::day(day).begin + std::chrono::hours(5), "", "", TokensEvent{std::move(tokens)}};
}

HeldOutScores score(const std::vector<Event>& events, const HeldOutOptions& options = {}) {
  auto evaluation = HeldOutEvaluation::open(small_store(), options).value();
  for (const Event& event : events) REQUIRE(evaluation.add(event));
  return evaluation.score().value();
}

// ---- the same by brute force ----------------------------------------------------------------------------------------

std::map<std::string, double> uses_over_slices() {
  std::map<std::string, double> uses;
  const auto slices = small_store().slices().value();
  for (const std::uint64_t slice : slices) {
    const auto snapshot = small_store().load(slice).value();
    const auto items = snapshot.view().state.items;
    for (std::size_t row = 0; row < items.size(); ++row)
      uses[std::string(items.tokens[row])] += double{items.uses[row]};
  }
  return uses;
}

double product(const LearnerState<float>& state, const std::string& item, const std::string& context) {
  double sum = 0;
  for (std::size_t i = 0; i < state.items.size(); ++i) {
    for (std::size_t j = 0; j < state.contexts.size(); ++j) {
      if (state.items.tokens[i] != item || state.contexts.tokens[j] != context) continue;
      for (std::uint32_t c = 0; c < state.dimension; ++c) {
        sum += double{state.items.embeddings(static_cast<Eigen::Index>(i), c)} *
               double{state.contexts.embeddings(static_cast<Eigen::Index>(j), c)};
      }
    }
  }
  return sum;
}

// Kept tokens, the most used first, equal uses by text, with their weight in the draws.
std::vector<std::pair<std::string, double>> noise(float min_uses) {
  std::vector<std::pair<std::string, double>> kept;
  for (const auto& [token, count] : uses_over_slices()) {
    if (count >= double{min_uses}) kept.emplace_back(token, std::pow(count, .75));
  }
  std::stable_sort(kept.begin(), kept.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return kept;
}

std::string draw(const std::vector<std::pair<std::string, double>>& kept, Random& random) {
  double total = 0;
  for (const auto& [token, weight] : kept) total += weight;
  double rest = random.uniform() * total;
  for (const auto& [token, weight] : kept) {
    if (rest < weight) return token;
    rest -= weight;
  }
  return kept.back().first;
}

double log_sigmoid(double x) { return -std::log(1 + std::exp(-x)); }

HeldOutScore score_plainly(std::uint64_t slice, const std::vector<Sequence>& sequences, const HeldOutOptions& options) {
  const auto kept = noise(options.min_uses);
  const auto is_kept = [&](const std::string& token) {
    return std::ranges::any_of(kept, [&](const auto& entry) { return entry.first == token; });
  };
  const auto snapshot = small_store().load(slice).value();
  const auto state = snapshot.view().state;
  Random random(options.seed);
  HeldOutScore sums;
  for (Sequence sequence : sequences) {
    std::erase_if(sequence, [&](const std::string& token) { return !is_kept(token); });
    const auto size = static_cast<int>(sequence.size());
    for (int i = 0; i < size; ++i) {
      for (int j = 0; j < size; ++j) {
        if (i == j || std::abs(i - j) > static_cast<int>(options.window)) continue;
        const double positive =
            product(state, sequence[static_cast<std::size_t>(i)], sequence[static_cast<std::size_t>(j)]);
        ++sums.pairs;
        sums.score += log_sigmoid(positive);
        for (std::uint32_t k = 0; k < options.negatives; ++k) {
          const double negative = product(state, sequence[static_cast<std::size_t>(i)], draw(kept, random));
          sums.score += log_sigmoid(-negative);
          if (std::abs(positive - negative) < 1e-6)
            sums.area += .5;
          else if (positive > negative)
            sums.area += 1;
        }
      }
    }
  }
  const auto pairs = static_cast<double>(sums.pairs);
  return {sums.pairs, sums.score / pairs, sums.area / (pairs * options.negatives)};
}

// "unheard" has no use, "w1" 5, "w28" 7, "w0" 6, "new3" 10, and the others 13 and more; "new21" has no row in slice 0.
const Sequence first{"w3", "w2", "unheard", "w9", "w2", "w10", "w1"};
const Sequence second{"w4", "w5", "w4", "new3"};
const Sequence third{"w28", "new21", "w0", "w12"};

}  // namespace

TEST_CASE("held-out scores are those of a plain recomputation, with the snapshot after each slice") {
  const HeldOutOptions options{.window = 2, .negatives = 3, .min_uses = 12, .seed = 5};
  const auto scores = score({tokens_on(2, first), tokens_on(0, third), tokens_on(2, second)}, options);
  const auto early = score_plainly(0, {third}, options);
  const auto late = score_plainly(2, {first, second}, options);
  REQUIRE(scores.slices.size() == 4);
  for (const auto& [found, expected] : {std::pair(scores.slices[0], early), std::pair(scores.slices[2], late)}) {
    CHECK(found.score.pairs == expected.pairs);
    CHECK(found.score.score == doctest::Approx(expected.score).epsilon(1e-6));
    CHECK(found.score.area == doctest::Approx(expected.area).epsilon(1e-12));
  }
  CHECK(scores.slices[2].events == 2);
  CHECK(scores.slices[2].slice.interval == testing::day(2));
  CHECK(scores.slices[1].score.pairs == 0);
  const auto pairs = static_cast<double>(early.pairs + late.pairs);
  CHECK(scores.total.pairs == early.pairs + late.pairs);
  CHECK(scores.total.score ==
        doctest::Approx(
            (early.score * static_cast<double>(early.pairs) + late.score * static_cast<double>(late.pairs)) / pairs)
            .epsilon(1e-6));
}

TEST_CASE("tokens without a row in the slice are zero vectors") {
  // The tokens of slice 1 have no row in slice 0.
  const auto scores = score({tokens_on(0, {"new1", "new2", "new3"})}, {.negatives = 7, .min_uses = 1});
  CHECK(scores.total.pairs == 6);
  CHECK(scores.total.score == doctest::Approx(-8 * std::log(2.)).epsilon(1e-14));
  CHECK(scores.total.area == .5);
}

TEST_CASE("text is cut into tokens as in training") {
  const auto text = Event{testing::day(2).begin, "", "", TextEvent{"W3 w2, (unheard) W9!"}};
  const auto of_text = score({text});
  const auto of_tokens = score({tokens_on(2, {"w3", "w2", "unheard", "w9"})});
  CHECK(of_text.total.pairs == 6);
  CHECK(of_text.total.score == of_tokens.total.score);
}

TEST_CASE("a slice's figures depend on its own events only") {
  const auto alone = score({tokens_on(2, first)});
  const auto among = score({tokens_on(4, second), tokens_on(0, third), tokens_on(2, first)});
  CHECK(alone.slices[2].score.score == among.slices[2].score.score);
  CHECK(alone.slices[2].score.area == among.slices[2].score.area);
}

TEST_CASE("another seed draws other contexts") {
  CHECK(score({tokens_on(2, first)}).total.score != score({tokens_on(2, first)}, {.seed = 12}).total.score);
}

TEST_CASE("events outside of every slice and tokens left out are counted") {
  const auto scores = score({tokens_on(2, first), tokens_on(3, first), tokens_on(-1, first), tokens_on(5, first)});
  CHECK(scores.events == 4);
  CHECK(scores.events_outside == 3);
  CHECK(scores.tokens == 7);
  CHECK(scores.tokens_left_out == 2);
  CHECK(scores.kept == noise(10).size());
  // The end of a slice is not in it.
  CHECK(score({tokens_on(2, first), {testing::day(2).end, "", "", TokensEvent{first}}}).events_outside == 1);
}

TEST_CASE("what gives no held-out pair is an error that says why") {
  auto evaluation = HeldOutEvaluation::open(small_store(), {}).value();
  REQUIRE(evaluation.add(tokens_on(3, first)));
  REQUIRE(evaluation.add(tokens_on(2, {"w3", "unheard", "w1"})));
  const auto scores = evaluation.score();
  REQUIRE_FALSE(scores.has_value());
  CHECK(scores.error().code() == ErrorCode::bad_data);
  CHECK(scores.error().message() ==
        "no held-out pair: of 2 events 1 lie outside of every slice, and of the others' 3 tokens 2 are used less than "
        "10 times in the data directory");
}

TEST_CASE("events of other forms are refused") {
  auto evaluation = HeldOutEvaluation::open(small_store(), {}).value();
  const Time time = testing::day(0).begin;
  CHECK(evaluation.add({time, "", "", BagEvent{{"w1", "w2"}}}).error().code() == ErrorCode::bad_data);
  CHECK(evaluation.add({time, "", "", PairEvent{"w1", "w2"}}).error().code() == ErrorCode::bad_data);
}

TEST_CASE("an option out of range, values, or no snapshot at all is an error") {
  const auto code = [](const formats::SnapshotStore& store, const HeldOutOptions& options) {
    return HeldOutEvaluation::open(store, options).error().code();
  };
  CHECK(code(small_store(), {.window = 0}) == ErrorCode::invalid_argument);
  CHECK(code(small_store(), {.window = max_window + 1}) == ErrorCode::invalid_argument);
  CHECK(code(small_store(), {.negatives = 0}) == ErrorCode::invalid_argument);
  CHECK(code(small_store(), {.min_uses = -1}) == ErrorCode::invalid_argument);
  CHECK(code(small_store(), {.min_uses = std::nanf("")}) == ErrorCode::invalid_argument);

  const TemporaryDirectory directory;
  CHECK(code(formats::SnapshotStore::create(directory.path()).value(), {}) == ErrorCode::not_found);
  SerialExecutor executor;
  const auto options = testing::small_options(Likelihood::gaussian);
  auto run = LearningRun::open(directory.path(), options, executor).value();
  REQUIRE(run.process(testing::ValueSlice(0).view(), "direct", 1));
  CHECK(code(formats::SnapshotStore::open(directory.path()).value(), {}) == ErrorCode::invalid_argument);
}
