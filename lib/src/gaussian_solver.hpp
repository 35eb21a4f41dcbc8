// Row updates for the Gaussian likelihood: given the other side W, row i has an exact solution (ridge regression),
//   (pm_i I + sum_j w_j w_j^T / sigma^2) z_i = pm_i ref_i + sum_j y_ij w_j / sigma^2,    h_i = sum_j |w_j|^2 / (d
//   sigma^2).
// With offsets, y_ij - mu - b_j stands for y_ij, and a_i, the factor of a constant 1 beside w_j with a prior of its
// own, is solved for in the same system: it is eliminated first, which leaves d unknowns,
//   c = sum_j w_j / sigma^2,  k = q_i + n_i/sigma^2,  H <- H - c c^T/k,  a_i = (q_i ref_a + sum_j y_ij/sigma^2 -
//   c.z_i)/k.
// By Cholesky in Scalar; O(observations d^2 + d^3) a row.
#pragma once

#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "half_step.hpp"

namespace gaugeline {

template <class Scalar>
class GaussianSolver {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;
  void run(const HalfStep<Scalar>& step, const ValueState& values, Executor& executor) noexcept;
  // Only what the step needs of the likelihood, with the offsets as they are: nothing moves.
  void linearise(const HalfStep<Scalar>& step, const ValueState& values, Executor& executor,
                 const Linearisation<Scalar>& out) noexcept;

 private:
  void solve_row(const HalfStep<Scalar>& step, RowIndex row, std::size_t worker) noexcept;

  // The sums over the row's observations: H (its lower triangle), the right-hand side, c; returns that of the offset.
  [[nodiscard]] Scalar add_up(const HalfStep<Scalar>& step, RowIndex row, MatrixView<Scalar>& matrix,
                              VectorView<Scalar>& right, VectorView<Scalar>& coupling) const noexcept;

  std::size_t dimension_ = 0;
  bool fitted_ = false;  // offsets
  double mean_ = 0;
  Scalar noise_precision_ = 0;  // 1 / sigma^2
  std::span<Scalar> matrices_;  // worker x d x d
  std::span<Scalar> vectors_;   // worker x 2 d
};

extern template class GaussianSolver<float>;
extern template class GaussianSolver<double>;

}  // namespace gaugeline
