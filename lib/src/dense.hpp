// Small dense kernels that allocate nothing. Eigen's matrix products pack their operands into buffers, on the stack up
// to EIGEN_STACK_ALLOCATION_LIMIT (128 KiB) and on the heap beyond; the tiles here stay well below that.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace gaugeline {

template <class Scalar>
using RowMajor = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
template <class Scalar>
using ColumnVector = Eigen::Matrix<Scalar, Eigen::Dynamic, 1>;
template <class Scalar>
using VectorView = Eigen::Map<ColumnVector<Scalar>>;
template <class Scalar>
using ConstVectorView = Eigen::Map<const ColumnVector<Scalar>>;
template <class Scalar>
using MatrixView = Eigen::Map<RowMajor<Scalar>>;
template <class Scalar>
using ConstMatrixView = Eigen::Map<const RowMajor<Scalar>>;

template <class Scalar>
[[nodiscard]] VectorView<Scalar> as_vector(std::span<Scalar> values) noexcept {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}
template <class Scalar>
[[nodiscard]] ConstVectorView<Scalar> as_vector(std::span<const Scalar> values) noexcept {
  return {values.data(), static_cast<Eigen::Index>(values.size())};
}

inline constexpr std::size_t tile = 64;  // rows and columns of one packed operand: at most 64 x 64 doubles, 32 KiB

// Calls visit(begin, size) for [0, total) in runs of at most `step`.
template <class Visit>
void for_each_run(std::size_t total, std::size_t step, Visit&& visit) {
  for (std::size_t begin = 0; begin < total; begin += step) visit(begin, std::min(step, total - begin));
}

// c += a b^T for a (m x k), b (n x k), m and n at most `tile`: the inner dimension is cut.
template <class C, class A, class B>
void add_product_transposed(C&& c, const A& a, const B& b) {
  for_each_run(static_cast<std::size_t>(a.cols()), tile, [&](std::size_t k, std::size_t size) {
    const auto begin = static_cast<Eigen::Index>(k);
    const auto width = static_cast<Eigen::Index>(size);
    c.noalias() += a.middleCols(begin, width) * b.middleCols(begin, width).transpose();
  });
}

// c += a b for a (m x k), b (k x n), m and k at most `tile`: the outer dimension is cut.
template <class C, class A, class B>
void add_product(C&& c, const A& a, const B& b) {
  for_each_run(static_cast<std::size_t>(b.cols()), tile, [&](std::size_t n, std::size_t size) {
    const auto begin = static_cast<Eigen::Index>(n);
    const auto width = static_cast<Eigen::Index>(size);
    c.middleCols(begin, width).noalias() += a * b.middleCols(begin, width);
  });
}

// Solves H x = b for a symmetric positive definite H whose lower triangle is given; H and b are overwritten, b by x.
// Row by row, so that both the factorisation and the substitutions run over contiguous memory. False if H is not
// positive definite.
template <class Scalar>
[[nodiscard]] bool solve_positive_definite(MatrixView<Scalar> h, VectorView<Scalar> b) noexcept {
  const Eigen::Index d = h.rows();
  for (Eigen::Index i = 0; i < d; ++i) {
    for (Eigen::Index j = 0; j < i; ++j) h(i, j) = (h(i, j) - h.row(i).head(j).dot(h.row(j).head(j))) / h(j, j);
    const Scalar pivot = h(i, i) - h.row(i).head(i).squaredNorm();
    if (!(pivot > 0)) return false;
    h(i, i) = std::sqrt(pivot);
    b(i) = (b(i) - h.row(i).head(i).dot(b.head(i).transpose())) / h(i, i);
  }
  for (Eigen::Index i = d - 1; i >= 0; --i) {
    b(i) /= h(i, i);
    b.head(i) -= b(i) * h.row(i).head(i).transpose();
  }
  return true;
}

}  // namespace gaugeline
