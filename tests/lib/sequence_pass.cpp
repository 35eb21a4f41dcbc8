// The pass over sequences against its formulae in plain loops: one block, one negative that q leaves no choice about.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include <gaugeline/likelihood.hpp>
#include <support/text_slice.hpp>

#include "../../lib/src/sequence_pass.hpp"
#include "pass_bench.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

constexpr std::size_t tokens = 7;

// Nothing is drawn as a negative unless a test says so.
struct Bench : PassBench<SequencePass<double>> {
  explicit Bench(std::uint32_t dimension) : PassBench(of_dimension(dimension), tokens) {
    for (std::size_t row = 0; row < tokens; ++row) contexts.negative_share[row] = 0;
  }
  static Options of_dimension(std::uint32_t dimension) {
    Options options = small_options();
    options.dimension = dimension;
    return options;
  }
};

void step(SideRows<double>& side, std::size_t row, const Eigen::VectorXd& gradient, double rate) {
  side.gradient_energy[row] += gradient.squaredNorm() / static_cast<double>(side.dimension);
  side.row(row) -= rate / std::sqrt(side.gradient_energy[row]) * gradient;
}

}  // namespace

TEST_CASE("a block is an AdaGrad step along the gradient of its pairs and its shared negatives") {
  for (const auto& [d, weights] : {std::pair(1U, WindowWeights::full), std::pair(3U, WindowWeights::full),
                                   std::pair(3U, WindowWeights::falling), std::pair(70U, WindowWeights::falling)}) {
    CAPTURE(d);
    Bench bench(d);
    Bench plain(d);
    // Position 2 has a token without a row; no token stands twice, so that the order of steps does not matter.
    const std::vector<std::uint32_t> ids{0, 1, 2, 3, 4, 5};
    const std::vector<std::uint32_t> ends{6};
    const std::size_t negative = 6;  // takes all of q
    const std::uint32_t window = 2;
    SliceView slice;
    slice.sequence_ids = ids;
    slice.sequence_ends = ends;
    slice.window = window;
    slice.window_weights = weights;
    for (Bench* each : {&bench, &plain}) {
      each->items.row_of_token[2] = each->contexts.row_of_token[2] = no_row;
      each->contexts.negative_share[negative] = 1;
    }
    bench.pass.run(slice, {}, bench.items, bench.contexts, 3);

    const Options defaults;
    const double rate = static_cast<double>(defaults.pass_rate);
    const double k = defaults.negatives;
    std::vector<Eigen::VectorXd> item_gradients(ids.size(), Eigen::VectorXd::Zero(d));
    std::vector<Eigen::VectorXd> context_gradients = item_gradients;
    std::vector<double> pairs(ids.size(), 0);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      for (std::size_t j = 0; j < ids.size(); ++j) {
        const std::size_t distance = i > j ? i - j : j - i;
        if (i == 2 || j == 2 || distance == 0 || distance > window) continue;
        const double counts = weights == WindowWeights::full || distance == 1 ? 1 : .5;
        const double weight = counts * (logistic(plain.items.row(i).dot(plain.contexts.row(j))) - 1);
        item_gradients[i] += weight * plain.contexts.row(j);
        context_gradients[j] += weight * plain.items.row(i);
        pairs[i] += counts;
      }
    }
    Eigen::VectorXd negative_gradient = Eigen::VectorXd::Zero(d);
    for (std::size_t i = 0; i < ids.size(); ++i) {
      const double s = logistic(plain.items.row(i).dot(plain.contexts.row(negative)));
      item_gradients[i] += k * pairs[i] * s * plain.contexts.row(negative);
      negative_gradient += k * pairs[i] / 32 * s * plain.items.row(i);
    }
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (i == 2) continue;
      step(plain.items, i, item_gradients[i], rate);
      step(plain.contexts, i, context_gradients[i], rate);
    }
    for (int draw = 0; draw < 32; ++draw) step(plain.contexts, negative, negative_gradient, rate);

    for (std::size_t row = 0; row < tokens; ++row) {
      CAPTURE(row);
      CHECK((bench.items.row(row) - plain.items.row(row)).norm() <= 1e-12);
      CHECK((bench.contexts.row(row) - plain.contexts.row(row)).norm() <= 1e-12);
      CHECK(bench.items.gradient_energy[row] == doctest::Approx(plain.items.gradient_energy[row]).epsilon(1e-12));
      CHECK(bench.contexts.gradient_energy[row] == doctest::Approx(plain.contexts.gradient_energy[row]).epsilon(1e-12));
    }
  }
}

TEST_CASE("a block sees contexts beyond itself, and no pair reaches over the end of a sequence") {
  Bench bench(3);
  bench.contexts.negative_share[6] = 1;
  const std::vector<std::uint32_t> ids{0, 1};
  const std::vector<std::uint32_t> ends{1, 2};
  SliceView slice;
  slice.sequence_ids = ids;
  slice.sequence_ends = ends;
  slice.window = 5;
  const Eigen::VectorXd before = bench.items.row(0);
  bench.pass.run(slice, {}, bench.items, bench.contexts, 3);
  CHECK(bench.items.row(0) == before);  // alone in its sequence: no pair, and so no negatives

  std::vector<std::uint32_t> run(17, 0);  // the second block has one centre, whose contexts lie in the first
  run.back() = 1;
  const std::vector<std::uint32_t> end{17};
  slice.sequence_ids = run;
  slice.sequence_ends = end;
  bench.pass.run(slice, {}, bench.items, bench.contexts, 3);
  CHECK(bench.items.gradient_energy[1] > initial_gradient_energy);
}
