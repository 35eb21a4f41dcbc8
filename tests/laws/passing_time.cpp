// Time without data: what it does to a state, that it does not matter in how many steps it passes, for a random walk
// and with mean reversion, and that the anchors of the frame keep the same laws.
#include <doctest/doctest.h>

#include <cmath>

#include <gaugeline/diffusion_prior.hpp>
#include <support/random_matrices.hpp>
#include <support/reference_runs.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

using Learner = OnlineLearner<double>;

// Nothing that is counted per slice: the number of slices that a time is split into must not matter.
Options options_for(Likelihood likelihood, float mean_reversion) {
  Options options = small_options(likelihood);
  options.mean_reversion = mean_reversion;
  options.anchor_memory = 5;
  options.count_decay = 1;
  options.passes = 0;
  options.negative_head = 300;
  return options;
}

void teach(Learner& learner, int t) {
  SerialExecutor serial;
  if (learner.options().likelihood == Likelihood::skipgram)
    learner.learn(SequenceSlice(t, 60).view(), serial).value();
  else
    learner.learn(ValueSlice(t).view(), serial).value();
}

SliceReport pass(Learner& learner, std::int64_t t) {
  SerialExecutor serial;
  SliceView slice;
  slice.interval = day(t);
  return learner.learn(slice, serial).value();
}

Learner taught(const Options& options, int slices) {
  auto learner = Learner::create(options).value();
  for (int t = 0; t < slices; ++t) teach(learner, t);
  return learner;
}

double difference(std::span<const double> a, std::span<const double> b) {
  REQUIRE(a.size() == b.size());
  double worst = 0;
  for (std::size_t i = 0; i < a.size(); ++i) worst = std::max(worst, std::abs(a[i] - b[i]) / (1e-6 + std::abs(b[i])));
  return worst;
}

void check_same(const LearnerState<double>& a, const LearnerState<double>& b) {
  CHECK((stacked(a) - stacked(b)).norm() <= 1e-9 * stacked(b).norm());
  for (const Side side : {Side::items, Side::contexts}) {
    CHECK((a[side].anchor - b[side].anchor).norm() <= 1e-9 * b[side].anchor.norm());
    CHECK(difference(a[side].anchor_time, b[side].anchor_time) <= 1e-9);
    CHECK(difference(a[side].precision, b[side].precision) <= 1e-9);
    CHECK(difference(a[side].diffusion, b[side].diffusion) <= 1e-9);
    CHECK(difference(a[side].null_variance, b[side].null_variance) <= 1e-9);
    CHECK(difference(a[side].log_retention, b[side].log_retention) <= 1e-9);
  }
}

}  // namespace

TEST_CASE("time without data, split or whole, changes nothing but rounding, nor does it change what is learnt then") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    for (const float mean_reversion : {0.F, .05F}) {
      CAPTURE(static_cast<int>(likelihood));
      CAPTURE(mean_reversion);
      const Options options = options_for(likelihood, mean_reversion);
      Learner whole = taught(options, 5);
      Learner split = taught(options, 5);
      for (const std::int64_t t : {5, 8, 9}) pass(split, t);
      pass(whole, 9);
      check_same(split.state(), whole.state());
      teach(split, 11);
      teach(whole, 11);
      check_same(split.state(), whole.state());
    }
  }
}

TEST_CASE("with mean reversion, time without data takes rows to 0 and certainty to p0") {
  Options options = options_for(Likelihood::skipgram, .25F);
  Learner learner = taught(options, 3);
  const DenseTable before = stacked(learner.state());
  const double precision = learner.state().items.precision[7];
  const SliceReport report = pass(learner, 5);
  CHECK(report.elapsed_units == doctest::Approx(3));
  CHECK((stacked(learner.state()) - std::exp(-.75) * before).norm() <= 1e-12 * before.norm());
  const double left = std::exp(-1.5);
  const double p0 = static_cast<double>(options.prior_precision);
  CHECK(learner.state().items.precision[7] == doctest::Approx(1 / (left / precision + (1 - left) / p0)));
  pass(learner, 500);
  CHECK(stacked(learner.state()).norm() <= 1e-12 * before.norm());
  CHECK(learner.state().items.precision[7] == doctest::Approx(p0));
}

TEST_CASE("a small mean reversion is a random walk with D = 2 theta/p0") {
  const MeanReversion<double> reversion{1e-7, 10};
  CHECK(predicted_precision(40., reversion, 3.) == doctest::Approx(predicted_precision(40., 2e-8, 3.)).epsilon(1e-6));
  CHECK(retained(reversion, 3.) == doctest::Approx(1));
}

TEST_CASE("with mean reversion a turned start turns every later state") {
  Options options = options_for(Likelihood::gaussian, .05F);
  Random random(3);
  const Eigen::MatrixXd turn = random_orthogonal(random, options.dimension, -1);
  Learner plain = Learner::create(options).value();
  Learner turned = Learner::create(options).value();
  const ValueSlice first(0);
  for (Learner* learner : {&plain, &turned}) learner->admit(first.items.list(), first.contexts.list()).value();
  turned.rotate(turn).value();
  for (int t = 0; t < 6; ++t) {
    teach(plain, t);
    teach(turned, t);
    CHECK((stacked(turned.state()) - stacked(plain.state()) * turn).norm() <= 1e-9 * stacked(plain.state()).norm());
  }
}

TEST_CASE("turning the state turns its anchors, so that the frame stays where it was turned to") {
  const Options options = options_for(Likelihood::gaussian, 0);
  Random random(4);
  const Eigen::MatrixXd turn = random_orthogonal(random, options.dimension, 1);
  Learner plain = taught(options, 4);
  Learner turned = taught(options, 4);
  turned.rotate(turn).value();
  const DenseTable anchors = turned.state().items.anchor;
  CHECK((anchors - plain.state().items.anchor * turn).norm() <= 1e-12 * anchors.norm());
  teach(plain, 4);
  teach(turned, 4);
  CHECK((stacked(turned.state()) - stacked(plain.state()) * turn).norm() <= 1e-9 * stacked(plain.state()).norm());
}
