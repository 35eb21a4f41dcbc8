#include <gaugeline/symmetry_modes.hpp>

#include <algorithm>
#include <cstddef>
#include <numbers>

#include <Eigen/SVD>

namespace gaugeline {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

SliceDirections nearest_orthonormal(Index first, Index count, const MatrixXd& columns) {
  SliceDirections directions{.first = first, .count = count, .rank = 0, .basis = columns};
  if (columns.size() == 0) return directions;
  Eigen::JacobiSVD<MatrixXd> svd(columns, Eigen::ComputeThinU | Eigen::ComputeThinV);
  svd.setThreshold(1e-10);
  directions.rank = svd.rank();
  directions.basis = svd.matrixU().leftCols(svd.rank()) * svd.matrixV().leftCols(svd.rank()).transpose();
  return directions;
}

Eigen::Map<DoubleTable> as_table(Eigen::Ref<Eigen::VectorXd> direction, Index dimension) {
  return {direction.data(), direction.size() / dimension, dimension};
}

Index segment_begin(const JointShape& shape, const SliceDirections& group) {
  return group.first * shape.rows_per_slice() * shape.dimension;
}

}  // namespace

SliceDirections rotation_directions(const JointShape& shape, const ConstTableRef& z, Index first, Index count) {
  const Index d = shape.dimension;
  const auto rows = z.middleRows(first * shape.rows_per_slice(), count * shape.rows_per_slice());
  MatrixXd columns = MatrixXd::Zero(rows.size(), d * (d - 1) / 2);
  Index column = 0;
  for (Index i = 0; i < d; ++i) {
    for (Index j = i + 1; j < d; ++j) {
      auto moved = as_table(columns.col(column++), d);
      moved.col(j) = rows.col(i);
      moved.col(i) = -rows.col(j);
    }
  }
  return nearest_orthonormal(first, count, columns);
}

SliceDirections stretch_directions(const JointShape& shape, const ConstTableRef& z, Index slice,
                                   const SliceDirections& rotations) {
  const Index d = shape.dimension;
  DoubleTable rows = slice_rows(z, shape, slice);
  rows.bottomRows(shape.contexts) *= -1;
  MatrixXd columns = MatrixXd::Zero(rows.size(), d * (d + 1) / 2);
  Index column = 0;
  for (Index i = 0; i < d; ++i) {
    for (Index j = i; j < d; ++j) {
      auto moved = as_table(columns.col(column++), d);
      const double size = i == j ? 1 : std::numbers::sqrt2 / 2;  // |A| = 1
      moved.col(j) = size * rows.col(i);
      moved.col(i) = size * rows.col(j);
    }
  }
  columns -= rotations.basis * (rotations.basis.transpose() * columns);
  return nearest_orthonormal(slice, 1, columns);
}

ZeroModes::ZeroModes(const JointProblem& problem, const ConstTableRef& z, LinkRule rule) : shape_(problem.shape()) {
  const std::vector<double>& coupling = problem.prior().coupling;
  for (Index first = 0; first < shape_.slices;) {
    Index end = first + 1;
    while (rule == LinkRule::plain && end < shape_.slices && coupling[static_cast<std::size_t>(end)] != 0) ++end;
    groups_.push_back(rotation_directions(shape_, z, first, end - first));
    first = end;
  }
}

Index ZeroModes::size() const noexcept {
  Index sum = 0;
  for (const SliceDirections& group : groups_) sum += group.rank;
  return sum;
}

void ZeroModes::project_out(Eigen::Ref<Eigen::VectorXd> direction) const {
  for (const SliceDirections& group : groups_) {
    auto part = direction.segment(segment_begin(shape_, group), group.basis.rows());
    const Eigen::VectorXd along = group.basis.transpose() * part;
    part.noalias() -= group.basis * along;
  }
}

double ZeroModes::residual(const JointProblem& problem, const ConstTableRef& z, LinkRule rule) const {
  double largest = 0;
  Eigen::VectorXd mode(z.size());
  DoubleTable product(z.rows(), z.cols());
  for (const SliceDirections& group : groups_) {
    for (Index i = 0; i < group.basis.cols(); ++i) {
      mode.setZero();
      mode.segment(segment_begin(shape_, group), group.basis.rows()) = group.basis.col(i);
      problem.hessian_product(z, as_table(mode, z.cols()), product, rule);
      largest = std::max(largest, product.norm());
    }
  }
  return largest;
}

}  // namespace gaugeline
