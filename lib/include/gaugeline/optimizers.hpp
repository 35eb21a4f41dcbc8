// First-order optimisers of the joint problem (joint_problem.hpp), with gauge steps between their iterations. They are
// here to be compared (docs/gauge.md); what users run is smoother.hpp.
//
// Equivariance: gradient descent, L-BFGS, and Adam and AdaGrad with one accumulator per row turn with the frame;
// accumulators per coordinate do not. One that does not gives different results in different frames.
//
// Why an L-BFGS of its own: LBFGSpp throws when its line search fails, which lib, compiled without exceptions, cannot
// have, and which is just how L-BFGS ends at a domain wall. Both take as many evaluations: with exact transport every
// 50 iterations, to 1e-5 on G1 (seeds 1, 2; T = 10, 30), 124, 140, 106, 128 here, 126, 146, 107, 130 with LBFGSpp's
// Armijo search and 124, 135, 116, 129 with its strong Wolfe search (bench_gauge_claims --peer).
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <gaugeline/gauge_fixing.hpp>
#include <gaugeline/joint_problem.hpp>

namespace gaugeline {

enum class Optimizer : std::uint8_t {
  gradient_descent,  // the step grows by 3 % after a success and is halved until the loss does not rise
  lbfgs,             // 10 pairs, Armijo backtracking; a gauge step clears them
  adam,              // Kingma & Ba 2015, per coordinate; beta .9, .999; a gauge step clears the first moment
  adam_per_row,      // second moment: the mean of the row's squares
  adagrad,           // Duchi et al. 2011, per coordinate
  adagrad_per_row,
};

struct OptimizerPlan {
  Optimizer method = Optimizer::lbfgs;
  double rate = .1;  // of Adam and AdaGrad
  // Before iterations it = 1, 2, ... where it % gauge_every == gauge_offset; none if null. Exact transport every 50
  // iterations costs under 1 % of a run, and every 10 saves gradient descent next to no iteration (docs/gauge.md).
  GaugeStep* gauge = nullptr;
  std::uint32_t gauge_every = 50;
  std::uint32_t gauge_offset = 0;
  std::uint64_t budget = 20000;  // gradient evaluations; one after each gauge step counts too
  double stop_at = 0;            // loss
};

// After an iteration (0: the start).
struct OptimizerProgress {
  std::uint64_t iteration = 0;
  std::uint64_t evaluations = 0;
  double loss = 0;
};

// Moves z down the loss until the budget is spent, the loss is at stop_at or below, the gradient vanishes, the line
// search fails, or 1,000 iterations gained less than 1e-9 of the loss; a line search that has begun is ended even if it
// takes some evaluations more than the budget. `observe`, if there is one, sees every iteration. Returns what the run
// ends with: the evaluations and the loss of a gauge step after the last iteration included. An iteration allocates
// nothing beyond what the problem and the gauge step do.
OptimizerProgress optimise(const JointProblem& problem, const OptimizerPlan& plan, TableRef z,
                           const std::function<void(const OptimizerProgress&)>& observe = {});

}  // namespace gaugeline
