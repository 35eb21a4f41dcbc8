// Rows whose diffusion follows the scores share it, new ones too; without the rule, or what it needs, it stays D0.
#include <doctest/doctest.h>

#include <gaugeline/online_learner.hpp>
#include <support/text_slice.hpp>

#include "../../lib/src/prequential.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

constexpr std::size_t known_tokens = 150;
constexpr std::size_t all_tokens = 200;
constexpr int late = 3;  // the slice in which the last tokens come

OnlineLearner<float> after_slices(const Options& options, int slices) {
  auto learner = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  for (int t = 0; t < slices; ++t)
    learner.learn(SequenceSlice(t, t < late ? known_tokens : all_tokens).view(), serial).value();
  return learner;
}

void check_all(const LearnerState<float>& state, float expected) {
  for (const Side side : {Side::items, Side::contexts}) {
    for (const float diffusion : state[side].diffusion) CHECK(diffusion == expected);
  }
}

}  // namespace

TEST_CASE("all rows have one diffusion, which moves, and new ones begin with it") {
  const auto before = after_slices(small_options(), late);
  const float common = before.state().items.diffusion.front();
  CHECK(common != small_options().diffusion);
  check_all(before.state(), common);
  CHECK(before.state().items.size() == known_tokens);

  const auto after = after_slices(small_options(), late + 1);
  CHECK(after.state().items.size() == all_tokens);
  CHECK(after.state().items.diffusion.front() != common);  // so that it matters that new rows follow too
  check_all(after.state(), after.state().items.diffusion.front());
}

TEST_CASE("the diffusion stays in its bounds") {
  Options options = small_options();
  options.diffusion_min = options.diffusion / 1.5F;
  options.diffusion_max = options.diffusion * 1.5F;
  for (int slices = 2; slices < 8; ++slices) {
    const auto learner = after_slices(options, slices);
    for (const float diffusion : learner.state().items.diffusion) {
      CHECK(diffusion >= options.diffusion_min);
      CHECK(diffusion <= options.diffusion_max);
    }
  }
}

TEST_CASE("without the rule, anchors or coupling the diffusion stays where it began") {
  for (int without = 0; without < 3; ++without) {
    CAPTURE(without);
    Options options = small_options();
    if (without == 0) options.diffusion_score_rate = 0;
    if (without == 1) options.anchor_memory = 0;
    if (without == 2) options.coupling = Coupling::none;
    check_all(after_slices(options, 6).state(), options.diffusion);
  }
}

TEST_CASE("a sample of blocks stands for all of them, each drawn once") {
  for (std::size_t blocks = 0; blocks < 200; ++blocks) {
    CAPTURE(blocks);
    const BlockSample sample{blocks};
    double all = 0;
    for (std::size_t k = 0; k < sample.size(); ++k) {
      CHECK(sample.block(k) < blocks);
      if (k > 0) CHECK(sample.block(k) > sample.block(k - 1));
      CHECK(sample.stands_for(k) >= 1);
      all += sample.stands_for(k);
    }
    CHECK(all == doctest::Approx(static_cast<double>(blocks)));
    if (blocks <= BlockSample::first_blocks) CHECK(sample.size() == blocks);
  }
}
