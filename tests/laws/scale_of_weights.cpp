// What counts is how much the data weigh against the prior: weights of pairs, precision of the prior and 1/diffusion
// times the same factor give the same embeddings and scores, and that factor on every precision.
#include <doctest/doctest.h>

#include <vector>

#include <gaugeline/online_learner.hpp>
#include <gaugeline/random.hpp>
#include <support/reference_runs.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

constexpr std::size_t token_count = 120;

std::vector<PairCount> pairs_of(int number, float factor) {
  Random random(static_cast<std::uint64_t>(number) + 3);
  std::vector<PairCount> pairs;
  for (int k = 0; k < 2000; ++k) {
    const auto item = static_cast<std::uint32_t>(random.bits() % token_count);
    const auto context = static_cast<std::uint32_t>((item + random.bits() % 12) % token_count);
    pairs.push_back({item, context, factor * static_cast<float>(1 + random.bits() % 3)});
  }
  return pairs;
}

struct Run {
  OnlineLearner<double> learner;
  std::vector<double> scores;
};

Run run(float factor) {
  Options options = small_options();
  options.prior_precision *= factor;
  options.diffusion /= factor;
  options.diffusion_min /= factor;
  options.diffusion_max /= factor;
  Run result{OnlineLearner<double>::create(options).value(), {}};
  SerialExecutor serial;
  const OwnedTokens tokens = numbered_tokens("t", token_count);
  for (int t = 0; t < 5; ++t) {
    const auto pairs = pairs_of(t, factor);
    SliceView slice;
    slice.interval = day(t);
    slice.item_tokens = tokens.list();
    slice.contexts_are_items = true;
    slice.pairs = pairs;
    result.scores.push_back(result.learner.learn(slice, serial).value().score);
  }
  return result;
}

}  // namespace

TEST_CASE("weights, prior precision and certainty of the walk times one factor: the same embeddings") {
  const Run one = run(1);
  const auto table = stacked(one.learner.state());
  for (const float factor : {.125F, 16.F}) {
    CAPTURE(factor);
    const Run scaled = run(factor);
    CHECK((stacked(scaled.learner.state()) - table).norm() <= 1e-10 * table.norm());
    for (std::size_t t = 0; t < one.scores.size(); ++t)
      CHECK(scaled.scores[t] == doctest::Approx(one.scores[t]).epsilon(1e-10));
    const auto before = one.learner.state().items.precision;
    const auto after = scaled.learner.state().items.precision;
    for (std::size_t row = 0; row < before.size(); ++row)
      CHECK(after[row] == doctest::Approx(static_cast<double>(factor) * before[row]).epsilon(1e-10));
  }
}
