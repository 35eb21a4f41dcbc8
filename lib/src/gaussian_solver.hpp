// Row updates for the Gaussian likelihood: given the other side W, row i has an exact solution (ridge regression),
//   (pm_i I + sum_j w_j w_j^T / sigma^2) z_i = pm_i ref_i + sum_j y_ij w_j / sigma^2,    h_i = sum_j |w_j|^2 / (d
//   sigma^2).
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
  void run(const HalfStep<Scalar>& step, Executor& executor) noexcept;

 private:
  void solve_row(const HalfStep<Scalar>& step, RowIndex row, std::size_t worker) noexcept;

  std::size_t dimension_ = 0;
  Scalar noise_precision_ = 0;  // 1 / sigma^2
  std::span<Scalar> matrices_;  // worker x d x d
  std::span<Scalar> vectors_;   // worker x d
};

extern template class GaussianSolver<float>;
extern template class GaussianSolver<double>;

}  // namespace gaugeline
