// Optimisers: what they count, when they stop, when they call the gauge step, and which of them turn with the frame.
#include <gaugeline/optimizers.hpp>

#include <array>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>

#include <gaugeline/simulate_chain.hpp>
#include <support/joint_problems.hpp>
#include <support/random_matrices.hpp>

namespace {

using namespace gaugeline;

constexpr std::array all_methods{Optimizer::gradient_descent, Optimizer::lbfgs,   Optimizer::adam,
                                 Optimizer::adam_per_row,     Optimizer::adagrad, Optimizer::adagrad_per_row};

// Turns nothing, and notes when it was called.
class NotingStep final : public GaugeStep {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "noting"; }
  void fix(const JointProblem& /*problem*/, TableRef /*z*/) override { calls.push_back(iteration + 1); }
  std::uint64_t iteration = 0;  // the last one
  std::vector<std::uint64_t> calls;
};

JointProblem small_chain(Eigen::Index slices) {
  return gaussian_chain({.seed = 5, .rows = 12, .dimension = 3, .slices = slices, .norm = .1});
}

TEST_CASE("every method lowers every likelihood, and reports what it has") {
  for (const auto& example : testing::joint_examples()) {
    for (const Optimizer method : all_methods) {
      CAPTURE(example.name);
      CAPTURE(static_cast<int>(method));
      DoubleTable z = testing::random_table(example.problem.shape(), 8, .3);
      const double start = example.problem.loss(z);
      std::vector<OptimizerProgress> trace;
      const OptimizerProgress end = optimise(example.problem, {.method = method, .budget = 3000}, z,
                                             [&](const OptimizerProgress& p) { trace.push_back(p); });
      CHECK(trace.front().loss == doctest::Approx(start).epsilon(1e-13));
      CHECK(trace.front().evaluations == 1);
      for (std::size_t i = 0; i < trace.size(); ++i) {
        CHECK(trace[i].iteration == i);
        if (i > 0) CHECK(trace[i].evaluations > trace[i - 1].evaluations);
      }
      CHECK(end.iteration == trace.back().iteration);
      CHECK(end.loss == doctest::Approx(example.problem.loss(z)).epsilon(1e-13));
      DoubleTable gradient(z.rows(), z.cols());
      example.problem.gradient(z, gradient);
      const bool oscillates = method == Optimizer::adam || method == Optimizer::adam_per_row;
      CHECK(gradient.norm() < (oscillates ? .5 : .01) * std::sqrt(start));
    }
  }
}

TEST_CASE("a budget of one evaluation looks at the start alone") {
  const JointProblem problem = small_chain(3);
  for (const Optimizer method : all_methods) {
    DoubleTable z = random_chain_start(problem.shape());
    const DoubleTable start = z;
    const OptimizerProgress end = optimise(problem, {.method = method, .budget = 1}, z);
    CHECK(end.evaluations == 1);
    CHECK(end.iteration == 0);
    CHECK(z == start);
  }
}

TEST_CASE("a loss that is low enough is left alone, before the gauge step too") {
  const JointProblem problem = small_chain(3);
  DoubleTable z = random_chain_start(problem.shape());
  const DoubleTable start = z;
  NotingStep step;
  const OptimizerProgress end = optimise(problem, {.gauge = &step, .gauge_every = 1, .stop_at = problem.loss(z)}, z);
  CHECK(end.evaluations == 1);
  CHECK(step.calls.empty());
  CHECK(z == start);
}

TEST_CASE("stops as soon as the loss is low enough") {
  const JointProblem problem = small_chain(3);
  DoubleTable z = random_chain_start(problem.shape());
  const double level = .9 * problem.loss(z);
  double before = 2 * level;
  const OptimizerProgress end =
      optimise(problem, {.method = Optimizer::gradient_descent, .stop_at = level}, z, [&](const OptimizerProgress& p) {
        CHECK(before > level);  // of every iteration but the last one
        before = p.loss;
      });
  CHECK(end.loss <= level);
}

TEST_CASE("where the gradient vanishes nothing moves") {
  const JointProblem problem = small_chain(3);
  for (const Optimizer method : all_methods) {
    for (const bool fixes : {false, true}) {
      DoubleTable z = DoubleTable::Zero(problem.shape().rows(), 3);
      NotingStep step;
      const OptimizerProgress end =
          optimise(problem, {.method = method, .gauge = fixes ? &step : nullptr, .gauge_every = 1}, z);
      CHECK(end.evaluations == (fixes ? 2 : 1));
      CHECK(z.isZero(0));
    }
  }
}

