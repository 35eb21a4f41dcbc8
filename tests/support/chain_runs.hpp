// Runs of the optimisers on chains of slices, with the whole of their course.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gaugeline/optimizers.hpp>
#include <gaugeline/simulate_chain.hpp>

namespace gaugeline::testing {

struct ChainRun {
  DoubleTable z;
  OptimizerProgress end;
  std::vector<OptimizerProgress> course;  // by iteration

  // The first iteration with a loss no higher.
  [[nodiscard]] std::optional<OptimizerProgress> first_at(double level) const {
    for (const OptimizerProgress& progress : course) {
      if (progress.loss <= level) return progress;
    }
    return std::nullopt;
  }
};

inline ChainRun run_chain(const JointProblem& problem, const OptimizerPlan& plan, DoubleTable start) {
  ChainRun run{.z = std::move(start), .end = {}, .course = {}};
  run.end = optimise(problem, plan, run.z, [&](const OptimizerProgress& p) { run.course.push_back(p); });
  return run;
}

// L-BFGS with exact transport every 50 iterations, from the random start, until it can't go on.
inline ChainRun chain_optimum(const JointProblem& problem, std::uint64_t budget = 20000) {
  const std::unique_ptr<GaugeStep> exact = exact_transport();
  return run_chain(problem, {.method = Optimizer::lbfgs, .gauge = exact.get(), .budget = budget},
                   random_chain_start(problem.shape()));
}

// An optimum whose frames have been excited, and the least loss seen.
struct ExcitedChain {
  DoubleTable start;
  double least = 0;
  double excess = 0;  // of the start
};
inline ExcitedChain excited_chain(const JointProblem& problem, ChainRun optimum) {
  exact_transport()->fix(problem, optimum.z);
  ExcitedChain excited{.start = std::move(optimum.z)};
  excited.least = std::min(optimum.end.loss, problem.loss(excited.start));
  excite_goldstone_modes(problem.shape(), excited.start);
  excited.excess = problem.loss(excited.start) - excited.least;
  return excited;
}

}  // namespace gaugeline::testing
