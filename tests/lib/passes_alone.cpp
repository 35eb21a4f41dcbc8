// What passes do by themselves: the lean mode, without a sweep after them, and rows that the sweep leaves alone; and
// passes in the first slices only.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <support/same_state.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

Options lean_options() {
  Options options = small_options();
  options.pass_sweeps = 0;
  return options;
}

// With these precision and energy of a prediction are the last ones: nothing is forgotten.
Options lasting_options() {
  Options options = lean_options();
  options.diffusion = 0;
  options.diffusion_score_rate = 0;
  return options;
}

// Contexts 100 to 199 are absent from a slice of so many sequences: how many of them its sweep moves, where all 200
// were in the slice before.
std::size_t absent_contexts_swept(std::size_t sequences) {
  Options options = small_options();
  options.gauge = GaugeFixing::none;
  options.anchor_memory = 0;
  options.diffusion_score_rate = 0;
  auto swept = OnlineLearner<double>::create(options).value();
  options.pass_sweeps = 0;
  auto passed = OnlineLearner<double>::create(options).value();
  SerialExecutor serial;
  swept.learn(SequenceSlice(0, 200).view(), serial).value();
  passed.restore(swept.state()).value();
  const SequenceSlice slice(1, 100, sequences);
  swept.learn(slice.view(), serial).value();
  passed.learn(slice.view(), serial).value();
  std::size_t moved = 0;
  for (std::uint32_t token = 100; token < 200; ++token) {
    const RowIndex row = swept.find(Side::contexts, "w" + std::to_string(token));
    const auto here = swept.state().contexts.embeddings.row(row);
    if ((here.array() != passed.state().contexts.embeddings.row(row).array()).any()) ++moved;
  }
  return moved;
}

}  // namespace

TEST_CASE("passes: of contexts that are absent the sweep moves those whose negatives weigh more than their prior") {
  CHECK(absent_contexts_swept(1) == 0);
  CHECK(absent_contexts_swept(100) == 100);
}

TEST_CASE("passes in the first slices only: later ones have the sweeps that come after passes, also after a restart") {
  Options options = small_options();
  options.pass_slices = 2;
  options.sweeps = 7;           // are not what later slices have
  options.negative_head = 300;  // all: draws differ with the number of passes
  auto learner = OnlineLearner<float>::create(options).value();
  auto restarted = OnlineLearner<float>::create(options).value();
  Options other = options;
  other.pass_slices = 0;
  auto passing = OnlineLearner<float>::create(other).value();
  other.pass_rate = 1e-6F;
  auto hardly_passing = OnlineLearner<float>::create(other).value();
  SerialExecutor serial;
  const auto learn = [&](auto& one, int slice) { one.learn(SequenceSlice(slice, 200).view(), serial).value(); };
  for (int slice = 0; slice < 2; ++slice) {
    learn(learner, slice);
    learn(passing, slice);
    CHECK(same_state(learner.state(), passing.state()));
  }
  restarted.restore(learner.state()).value();
  hardly_passing.restore(learner.state()).value();
  for (auto* one : {&learner, &restarted, &passing, &hardly_passing}) learn(*one, 2);
  CHECK(same_state(learner.state(), restarted.state()));
  const auto& rows = learner.state().items.embeddings;
  CHECK_FALSE(rows.isApprox(passing.state().items.embeddings, 1e-2F));
  CHECK(rows.isApprox(hardly_passing.state().items.embeddings, 1e-4F));
}

TEST_CASE("passes in the first slices only: a slice that starts at random has them, however late it comes") {
  Options options = small_options();
  SerialExecutor serial;
  SliceView empty;
  for (const Coupling coupling : {Coupling::random_walk, Coupling::none}) {
    options.coupling = coupling;
    options.pass_slices = 0;
    auto passing = OnlineLearner<float>::create(options).value();
    options.pass_slices = 1;
    auto learner = OnlineLearner<float>::create(options).value();
    for (auto* one : {&passing, &learner}) {
      empty.interval = day(0);
      one->learn(empty, serial).value();
      one->learn(SequenceSlice(1, 200).view(), serial).value();
      if (coupling == Coupling::none) one->learn(SequenceSlice(2, 200).view(), serial).value();
    }
    CHECK(same_state(learner.state(), passing.state()));
  }
}

TEST_CASE("passes alone: the precision grows by what the slice added to the energy of the gradients") {
  for (const Coupling coupling : {Coupling::random_walk, Coupling::none}) {
    Options options = lasting_options();
    options.coupling = coupling;
    auto learner = OnlineLearner<double>::create(options).value();
    SerialExecutor serial;
    std::vector<double> precision(200, static_cast<double>(options.prior_precision));
    std::vector<double> energy(200, 1e-3);
    for (int t = 0; t < 3; ++t) {
      learner.learn(SequenceSlice(t, 200).view(), serial).value();
      const auto items = learner.state().items;
      double grown = 0;
      for (std::size_t row = 0; row < items.size(); ++row) {
        if (coupling == Coupling::none) {
          precision[row] = static_cast<double>(options.prior_precision);
          energy[row] = 1e-3;
        }
        CHECK(items.precision[row] - precision[row] == doctest::Approx(items.gradient_energy[row] - energy[row]));
        grown += items.precision[row] - precision[row];
        precision[row] = items.precision[row];
        energy[row] = items.gradient_energy[row];
      }
      CHECK(grown > 0);
    }
  }
}

TEST_CASE("passes alone: the score rises when the stream repeats itself") {
  auto learner = OnlineLearner<float>::create(lean_options()).value();
  SerialExecutor serial;
  double first = 0;
  double last = 0;
  for (int t = 0; t < 8; ++t) {
    last = learner.learn(SequenceSlice(t, 200).view(), serial).value().score;
    if (t == 1) first = last;
  }
  CHECK(last > first + .1);
}

TEST_CASE("passes alone: a slice that holds counts only has its sweeps") {
  auto learner = OnlineLearner<float>::create(lasting_options()).value();
  SerialExecutor serial;
  learner.learn(SequenceSlice(0, 200).view(), serial).value();
  const std::vector<float> before(learner.state().items.precision.begin(), learner.state().items.precision.end());
  const SequenceSlice tokens(1, 200);
  const std::vector<PairCount> pairs{{0, 1, 5}, {1, 2, 5}};
  SliceView counts = tokens.view();
  counts.sequence_ids = {};
  counts.sequence_ends = {};
  counts.pairs = pairs;
  learner.learn(counts, serial).value();
  const auto items = learner.state().items;
  for (const auto* token : {"w0", "w1"})
    CHECK(items.precision[learner.find(Side::items, token)] > before[learner.find(Side::items, token)]);
}
