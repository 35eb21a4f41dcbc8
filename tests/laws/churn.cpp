// An open vocabulary in fixed memory: what comes and goes leaves the others where they are.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <support/reference_runs.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

enum class Churn : std::uint8_t { none, three_percent };

// G2 without coherent drift; with churn, 6 of 200 items and of 200 contexts get a new name in every slice, so that
// their old rows die out and new ones begin. Static drift of the rows that keep their name, as in
// run_gaussian_reference.
double static_drift_of_survivors(std::uint64_t seed, Churn churn) {
  constexpr std::size_t rows = 200, replaced = 6, churning = 100;  // the first 100 take turns
  GaussianStreamOptions stream_options;
  stream_options.seed = seed;
  stream_options.rows = rows;
  GaussianStream stream(stream_options);
  auto learner = OnlineLearner<float>::create(gaussian_reference_options(seed)).value();
  SerialExecutor serial;
  std::vector<int> names(rows, 0);
  std::vector<Eigen::VectorXf> base(rows);
  double drift = 0, norm = 0;
  for (int t = 0; t < 40; ++t) {
    stream.next();
    if (churn == Churn::three_percent && t > 0) {
      for (std::size_t i = 0; i < replaced; ++i) ++names[(static_cast<std::size_t>(t) * replaced + i) % churning];
    }
    OwnedTokens tokens;
    for (std::size_t i = 0; i < rows; ++i) tokens.add(std::to_string(i) + "." + std::to_string(names[i]));
    SliceView slice;
    slice.interval = day(t);
    slice.item_tokens = slice.context_tokens = tokens.list();
    slice.values = stream.values();
    REQUIRE(learner.learn(slice, serial));
    const auto state = learner.state();
    for (std::size_t i = churning; i < rows; ++i) {
      if (stream.drifts()[i] != 0) continue;
      const RowIndex row = learner.find(Side::items, tokens.list()[i]);
      REQUIRE(row != no_row);
      const Eigen::VectorXf z = state.items.embeddings.row(row).transpose();
      if (t == 10) base[i] = z;
      if (t < 39) continue;
      drift += static_cast<double>((z - base[i]).squaredNorm());
      norm += static_cast<double>(base[i].squaredNorm());
    }
  }
  return drift / norm;
}

}  // namespace

TEST_CASE("rows that come and go, 3 % a slice, move the others by at most a fifth more") {
  for (const std::uint64_t seed : {11U, 12U, 13U}) {
    const double still = static_drift_of_survivors(seed, Churn::none);
    const double churned = static_drift_of_survivors(seed, Churn::three_percent);
    MESSAGE("seed ", seed, ": static drift ", still, " without churn, ", churned, " with");
    CHECK(churned <= 1.2 * still);
  }
}

TEST_CASE("a million tokens through 20,000 rows: the frequent ones are there, and the memory is what was announced") {
  constexpr std::uint32_t frequent = 5000, strangers = 10000, slices = 100;
  Options options = Options::skipgram();
  options.dimension = 4;
  options.first_slice_sweeps = options.sweeps = 1;
  options.item_capacity = options.context_capacity = 20000;
  options.slice_token_capacity = frequent + strangers;
  options.observation_capacity = 1U << 16U;
  std::vector<std::byte> memory(memory_bytes<float>(options) + 64);
  const std::size_t offset = (64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64) % 64;
  auto learner =
      OnlineLearner<float>::create(options, std::span(memory).subspan(offset, memory_bytes<float>(options))).value();
  SerialExecutor serial;
  std::uint32_t most_rows = 0;
  for (std::size_t t = 0; t < slices; ++t) {
    OwnedTokens tokens = numbered_tokens("frequent", frequent);
    for (std::size_t i = 0; i < strangers; ++i) tokens.add("s" + std::to_string(t * strangers + i));
    std::vector<PairCount> pairs;
    pairs.reserve(frequent + strangers);
    for (std::uint32_t i = 0; i < frequent; ++i) pairs.push_back({i, (i + 1) % frequent, 3});
    for (std::uint32_t i = frequent; i < frequent + strangers; ++i) pairs.push_back({i, i % frequent, 1});
    SliceView slice;
    slice.interval = day(static_cast<std::int64_t>(t));
    slice.item_tokens = tokens.list();
    slice.contexts_are_items = slice.pairs_are_symmetric = true;
    slice.pairs = pairs;
    most_rows = std::max(most_rows, learner.learn(slice, serial).value().item_rows);
  }
  CHECK(most_rows == 20000);
  const OwnedTokens expected = numbered_tokens("frequent", frequent);
  for (std::size_t i = 0; i < frequent; ++i) {
    REQUIRE(learner.find(Side::items, expected.list()[i]) != no_row);
    REQUIRE(learner.state().items.born[learner.find(Side::items, expected.list()[i])] == 0);
  }
}
