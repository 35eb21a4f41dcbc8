#include "gaussian_solver.hpp"

#include <utility>

namespace gaugeline {

template <class Scalar>
void GaussianSolver<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  dimension_ = options.dimension;
  noise_precision_ = 1 / (static_cast<Scalar>(options.noise_deviation) * static_cast<Scalar>(options.noise_deviation));
  matrices_ = arena.take<Scalar>(options.worker_capacity * dimension_ * dimension_);
  vectors_ = arena.take<Scalar>(options.worker_capacity * dimension_);
}

template <class Scalar>
void GaussianSolver<Scalar>::run(const HalfStep<Scalar>& step, Executor& executor) noexcept {
  executor.run(step.blocks(), [&](std::size_t worker, std::size_t block) {
    for (const RowIndex row : step.rows_of(block)) solve_row(step, row, worker);
  });
}

template <class Scalar>
void GaussianSolver<Scalar>::solve_row(const HalfStep<Scalar>& step, RowIndex row, std::size_t worker) noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  MatrixView<Scalar> matrix(matrices_.data() + worker * dimension_ * dimension_, d, d);
  auto right = as_vector(vectors_.subspan(worker * dimension_, dimension_));
  const Scalar prior = step.moving.predicted[row];
  matrix.setZero();
  right.setZero();
  for (const Observed& observed : step.observed(row)) {
    const auto w = std::as_const(step.fixed).row(observed.other);
    for (Eigen::Index i = 0; i < d; ++i)
      matrix.row(i).head(i + 1) += noise_precision_ * w(i) * w.head(i + 1).transpose();
    right += noise_precision_ * static_cast<Scalar>(observed.weight) * w;
  }
  const Scalar information = matrix.trace() / static_cast<Scalar>(dimension_);
  matrix.diagonal().array() += prior;
  if (step.tied) right += prior * step.moving.reference_row(row);
  // Not positive definite only if the tables hold figures near the end of Scalar's range: the row then stays.
  if (!solve_positive_definite<Scalar>(matrix, right)) return;
  step.moving.row(row) = right;
  step.moving.data_precision[row] = information;
}

template class GaussianSolver<float>;
template class GaussianSolver<double>;

}  // namespace gaugeline
