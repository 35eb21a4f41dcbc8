// Negatives of which a tail is drawn, against the sum over all.
#include <doctest/doctest.h>

#include <cmath>

#include <gaugeline/online_learner.hpp>
#include <support/reference_runs.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

OnlineLearner<float> taught(const Options& options, int slices, Executor& executor) {
  auto learner = OnlineLearner<float>::create(options).value();
  for (int t = 0; t < slices; ++t) learner.learn(SequenceSlice(t, 120).view(), executor).value();
  return learner;
}

}  // namespace

// .057; if all of the tail were drawn, .84.
TEST_CASE("a drawn tail of negatives leaves the rows near those of the whole sum") {
  SerialExecutor serial;
  Options options = small_options();
  options.passes = 0;
  options.negative_head = options.negative_tail = 16;
  const auto drawn = taught(options, 3, serial);
  options.negative_head = 300;
  const auto whole = taught(options, 3, serial);
  const DenseTable difference = stacked(drawn.state()) - stacked(whole.state());
  const double distance = difference.norm() / stacked(whole.state()).norm();
  CAPTURE(distance);
  CHECK(distance > 1e-6);  // something was drawn
  CHECK(distance < .1);
}

// .0086 on the average of ten slices; .022 if all of the tail were drawn.
TEST_CASE("a drawn tail of negatives leaves the score near that of the whole sum") {
  SerialExecutor serial;
  Options options = small_options();
  options.negative_head = options.negative_tail = 16;
  const auto drawn_from = taught(options, 3, serial);
  double distance = 0;
  for (int t = 3; t < 13; ++t) {
    const auto score = [&](std::uint32_t head) {
      options.negative_head = head;
      auto learner = OnlineLearner<float>::create(options).value();
      learner.restore(drawn_from.state()).value();
      return learner.learn(SequenceSlice(t, 120).view(), serial).value().score;
    };
    distance += std::abs(score(16) - score(300)) / 10;
  }
  CAPTURE(distance);
  CHECK(distance > 1e-7);  // something was drawn
  CHECK(distance < .015);
}
