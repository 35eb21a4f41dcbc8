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
  fitted_ = fits_offsets(options);
  matrices_ = arena.take<Scalar>(options.worker_capacity * dimension_ * dimension_);
  vectors_ = arena.take<Scalar>(2 * dimension_ * options.worker_capacity);
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
  MatrixView<Scalar> matrix(matrices_.data() + worker * dimension_ * dimension_, d, d);
  auto right = as_vector(vectors_.subspan(worker * 2 * dimension_, dimension_));
  auto coupling = as_vector(vectors_.subspan((worker * 2 + 1) * dimension_, dimension_));
  const Scalar prior = step.moving.predicted[row];
  Scalar sum = add_up(step, row, matrix, right, coupling);  // of the offset's equation: the right-hand side ...
  Scalar weight = 0;                                        // ... and the factor of the offset
  // A row in data is known, even if all that it met stands at zero.
  const Scalar information = std::max(matrix.trace() / static_cast<Scalar>(dimension_), Scalar(least_gain) * prior);
  const Scalar offset_information = noise_precision_ * static_cast<Scalar>(step.observed(row).size());
  matrix.diagonal().array() += prior;
  if (step.tied) right += prior * step.moving.reference_row(row);
  OffsetColumns<Scalar>& offsets = step.moving.offsets;
  if (fitted_) {
    weight = offsets.predicted[row] + offset_information;
    if (step.tied) sum += offsets.predicted[row] * offsets.reference[row];
    for (Eigen::Index i = 0; i < d; ++i)
      matrix.row(i).head(i + 1) -= coupling(i) / weight * coupling.head(i + 1).transpose();
    right -= sum / weight * coupling;
  }
  // Not positive definite only if the tables hold figures near the end of Scalar's range: the row then stays.
  if (!solve_positive_definite<Scalar>(matrix, right)) return;
  step.moving.row(row) = right;
  step.moving.data_precision[row] = information;
  if (!fitted_) return;
  offsets.offset[row] = (sum - coupling.dot(right)) / weight;
  offsets.data_precision[row] = offset_information;
}

template <class Scalar>
Scalar GaussianSolver<Scalar>::add_up(const HalfStep<Scalar>& step, RowIndex row, MatrixView<Scalar>& matrix,
                                      VectorView<Scalar>& right, VectorView<Scalar>& coupling) const noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  Scalar sum = 0;
  matrix.setZero();
  right.setZero();
  coupling.setZero();
  for (const Observed& observed : step.observed(row)) {
    const auto w = std::as_const(step.fixed).row(observed.other);
    for (Eigen::Index i = 0; i < d; ++i)
      matrix.row(i).head(i + 1) += noise_precision_ * w(i) * w.head(i + 1).transpose();
    if (!fitted_) {
      right += noise_precision_ * static_cast<Scalar>(observed.weight) * w;
      continue;
    }
    const Scalar residual =
        static_cast<Scalar>(static_cast<double>(observed.weight) - mean_) - step.fixed.offsets.offset[observed.other];
    right += noise_precision_ * residual * w;
    coupling += noise_precision_ * w;
    sum += noise_precision_ * residual;
  }
  return sum;
}

template <class Scalar>
void GaussianSolver<Scalar>::linearise(const HalfStep<Scalar>& step, const ValueState& values, Executor& executor,
                                       const Linearisation<Scalar>& out) noexcept {
  const auto deviation = static_cast<Scalar>(values.noise_deviation);
  const Scalar precision = 1 / (deviation * deviation);
  std::ranges::fill(out.gram, Scalar(0));
  executor.run(step.blocks(), [&](std::size_t, std::size_t block) {
    for (const RowIndex row : step.rows_of(block)) {
      const auto z = std::as_const(step.moving).row(row);
      auto gradient = as_vector(out.gradient.subspan(row * dimension_, dimension_));
      gradient.setZero();
      Scalar scale = 0;
      for (const Observed& observed : step.observed(row)) {
        const auto w = std::as_const(step.fixed).row(observed.other);
        const double offsets =
            offsets_of<Scalar>(step.moving.offsets.offset, row, step.fixed.offsets.offset, observed.other);
        const auto y = static_cast<Scalar>(static_cast<double>(observed.weight) - values.mean - offsets);
        gradient += precision * (z.dot(w) - y) * w;
        scale += precision * w.squaredNorm() / static_cast<Scalar>(dimension_);
      }
      std::ranges::fill(out.curvature_of(step.observations, row), precision);
      out.scale[row] = step.moving.data_precision[row] = scale;
    }
  });
}

template class GaussianSolver<float>;
template class GaussianSolver<double>;

}  // namespace gaugeline
