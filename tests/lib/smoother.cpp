// The smoother: rows that come and go, fixed lag, and what it refuses.
#include <gaugeline/smoother.hpp>

#include <cmath>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <support/named_slices.hpp>
#include <support/smoothed_streams.hpp>
#include <support/text_slice.hpp>

namespace {

using namespace gaugeline;
using namespace gaugeline::testing;

std::vector<std::string> tokens_at(const OnlineLearner<float>& learner) { return tokens_of(learner.state().items); }

TEST_CASE("rows that are born late and rows that lose their place are smoothed as long as they live") {
  Options options = small_options();
  options.item_capacity = options.context_capacity = 5;
  auto learner = OnlineLearner<float>::create(options).value();
  auto smoother = Smoother<float>::create(options).value();
  SerialExecutor serial;
  const std::vector<Words> slices{{{"sea", 9}, {"ship", 9}, {"sail", 5}, {"mast", 2}},
                                  {{"sea", 9}, {"ship", 9}, {"sail", 5}, {"crew", 4}},
                                  {{"sea", 9}, {"rail", 30}, {"train", 30}, {"wheel", 30}},
                                  {{"rail", 30}, {"train", 30}, {"wheel", 30}, {"steam", 30}}};
  std::vector<std::size_t> sizes;
  for (std::size_t t = 0; t < slices.size(); ++t) {
    const SliceView view = slices[t].view(static_cast<std::int64_t>(t));
    learner.learn(view, serial).value();
    smoother.append(learner.state(), view).value();
    sizes.push_back(tokens_at(learner).size());
  }
  CHECK(tokens_at(learner) != std::vector<std::string>{"sea", "ship", "sail", "mast"});
  for (int sweep = 0; sweep < 5; ++sweep) {
    const SmootherProgress progress = smoother.sweep(serial).value();
    CHECK(std::isfinite(progress.moved));
    CHECK(progress.moved > 0);
  }
  REQUIRE(smoother.size() == slices.size());
  for (std::size_t t = 0; t < slices.size(); ++t) {
    const SmoothedRows<float> rows = smoother.rows(t, Side::items);
    CHECK(static_cast<std::size_t>(rows.embeddings.rows()) == sizes[t]);
    CHECK(rows.embeddings.allFinite());
    // A row that has been without data for so long as it lives is no surer than this.
    const float least = 1 / (1 / options.prior_precision + options.diffusion * static_cast<float>(slices.size()));
    for (const float precision : rows.precision) CHECK(precision >= least);
  }
}

TEST_CASE("data that come later move an earlier slice, and make it more certain") {
  const SmoothedStream stream(8);
  const Options options = smoothed_options(Likelihood::skipgram);
  SmoothedRun<double> all(stream, options, {});
  SmoothedStream shorter = stream;
  shorter.all.resize(5);
  SmoothedRun<double> few(shorter, options, {});
  for (int sweep = 0; sweep < 10; ++sweep) {
    all.smoother.sweep(all.serial).value();
    few.smoother.sweep(few.serial).value();
  }
  const auto with = all.smoother.rows(4, Side::contexts);
  const auto without = few.smoother.rows(4, Side::contexts);
  CHECK((with.embeddings - without.embeddings).norm() > 1e-2 * without.embeddings.norm());
  for (std::size_t row = 0; row < with.precision.size(); ++row) CHECK(with.precision[row] > without.precision[row]);
}

TEST_CASE("fixed lag: the last slices are held, and begin at the filter's prediction") {
  const SmoothedStream stream(9);
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    const Options options = smoothed_options(likelihood);
    SmoothedRun<double> lagged(stream, options, {.lag = 3});
    CHECK(lagged.smoother.size() == 3);
    CHECK(lagged.smoother.first() == 6);
    double last = lagged.smoother.loss(lagged.serial);
    for (int sweep = 0; sweep < 200; ++sweep) {
      CHECK(lagged.smoother.sweep(lagged.serial).value().rotation_angle == 0);
      const double loss = lagged.smoother.loss(lagged.serial);
      CHECK(loss <= last + 1e-9 * std::abs(last));
      last = loss;
    }
    // A window of one slice is the filter's own problem: its rows are where the filter has them, solved out.
    Options thorough = options;
    thorough.sweeps = thorough.first_slice_sweeps = 400;
    thorough.conjugate_gradient_steps = 12;
    thorough.gauge = GaugeFixing::none;
    SmoothedRun<double> single(stream, thorough, {.lag = 1});
    for (int sweep = 0; sweep < 50; ++sweep) single.smoother.sweep(single.serial).value();
    const auto state = single.learner.state();
    for (const Side side : {Side::items, Side::contexts}) {
      const auto rows = single.smoother.rows(0, side);
      CHECK((rows.embeddings - state[side].embeddings).norm() < 1e-3 * state[side].embeddings.norm());
      for (std::size_t row = 0; row < rows.precision.size(); ++row)
        CHECK(rows.precision[row] == doctest::Approx(state[side].precision[row]).epsilon(1e-2));
    }
  }
}