TEST_CASE("one slice is a problem without links") {
  const JointProblem problem = small_chain(1);
  for (const Optimizer method : all_methods) {
    CAPTURE(static_cast<int>(method));
    DoubleTable z = random_chain_start(problem.shape());
    const double start = problem.loss(z);
    const OptimizerProgress end = optimise(problem, {.method = method, .budget = 2000}, z);
    CHECK(end.loss < .2 * start);
  }
}

TEST_CASE("comes to rest, or its line search fails, long before a large budget") {
  const JointProblem problem = small_chain(2);
  for (const Optimizer method : {Optimizer::gradient_descent, Optimizer::lbfgs}) {
    DoubleTable z = random_chain_start(problem.shape());
    const OptimizerProgress end = optimise(problem, {.method = method, .budget = 10'000'000}, z);
    CHECK(end.evaluations < 100'000);
    DoubleTable gradient(z.rows(), z.cols());
    problem.gradient(z, gradient);
    CHECK(gradient.norm() < 1e-3);
  }
}

TEST_CASE("the gauge step comes before the iterations it is asked for, at one evaluation each") {
  const JointProblem problem = small_chain(3);
  for (const auto& [offset, first] : {std::pair{0U, 5U}, {1U, 1U}, {3U, 3U}}) {
    DoubleTable z = random_chain_start(problem.shape());
    NotingStep step;
    const OptimizerProgress end = optimise(
        problem,
        {.method = Optimizer::adagrad_per_row, .gauge = &step, .gauge_every = 5, .gauge_offset = offset, .budget = 24},
        z, [&](const OptimizerProgress& p) { step.iteration = p.iteration; });
    REQUIRE(step.calls.size() > 2);
    for (std::size_t i = 0; i < step.calls.size(); ++i) CHECK(step.calls[i] == first + 5 * i);
    CHECK(end.evaluations == 1 + end.iteration + step.calls.size());
  }
}

// The losses of the first iterations, and the table after them.
struct Trace {
  std::vector<double> losses;
  DoubleTable z;
};
Trace first_iterations(const JointProblem& problem, Optimizer method, DoubleTable z) {
  Trace trace;
  optimise(problem, {.method = method, .rate = .05, .budget = 35}, z,
           [&](const OptimizerProgress& p) { trace.losses.push_back(p.loss); });
  trace.z = std::move(z);
  return trace;
}

// The largest relative difference of losses, and of the tables turned back, between a start and the start turned.
struct Difference {
  double loss = 0;
  double table = 0;
};
Difference turned_difference(const JointProblem& problem, Optimizer method, const Eigen::MatrixXd& turn) {
  const DoubleTable start = testing::random_table(problem.shape(), 8, .4);
  const Trace plain = first_iterations(problem, method, start);
  const Trace turned = first_iterations(problem, method, start * turn);
  Difference difference{.table = (plain.z * turn - turned.z).norm() / plain.z.norm()};
  REQUIRE(plain.losses.size() == turned.losses.size());
  for (std::size_t i = 0; i < plain.losses.size(); ++i)
    difference.loss = std::max(difference.loss, std::abs(plain.losses[i] / turned.losses[i] - 1));
  return difference;
}

TEST_CASE("gradient descent, L-BFGS, and Adam and AdaGrad by row turn with the frame; by coordinate they do not") {
  Random random(9);
  for (const double determinant : {1., -1.}) {
    const Eigen::MatrixXd turn = testing::random_orthogonal(random, 3, determinant);
    for (const auto& example : testing::joint_examples()) {
      CAPTURE(example.name);
      CAPTURE(determinant);
      for (const Optimizer method :
           {Optimizer::gradient_descent, Optimizer::lbfgs, Optimizer::adam_per_row, Optimizer::adagrad_per_row}) {
        CAPTURE(static_cast<int>(method));
        const Difference difference = turned_difference(example.problem, method, turn);
        CHECK(difference.loss < 1e-11);
        CHECK(difference.table < 1e-10);
      }
      for (const Optimizer method : {Optimizer::adam, Optimizer::adagrad}) {
        CAPTURE(static_cast<int>(method));
        const Difference difference = turned_difference(example.problem, method, turn);
        CHECK(difference.loss > 1e-3);
        CHECK(difference.table > 1e-2);
      }
    }
  }
}

}  // namespace
