// Row updates for the Gaussian likelihood: given the other side W, row i has an exact solution (ridge regression),
//   (pm_i I + sum_j w_j w_j^T / sigma^2) z_i = pm_i ref_i + sum_j y_ij w_j / sigma^2,    h_i = sum_j |w_j|^2 / (d
//   sigma^2).
// With offsets y_ij - mu - b_j stands for y_ij, and a_i is solved for in the same system, as one more coordinate of z_i
// whose w_j is 1, with a prior of its own. By Cholesky in Scalar; O(observations d^2 + d^3) a row.
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

 private:
  void solve_row(const HalfStep<Scalar>& step, RowIndex row, std::size_t worker) noexcept;

  // matrix and right-hand side of the normal equations, and their last row where there are offsets.
  void add_up(const HalfStep<Scalar>& step, RowIndex row, MatrixView<Scalar>& matrix,
              VectorView<Scalar>& right) const noexcept;

  std::size_t dimension_ = 0;
  std::size_t unknowns_ = 0;  // d, and the offset
  double mean_ = 0;
  Scalar noise_precision_ = 0;  // 1 / sigma^2
  std::span<Scalar> matrices_;  // worker x unknowns x unknowns
  std::span<Scalar> vectors_;   // worker x unknowns
};

extern template class GaussianSolver<float>;
extern template class GaussianSolver<double>;

}  // namespace gaugeline
