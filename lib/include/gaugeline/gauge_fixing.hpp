// Ways to fix the gauge of the joint problem (joint_problem.hpp), behind one interface: each turns the slices of a
// table, Z_t -> Z_t R_t with R_t in O(d), so that their coupling falls. No likelihood and no norm changes but for
// rounding.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include <gaugeline/joint_problem.hpp>

namespace gaugeline {

class GaugeStep {
 public:
  virtual ~GaugeStep() = default;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  // Never raises coupling_loss(z) but for rounding.
  virtual void fix(const JointProblem& problem, TableRef z) = 0;
};

// Exact transport: slice by slice, R_t is the polar factor of Z_t^T Z'_t-1 with the neighbour already turned. A chain
// is a tree, so that this is the global minimum of the coupling over O(d)^(T-1), reflections included. Where the polar
// factor is not unique it is the one nearest to I, so that a second step moves nothing. O(T (rows d^2 + d^3)).
[[nodiscard]] std::unique_ptr<GaugeStep> exact_transport();

// The rate of a Goldstone step along the gradient in skew matrices, lambda_t (M_t^T - M_t)/2 - lambda_t+1 (M_t+1^T -
// M_t+1)/2 with M_t = Z_t^T Z_t-1.
enum class GoldstoneRate : std::uint8_t {
  authors,  // d / sum over slices of |Z_t|^2: what the authors' program does, with its factor of 1/4
  sum,      // four times that: without the quarter
  newton,   // d / mean over slices of |Z_t|^2: Newton's scale
};

// The Goldstone step (Bamler & Mandt, ICML 2018, arXiv 1803.03234): `inner` gradient steps on the coupling expanded to
// second order in skew-symmetric Gamma_t, preconditioned by the pseudo-inverse of the chain's Laplacian with weights
// lambda_t (eigenvalues regularised by mean(lambda)/T), then Z_t <- Z_t exp(s Gamma_t) exactly, s halved from 1 while
// the coupling would rise. It moves continuously, so that it never leaves SO(d): links of determinant -1 stay.
[[nodiscard]] std::unique_ptr<GaugeStep> goldstone_step(GoldstoneRate rate, std::uint32_t inner = 10);

}  // namespace gaugeline
