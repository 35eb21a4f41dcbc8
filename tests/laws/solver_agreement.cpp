// Two ways to compute agree: the learner, with its blocks, factored negatives and iterative solver, against the dense
// reference of tests/support, slice after slice, in everything that a state holds.
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <gaugeline/random.hpp>
#include <support/dense_reference.hpp>

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using gaugeline::Likelihood;
using gaugeline::OnlineLearner;
using gaugeline::Options;
using gaugeline::Random;
using gaugeline::testing::DenseReference;
using gaugeline::testing::DenseSide;

// Tokens "PREFIX0", "PREFIX1", ...
class Tokens {
 public:
  Tokens(char prefix, Index count) {
    for (Index i = 0; i < count; ++i) {
      bytes_ += prefix + std::to_string(i);
      ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
    }
  }
  [[nodiscard]] gaugeline::TokenList list() const { return {bytes_, ends_}; }

 private:
  std::string bytes_;
  std::vector<std::uint32_t> ends_;
};

struct Observations {
  MatrixXd figures;  // items x contexts: counts, or values where mask is 1
  MatrixXd mask;
};

// A third of the pairs is observed, each row and column at least once, except in the first `absent` ones.
Observations draw(Random& random, Likelihood likelihood, Index items, Index contexts, Index absent) {
  Observations drawn{MatrixXd::Zero(items, contexts), MatrixXd::Zero(items, contexts)};
  for (Index i = absent; i < items; ++i) {
    for (Index j = absent; j < contexts; ++j) {
      const bool needed =
          j - absent == (i - absent) % (contexts - absent) || i - absent == (j - absent) % (items - absent);
      const bool hit = random.uniform() < .33 || needed;
      const double figure = likelihood == Likelihood::skipgram ? 1 + std::floor(4 * random.uniform())
                                                               : std::floor(32 * random.normal()) / 16;
      if (!hit) continue;
      drawn.mask(i, j) = 1;
      drawn.figures(i, j) = figure;
    }
  }
  return drawn;
}

// The learner and the reference, fed with the same slices.
class Pair {
 public:
  Pair(const Options& options, Index items, Index contexts)
      : likelihood_(options.likelihood),
        learner_(OnlineLearner<double>::create(options).value()),
        reference_(admitted(options, items, contexts)) {}

  void learn(const Observations& drawn, double begin_seconds, double end_seconds, double elapsed) {
    const Tokens items('i', drawn.mask.rows());
    const Tokens contexts('c', drawn.mask.cols());
    gaugeline::SliceView slice;
    slice.interval = {at(begin_seconds), at(end_seconds)};
    slice.item_tokens = items.list();
    slice.context_tokens = contexts.list();
    std::vector<gaugeline::PairCount> pairs;
    std::vector<gaugeline::PairValue> values;
    for (Index i = 0; i < drawn.mask.rows(); ++i) {
      for (Index j = 0; j < drawn.mask.cols(); ++j) {
        if (drawn.mask(i, j) == 0) continue;
        const auto item = static_cast<std::uint32_t>(i);
        const auto context = static_cast<std::uint32_t>(j);
        const auto figure = static_cast<float>(drawn.figures(i, j));
        pairs.push_back({.item = item, .context = context, .weight = figure});
        values.push_back({.item = item, .context = context, .value = figure});
      }
    }
    if (likelihood_ == Likelihood::skipgram) {
      slice.pairs = pairs;
    } else {
      slice.values = values;
    }
    gaugeline::SerialExecutor executor;
    const auto report = learner_.learn(slice, executor);
    if (!report) FAIL(report.error().message());
    reference_.learn(drawn.figures, drawn.mask, elapsed);
    CHECK(report->elapsed_units == doctest::Approx(elapsed));
    if (report->scored > 0) CHECK(report->score == doctest::Approx(reference_.score()).epsilon(1e-9));
  }

  void check() const {
    const auto state = learner_.state();
    check_side(state.items, reference_.items());
    check_side(state.contexts, reference_.contexts());
    using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
    const Eigen::Map<const RowMajor> rotation(state.rotation.data(), state.dimension, state.dimension);
    CHECK((rotation - reference_.rotation()).norm() < 1e-9);
  }