TEST_CASE("values with offsets and an estimated noise are smoothed in their own units") {
  for (const double unit : {1., 1000.}) {
    CAPTURE(unit);
    Options options = small_options(Likelihood::gaussian);
    options.dimension = 4;
    auto learner = OnlineLearner<float>::create(options).value();
    auto smoother = Smoother<float>::create(options).value();
    SerialExecutor serial;
    for (std::int64_t t = 0; t < 5; ++t) {
      ValueSlice slice(t);
      for (PairValue& value : slice.values) value.value *= static_cast<float>(unit);
      learner.learn(slice.view(), serial).value();
      smoother.append(learner.state(), slice.view()).value();
    }
    double last = smoother.loss(serial);
    for (int sweep = 0; sweep < 10; ++sweep) {
      smoother.sweep(serial).value();
      const double loss = smoother.loss(serial);
      CHECK(loss <= last * (1 + 1e-5));
      last = loss;
    }
  }
}

TEST_CASE("what a smoother refuses, and is left as it was by") {
  Options options = smoothed_options(Likelihood::skipgram);
  CHECK(Smoother<float>::create(options, {.conjugate_gradient_steps = 0}).error().code() ==
        ErrorCode::invalid_argument);
  options.coupling = Coupling::none;
  CHECK(Smoother<float>::create(options).error().code() == ErrorCode::invalid_argument);
  options = smoothed_options(Likelihood::skipgram);
  options.dimension = 0;
  CHECK_FALSE(Smoother<float>::create(options));

  options = smoothed_options(Likelihood::skipgram);
  const SmoothedStream stream(4);
  SmoothedRun<float> run(stream, options, {});
  run.smoother.sweep(run.serial).value();
  const DoubleTable before = run.table();
  const SliceView last = stream.view(3, Likelihood::skipgram);
  // The same state again, a state of another slice, a slice that is not valid.
  CHECK(run.smoother.append(run.learner.state(), last).error().code() == ErrorCode::out_of_order);
  CHECK(run.smoother.append(run.learner.state(), stream.view(1, Likelihood::skipgram)).error().code() ==
        ErrorCode::invalid_argument);
  SliceView bad = last;
  const std::vector<PairCount> pairs{{99, 0, 1}};
  bad.pairs = pairs;
  CHECK_FALSE(run.smoother.append(run.learner.state(), bad));
  CHECK(run.smoother.size() == 4);
  CHECK(run.table() == before);
  CHECK(run.smoother.sweep(run.serial));

  auto empty = Smoother<float>::create(options).value();
  CHECK(empty.sweep(run.serial).value().moved == 0);
  CHECK(empty.loss(run.serial) == 0);
  const LearnerState<float> untaught = OnlineLearner<float>::create(options).value().state();
  CHECK(empty.append(untaught, last).error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("memory is what the slices hold: with a lag it does not grow") {
  const SmoothedStream stream(12);
  Options options = smoothed_options(Likelihood::skipgram);
  SmoothedStream shorter = stream;
  shorter.all.resize(6);
  SmoothedRun<float> few(shorter, options, {.lag = 3});
  SmoothedRun<float> many(stream, options, {.lag = 3});
  few.smoother.sweep(few.serial).value();
  many.smoother.sweep(many.serial).value();
  CHECK(static_cast<double>(many.smoother.bytes()) ==
        doctest::Approx(static_cast<double>(few.smoother.bytes())).epsilon(.05));
  SmoothedRun<float> all(stream, options, {});
  CHECK(all.smoother.bytes() > many.smoother.bytes());
}

}  // namespace
