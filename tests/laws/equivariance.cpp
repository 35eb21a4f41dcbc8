// Turning the initial tables by any element of O(d) turns every later state by the same one, and changes no score: over
// dimensions 1 to 64, both likelihoods, both determinants, new rows and absent rows, float and double. Mean, offsets
// and sigma of the Gaussian model, which are fitted with the rows, stay what they are.
#include <doctest/doctest.h>
#include <cmath>

#include <support/random_matrices.hpp>
#include <support/reference_runs.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

constexpr std::uint32_t rows = 40;
constexpr std::uint32_t late_rows = 6;  // tokens that are first seen in slice 4

Options options_for(Likelihood likelihood, std::uint32_t d) {
  Options options = likelihood == Likelihood::skipgram ? Options::skipgram() : Options::gaussian();
  options.dimension = d;
  options.diffusion_rate = .3F;
  options.first_slice_sweeps = 8;
  options.negative_head = 12;  // so that the tail is drawn
  options.negative_tail = 12;
  options.item_capacity = options.context_capacity = rows + late_rows;
  options.slice_token_capacity = rows + late_rows;
  options.observation_capacity = 4096;
  return options;
}

// Slice t: random observations of a low-rank truth among the rows that are there by then, a third of them absent.
struct Data {
  std::vector<PairCount> pairs;
  std::vector<PairValue> values;
};

Data draw(Likelihood likelihood, int t) {
  Random random(1000 + static_cast<std::uint64_t>(t));
  Data data;
  const std::uint32_t present = t < 4 ? rows : rows + late_rows;
  for (int n = 0; n < 600; ++n) {
    const auto i = static_cast<std::uint32_t>(random.uniform() * present);
    const auto j = static_cast<std::uint32_t>(random.uniform() * present);
    if ((i + static_cast<std::uint32_t>(t)) % 3 == 0 && i < rows) continue;
    const double y = std::cos(.3 * i + .1 * t) * std::cos(.5 * j);
    const double offsets = 3.5 + .4 * std::sin(1. * i) + .5 * std::sin(2. * j);
    if (likelihood == Likelihood::gaussian)
      data.values.push_back({i, j, static_cast<float>(offsets + y + .3 * random.normal())});
    else if (random.uniform() < logistic(2 * y))
      data.pairs.push_back({i, j, 1 + static_cast<float>(static_cast<int>(3 * random.uniform()))});
  }
  return data;
}

struct Path {
  std::vector<DenseTable> states;
  std::vector<double> scores;
  std::vector<Eigen::VectorXd> scalars;  // offsets and sigma; empty for skip-gram
};

template <class Scalar>
Eigen::VectorXd scalars_of(const LearnerState<Scalar>& state) {
  std::vector<double> all;
  for (const SideState<Scalar>* side : {&state.items, &state.contexts}) {
    for (const auto& column : {side->offset, side->offset_precision, side->baseline_offset})
      all.insert(all.end(), column.begin(), column.end());
  }
  if (!all.empty()) all.push_back(state.values.noise_deviation);
  return Eigen::Map<const Eigen::VectorXd>(all.data(), static_cast<Eigen::Index>(all.size()));
}

template <class Scalar>
Path run(const Options& options, const Eigen::MatrixXd& turn) {
  auto learner = OnlineLearner<Scalar>::create(options).value();
  const OwnedTokens first = numbered_tokens("t", rows);
  const OwnedTokens all = numbered_tokens("t", rows + late_rows);
  learner.admit(first.list(), first.list()).value();
  learner.rotate(turn).value();
  SerialExecutor serial;
  Path path;
  for (int t = 0; t < 10; ++t) {
    const Data data = draw(options.likelihood, t);
    SliceView slice;
    slice.interval = day(t == 7 ? 8 : t < 7 ? t : t + 2);  // with a gap
    slice.item_tokens = slice.context_tokens = all.list();
    slice.pairs = data.pairs;
    slice.values = data.values;
    path.scores.push_back(learner.learn(slice, serial).value().score);
    path.states.push_back(stacked(learner.state()));
    path.scalars.push_back(scalars_of(learner.state()));
  }
  return path;
}

// The same over sequences, which the learner passes over before it sweeps.
template <class Scalar>
Path run_over_text(const Options& options, const Eigen::MatrixXd& turn) {
  auto learner = OnlineLearner<Scalar>::create(options).value();
  const OwnedTokens first = numbered_tokens("w", rows);
  learner.admit(first.list(), first.list()).value();
  learner.rotate(turn).value();
  SerialExecutor serial;
  Path path;
  for (int t = 0; t < 10; ++t) {
    const SequenceSlice slice(t, t < 4 ? rows : rows + late_rows, 10);
    path.scores.push_back(learner.learn(slice.view(), serial).value().score);
    path.states.push_back(stacked(learner.state()));
    path.scalars.push_back(scalars_of(learner.state()));
  }
  return path;
}

template <class Scalar>
void check_equivariance(Likelihood likelihood, double tolerance,
                        Path (*path_of)(const Options&, const Eigen::MatrixXd&)) {
  for (const std::uint32_t d : {1U, 2U, 3U, 5U, 8U, 16U, 33U, 64U}) {
    for (const double determinant : {1., -1.}) {
      CAPTURE(d);
      CAPTURE(determinant);
      Random random(d + 7);
      const Eigen::MatrixXd turn = random_orthogonal(random, d, determinant);
      const Path plain = path_of(options_for(likelihood, d), Eigen::MatrixXd::Identity(d, d));
      const Path turned = path_of(options_for(likelihood, d), turn);
      for (std::size_t t = 0; t < plain.states.size(); ++t) {
        CAPTURE(t);
        const DenseTable expected = plain.states[t] * turn;
        double worst = 0;
        for (Eigen::Index i = 0; i < expected.rows(); ++i)
          worst = std::max(worst, (turned.states[t].row(i) - expected.row(i)).norm() / expected.row(i).norm());
        CHECK(worst <= tolerance);
        CHECK(std::abs(turned.scores[t] - plain.scores[t]) <= tolerance);
        CHECK((turned.scalars[t] - plain.scalars[t]).norm() <= tolerance * plain.scalars[t].norm());
      }
    }
  }
}

}  // namespace

TEST_CASE("a turned start turns every later state: skip-gram in double") {
  check_equivariance<double>(Likelihood::skipgram, 1e-10, run<double>);
}
TEST_CASE("a turned start turns every later state: Gaussian in double") {
  check_equivariance<double>(Likelihood::gaussian, 1e-10, run<double>);
}
TEST_CASE("a turned start turns every later state: skip-gram in float") {
  check_equivariance<float>(Likelihood::skipgram, 1e-4, run<float>);
}
TEST_CASE("a turned start turns every later state: Gaussian in float") {
  check_equivariance<float>(Likelihood::gaussian, 1e-4, run<float>);
}
TEST_CASE("a turned start turns every later state: passes over sequences in double") {
  check_equivariance<double>(Likelihood::skipgram, 1e-10, run_over_text<double>);
}
TEST_CASE("a turned start turns every later state: passes over sequences in float") {
  check_equivariance<float>(Likelihood::skipgram, 1e-4, run_over_text<float>);
}
TEST_CASE("a turned start turns every later state: passes alone in double") {
  check_equivariance<double>(Likelihood::skipgram, 1e-10, [](const Options& options, const Eigen::MatrixXd& turn) {
    Options lean = options;
    lean.pass_sweeps = 0;
    return run_over_text<double>(lean, turn);
  });
}
