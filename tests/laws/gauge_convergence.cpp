// What gauge steps do for the optimisers of the joint problem: the reference numbers of docs/algorithm.md, section 5,
// on G1, and that at a hundred slices nothing else gets in a hundred times the work where exact transport gets.
#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include <gaugeline/link_field.hpp>
#include <support/chain_runs.hpp>

namespace {

using namespace gaugeline;
using namespace gaugeline::testing;

struct Reference {
  std::uint64_t seed = 1;
  Eigen::Index slices = 10;
  double optimum = 0;
  std::array<double, 2> lbfgs{};    // iterations to an excess of 1e-3 and 1e-5, with exact transport every 50
  std::array<double, 2> descent{};  // gradient descent, every 10
};
const std::array references{
    Reference{1, 10, 3861.8860, {51, 111}, {153, 1542}}, Reference{2, 10, 3863.1328, {53, 123}, {155, 1530}},
    Reference{1, 30, 11528.5772, {51, 98}, {157, 1183}}, Reference{2, 30, 11560.6608, {51, 112}, {155, 1203}}};

JointProblem reference_problem(std::uint64_t seed, Eigen::Index slices) {
  return gaussian_chain({.seed = seed, .slices = slices});
}

void check_iterations(const ChainRun& run, double optimum, const std::array<double, 2>& expected) {
  for (std::size_t i = 0; i < 2; ++i) {
    const auto reached = run.first_at(optimum * (1 + (i == 0 ? 1e-3 : 1e-5)));
    REQUIRE(reached.has_value());
    CHECK(static_cast<double>(reached->iteration) == doctest::Approx(expected[i]).epsilon(.1));
  }
}

TEST_CASE("G1 from random starts: with exact transport the optimum, in the reference's number of iterations") {
  for (const Reference& reference : references) {
    CAPTURE(reference.seed);
    CAPTURE(reference.slices);
    const JointProblem problem = reference_problem(reference.seed, reference.slices);
    const ChainRun best = chain_optimum(problem);
    CHECK(best.end.loss == doctest::Approx(reference.optimum).epsilon(1e-8));
    CHECK(domain_walls(best_links(problem.shape(), best.z)) == 0);
    check_iterations(best, best.end.loss, reference.lbfgs);

    const auto exact = exact_transport();
    const ChainRun descent = run_chain(problem,
                                       {.method = Optimizer::gradient_descent,
                                        .gauge = exact.get(),
                                        .gauge_every = 10,
                                        .stop_at = best.end.loss * (1 + 1e-5)},
                                       random_chain_start(problem.shape()));
    check_iterations(descent, best.end.loss, reference.descent);
  }
}

TEST_CASE("G1 of 100 slices: the optimum takes no more iterations than that of 10") {
  const JointProblem problem = reference_problem(1, 100);
  const auto exact = exact_transport();
  constexpr double optimum = 38498.9238;
  const ChainRun run =
      run_chain(problem, {.method = Optimizer::lbfgs, .gauge = exact.get(), .stop_at = optimum * (1 + 1e-7)},
                random_chain_start(problem.shape()));
  CHECK(run.end.loss == doctest::Approx(optimum).epsilon(2e-7));
  check_iterations(run, optimum, {53, 112});
}

TEST_CASE("G1 from random starts: without exact transport the run ends at domain walls") {
  const auto newton = goldstone_step(GoldstoneRate::newton);
  for (const Reference& reference : references) {
    CAPTURE(reference.seed);
    CAPTURE(reference.slices);
    const JointProblem problem = reference_problem(reference.seed, reference.slices);
    const std::uint64_t budget = reference.slices == 10 ? 10000 : 4000;
    for (const OptimizerPlan& plan :
         {OptimizerPlan{.method = Optimizer::gradient_descent, .budget = budget},
          OptimizerPlan{
              .method = Optimizer::gradient_descent, .gauge = newton.get(), .gauge_every = 10, .budget = budget / 2},
          OptimizerPlan{.method = Optimizer::lbfgs, .budget = budget}}) {
      CAPTURE(static_cast<int>(plan.method));
      CAPTURE((plan.gauge != nullptr));
      const ChainRun run = run_chain(problem, plan, random_chain_start(problem.shape()));
      CHECK(run.end.loss > 1.01 * reference.optimum);
      CHECK(domain_walls(best_links(problem.shape(), run.z)) > 0);
    }
  }
}

TEST_CASE("a pure excitation of the Goldstone modes: how many iterations take it away") {
  struct Row {
    Eigen::Index slices;
    double newton, sum, authors, plain;
  };
  for (const Row& row : {Row{10, 11, 21, 101, 2319}, Row{30, 11, 121, 481, 0}}) {
    CAPTURE(row.slices);
    const JointProblem problem = reference_problem(1, row.slices);
    const ExcitedChain excited = excited_chain(problem, chain_optimum(problem));
    const double level = excited.least + 1e-5 * excited.excess;
    // Gauge steps before iterations 1, 11, 21, ...
    const auto iterations = [&](GaugeStep* step) {
      const ChainRun run = run_chain(problem,
                                     {.method = Optimizer::gradient_descent,
                                      .gauge = step,
                                      .gauge_every = 10,
                                      .gauge_offset = 1,
                                      .stop_at = level},
                                     excited.start);
      CHECK(run.end.loss <= level);
      return static_cast<double>(run.end.iteration);
    };
    CHECK(iterations(exact_transport().get()) == 1);
    CHECK(iterations(goldstone_step(GoldstoneRate::newton).get()) == row.newton);
    CHECK(iterations(goldstone_step(GoldstoneRate::sum).get()) == doctest::Approx(row.sum).epsilon(.1));
    CHECK(iterations(goldstone_step(GoldstoneRate::authors).get()) == doctest::Approx(row.authors).epsilon(.1));
    if (row.plain > 0) CHECK(iterations(nullptr) == doctest::Approx(row.plain).epsilon(.1));
    if (row.slices == 10) CHECK(excited.excess == doctest::Approx(28.2021).epsilon(1e-5));
  }
}

// A smaller chain than G1, so that a hundred times the work fits into a test; bench_gauge_claims --hundredfold does it
// on G1 itself.
TEST_CASE("100 slices from random starts: what exact transport has after N evaluations others have not after 100 N") {
  constexpr std::uint64_t n = 100;
  const JointProblem problem = gaussian_chain({.seed = 1, .rows = 20, .dimension = 4, .slices = 100});
  const DoubleTable start = random_chain_start(problem.shape());
  const auto exact = exact_transport();
  const double reached =
      run_chain(problem, {.method = Optimizer::lbfgs, .gauge = exact.get(), .budget = n}, start).end.loss;
  const auto check = [&](OptimizerPlan plan) {
    CAPTURE(static_cast<int>(plan.method));
    CAPTURE(plan.rate);
    plan.budget = 100 * n;
    plan.stop_at = reached;
    const ChainRun run = run_chain(problem, plan, start);
    CHECK_FALSE(run.first_at(reached).has_value());
    CHECK(domain_walls(best_links(problem.shape(), run.z)) > 0);
  };
  check({.method = Optimizer::gradient_descent});
  check({.method = Optimizer::lbfgs});
  for (const double rate : {.01, .1}) {
    check({.method = Optimizer::adam, .rate = rate});
    check({.method = Optimizer::adam_per_row, .rate = rate});
  }
  const auto newton = goldstone_step(GoldstoneRate::newton);
  const auto authors = goldstone_step(GoldstoneRate::authors);
  for (GaugeStep* step : {newton.get(), authors.get()})
    check({.method = Optimizer::gradient_descent, .gauge = step, .gauge_every = 10});
}

}  // namespace
