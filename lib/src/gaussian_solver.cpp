#include "gaussian_solver.hpp"

#include <algorithm>
#include <utility>

namespace gaugeline {
namespace {

constexpr float least_gain = 1e-6F;  // information of a row's data over its prior's

}  // namespace

template <class Scalar>
void GaussianSolver<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  dimension_ = options.dimension;
  unknowns_ = dimension_ + (fits_offsets(options) ? 1 : 0);
  matrices_ = arena.take<Scalar>(options.worker_capacity * unknowns_ * unknowns_);
  vectors_ = arena.take<Scalar>(options.worker_capacity * unknowns_);
}

template <class Scalar>
void GaussianSolver<Scalar>::run(const HalfStep<Scalar>& step, const ValueState& values, Executor& executor) noexcept {
  const auto deviation = static_cast<Scalar>(values.noise_deviation);
  noise_precision_ = 1 / (deviation * deviation);
  mean_ = values.mean;
  executor.run(step.blocks(), [&](std::size_t worker, std::size_t block) {
    for (const RowIndex row : step.rows_of(block)) solve_row(step, row, worker);
  });
}

template <class Scalar>
void GaussianSolver<Scalar>::solve_row(const HalfStep<Scalar>& step, RowIndex row, std::size_t worker) noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  const auto n = static_cast<Eigen::Index>(unknowns_);
  MatrixView<Scalar> matrix(matrices_.data() + worker * unknowns_ * unknowns_, n, n);
  auto right = as_vector(vectors_.subspan(worker * unknowns_, unknowns_));
  const Scalar prior = step.moving.predicted[row];
  add_up(step, row, matrix, right);
  // A row in data is known, even if all that it met stands at zero.
  const Scalar information =
      std::max(matrix.diagonal().head(d).sum() / static_cast<Scalar>(dimension_), Scalar(least_gain) * prior);
  matrix.diagonal().head(d).array() += prior;
  if (step.tied) right.head(d) += prior * step.moving.reference_row(row);
  OffsetColumns<Scalar>& offsets = step.moving.offsets;
  Scalar offset_information = 0;
  if (n > d) {
    offset_information = matrix(d, d);
    matrix(d, d) += offsets.predicted[row];
    if (step.tied) right(d) += offsets.predicted[row] * offsets.reference[row];
  }
  // Not positive definite only if the tables hold figures near the end of Scalar's range: the row then stays.
  if (!solve_positive_definite<Scalar>(matrix, right)) return;
  step.moving.row(row) = right.head(d);
  step.moving.data_precision[row] = information;
  if (n == d) return;
  offsets.offset[row] = right(d);
  offsets.data_precision[row] = offset_information;
}

template <class Scalar>
void GaussianSolver<Scalar>::add_up(const HalfStep<Scalar>& step, RowIndex row, MatrixView<Scalar>& matrix,
                                    VectorView<Scalar>& right) const noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  const bool fitted = unknowns_ > dimension_;
  matrix.setZero();
  right.setZero();
  for (const Observed& observed : step.observed(row)) {
    const auto w = std::as_const(step.fixed).row(observed.other);
    for (Eigen::Index i = 0; i < d; ++i)
      matrix.row(i).head(i + 1) += noise_precision_ * w(i) * w.head(i + 1).transpose();
    if (!fitted) {
      right += noise_precision_ * static_cast<Scalar>(observed.weight) * w;
      continue;
    }
    const Scalar residual =
        static_cast<Scalar>(static_cast<double>(observed.weight) - mean_) - step.fixed.offsets.offset[observed.other];
    right.head(d) += noise_precision_ * residual * w;
    right(d) += noise_precision_ * residual;
    matrix.row(d).head(d) += noise_precision_ * w.transpose();
    matrix(d, d) += noise_precision_;
  }
}

template class GaussianSolver<float>;
template class GaussianSolver<double>;

}  // namespace gaugeline
