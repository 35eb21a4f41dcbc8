// The smoother's gauge step is exact transport (gauge_fixing.hpp), every row with its own weight.
#include "../../lib/src/smoother_gauge.hpp"

#include <array>
#include <cmath>
#include <deque>
#include <vector>

#include <doctest/doctest.h>
#include <gaugeline/gauge_fixing.hpp>
#include <support/random_matrices.hpp>
#include <support/smoothed_streams.hpp>

#include "../../lib/src/smoother_ties.hpp"

namespace {

using namespace gaugeline;
using namespace gaugeline::testing;

// Filtered slices, tied, each turned into a frame of its own.
struct TurnedSlices {
  explicit TurnedSlices(const Options& with) : options(with), memory(lay_out(nullptr)) {
    lay_out(memory.data());
    auto learner = OnlineLearner<double>::create(options).value();
    learner.admit(stream.tokens.list(), stream.tokens.list()).value();
    const SmootherTies<double> ties(options, false, 1);
    Random random(7);
    for (std::size_t t = 0; t < stream.all.size(); ++t) {
      const SliceView view = stream.view(t, options.likelihood);
      learner.learn(view, serial).value();
      const LearnerState<double> state = learner.state();
      counts.emplace_back(state.contexts.count.begin(), state.contexts.count.end());
      slices.push_back(make_slice(options, state, view, workbench).value());
      slices.back().time_units = static_cast<double>(stream.all[t].day);
      const RowMajor<double> frame = random_orthogonal(random, options.dimension, t % 2 == 0 ? 1 : -1);
      for (const Side side : both_sides) {
        ties.tie(slices, side);
        turn_rows(slices.back().side(side).rows.table(), frame);
      }
    }
  }
  std::size_t lay_out(std::byte* at) {
    Arena arena(at);
    sums.reserve(arena, options);
    workbench.reserve(arena, options);
    gauge.reserve(arena, options, smoothed_rows);
    return arena.used();
  }
  // The largest angle.
  double turn_all() {
    double largest = 0;
    for (std::size_t t = 1; t < slices.size(); ++t) largest = std::max(largest, gauge.turn(slices, t, sums, serial));
    return largest;
  }
  // As a JointProblem has it.
  DoubleTable table(const JointShape& shape) {
    DoubleTable z(shape.rows(), shape.dimension);
    for (std::size_t t = 0; t < slices.size(); ++t) {
      const auto slice = static_cast<Eigen::Index>(t);
      item_rows(z, shape, slice) = slices[t].side(Side::items).rows.table();
      context_rows(z, shape, slice) = slices[t].side(Side::contexts).rows.table();
    }
    return z;
  }

  Options options;
  SmoothedStream stream = SmoothedStream(5);
  SerialExecutor serial;
  RowSums<double> sums;
  Observations workbench;
  SmootherGauge<double> gauge;
  OwnedBytes memory;
  std::deque<SmootherSlice<double>> slices;
  std::vector<std::vector<double>> counts;
};

TEST_CASE("slices in frames of their own are turned as exact transport turns them, and no more the second time") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    TurnedSlices run(smoothed_options(likelihood));
    const JointProblem problem = joint_problem_of(run.stream, run.options, run.counts);
    DoubleTable expected = run.table(problem.shape());
    const double apart = problem.coupling_loss(expected);
    exact_transport()->fix(problem, expected);
    CHECK(run.turn_all() > 1);
    const DoubleTable once = run.table(problem.shape());
    CHECK((once - expected).norm() < 1e-4 * expected.norm());
    CHECK(problem.coupling_loss(once) < .5 * apart);
    CHECK(run.turn_all() < 1e-4);
    CHECK((run.table(problem.shape()) - once).norm() < 1e-4 * once.norm());
  }
}

TEST_CASE("a row turns the frame by the stiffness of its link, a new row by the prior's towards where it is expected") {
  Options options = smoothed_options(Likelihood::gaussian);
  options.mean_reversion = .1F;
  TurnedSlices run(options);
  Random random(3);
  SmootherSlice<double>& slice = run.slices[1];
  Eigen::MatrixXd overlap = Eigen::MatrixXd::Zero(options.dimension, options.dimension);
  std::array<Eigen::MatrixXd, 2> before;
  for (const Side which : both_sides) {
    SmootherSide<double>& side = slice.side(which);
    before[static_cast<std::size_t>(which)] = side.rows.table();
    for (std::size_t row = 0; row < smoothed_rows; ++row) {
      side.link[row] = std::exp(3 * random.normal());
      side.start[row] = std::exp(3 * random.normal());
      for (auto& value : side.rows.reference_row(row)) value = random.normal();
      const bool begins = row % 4 == 0;
      if (begins) side.previous[row] = no_row;
      const Eigen::VectorXd from = begins ? Eigen::VectorXd(side.rows.reference_row(row))
                                          : slice.retained * run.slices[0].side(which).rows.row(side.previous[row]);
      overlap += (begins ? side.start[row] : side.link[row]) * side.rows.row(row) * from.transpose();
    }
  }
  REQUIRE(slice.retained < .95);
  const Eigen::JacobiSVD<Eigen::MatrixXd> svd(overlap, Eigen::ComputeFullU | Eigen::ComputeFullV);
  const Eigen::MatrixXd rotation = svd.matrixU() * svd.matrixV().transpose();
  run.gauge.turn(run.slices, 1, run.sums, run.serial);
  for (const Side which : both_sides) {
    const Eigen::MatrixXd expected = before[static_cast<std::size_t>(which)] * rotation;
    CHECK((slice.side(which).rows.table() - expected).norm() < 1e-4 * expected.norm());
  }
}

}  // namespace
