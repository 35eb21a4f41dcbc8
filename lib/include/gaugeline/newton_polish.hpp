// The last steps to a minimum of the joint problem (joint_problem.hpp), where first-order methods crawl: Newton's
// method, its steps by conjugate gradients with exact Hessian-vector products (Nash 1984; Nocedal & Wright,
// section 7.1), kept out of the exact zero modes (symmetry_modes.hpp), along which the loss is constant. So that a
// Hessian can be looked at where the gradient vanishes.
#pragma once

#include <cstdint>

#include <gaugeline/joint_problem.hpp>

namespace gaugeline {

struct PolishOptions {
  LinkRule rule = LinkRule::plain;
  double gradient_tolerance = 1e-13;  // stops at |g| <= this times 1 + |z|
  std::uint32_t newton_steps = 50;
  std::uint32_t cg_steps = 5000;  // of one Newton step
};

struct PolishReport {
  double loss = 0;
  double gradient_norm = 0;  // |g|
  std::uint32_t newton_steps = 0;
  std::uint64_t hessian_products = 0;
  bool converged = false;  // the tolerance was reached; else rounding, or the budget, stopped it before
};

// Moves z to the minimum in whose valley it lies. A step of conjugate gradients ends at directions of no positive
// curvature, and is halved until the loss falls (within the loss's rounding: |g|), so that the loss never rises but for
// rounding. Turns with the frame. Allocates; does not check its arguments.
// O(newton_steps (cg_steps products + rows d^5)).
PolishReport polish(const JointProblem& problem, const PolishOptions& options, TableRef z);

}  // namespace gaugeline