 private:
  static gaugeline::Time at(double seconds) {
    return gaugeline::Time(std::chrono::microseconds(static_cast<std::int64_t>(seconds * 1e6)));
  }
  DenseReference admitted(const Options& options, Index items, Index contexts) {
    if (auto ok = learner_.admit(Tokens('i', items).list(), Tokens('c', contexts).list()); !ok)
      FAIL(ok.error().message());
    const auto state = learner_.state();
    return {options, state.items.embeddings, state.contexts.embeddings};
  }

  static void check_equal(std::span<const double> learnt, const Eigen::VectorXd& expected) {
    REQUIRE(static_cast<Index>(learnt.size()) == expected.size());
    const Eigen::Map<const Eigen::VectorXd> x(learnt.data(), expected.size());
    CHECK((x - expected).norm() <= 1e-9 * (1 + expected.norm()));
  }
  static void check_side(const gaugeline::SideState<double>& learnt, const DenseSide& expected) {
    REQUIRE(learnt.embeddings.rows() == expected.embeddings.rows());
    CHECK((learnt.embeddings - expected.embeddings).norm() <= 1e-9 * expected.embeddings.norm());
    check_equal(learnt.precision, expected.precision);
    check_equal(learnt.diffusion, expected.diffusion);
    check_equal(learnt.count, expected.count);
    check_equal(learnt.null_variance, expected.null_variance);
    check_equal(learnt.log_retention, expected.log_retention);
  }

  Likelihood likelihood_;
  OnlineLearner<double> learner_;
  DenseReference reference_;
};

Options small(Options options, std::uint32_t dimension) {
  options.dimension = dimension;
  options.anchor_memory = 0;  // the reference has none
  options.noise_deviation = .5F;
  options.offsets = gaugeline::Offsets::none;
  options.first_slice_sweeps = 4;
  options.item_capacity = 70;
  options.context_capacity = 70;
  options.slice_token_capacity = 70;
  options.observation_capacity = 4900;
  return options;
}

// Slices of one unit and of other lengths, with a gap, absent rows, new rows, and one that is empty. All numbers of
// rows are times `many`.
void check_stream(const Options& options, Index many = 1) {
  CAPTURE(options.dimension);
  Random random(options.dimension);
  Pair pair(options, 9 * many, 7 * many);
  const auto step = [&](Index items, Index contexts, Index absent, double begin, double end, double elapsed) {
    CAPTURE(begin);
    pair.learn(draw(random, options.likelihood, items * many, contexts * many, absent * many), begin, end, elapsed);
    pair.check();
  };
  step(9, 7, 0, 0, 10, 0);
  step(9, 7, 0, 10, 20, 1);
  step(9, 7, 2, 20, 50, 2);    // three units long; two rows of each side absent
  step(12, 10, 0, 70, 80, 4);  // three new rows a side, after a gap
  pair.learn({MatrixXd::Zero(12 * many, 10 * many), MatrixXd::Zero(12 * many, 10 * many)}, 80, 90, 1);
  pair.check();
  step(12, 10, 3, 90, 92, .6);
  step(13, 10, 0, 92, 93, .15);
}

}  // namespace

TEST_CASE("skip-gram: the learner agrees with the dense reference") {
  for (const std::uint32_t dimension : {1U, 2U, 3U, 6U}) check_stream(small(Options::skipgram(), dimension));
}

TEST_CASE("skip-gram: so it does where the curvature of the negatives has more directions than the 32 sharpest") {
  for (const std::uint32_t steps : {1U, 3U}) {
    CAPTURE(steps);
    Options options = small(Options::skipgram(), 40);
    options.conjugate_gradient_steps = steps;
    check_stream(options, 5);
  }
}

TEST_CASE("skip-gram with diffusion that adapts: the learner agrees with the dense reference") {
  Options options = small(Options::skipgram(), 5);
  options.diffusion_rate = .1F;
  check_stream(options);
}

TEST_CASE("Gaussian: the learner agrees with the dense reference") {
  for (const std::uint32_t dimension : {1U, 2U, 3U, 6U}) check_stream(small(Options::gaussian(), dimension));
}
