// Small dense kernels that allocate nothing: products of Eigen's blocks by kernels.hpp, since Eigen's own pack their
// operands into buffers and use the units that every processor has; and a solver.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <type_traits>

#include <gaugeline/executor.hpp>

#include "kernels.hpp"

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

inline constexpr std::size_t tile = 64;  // rows and columns of a block that stays in the first cache: at most 32 KiB

// How far apart the rows of a gathered block lie, so that each begins at a multiple of the widest units' size and ends
// in zeros.
[[nodiscard]] constexpr std::size_t padded(std::size_t dimension) noexcept { return (dimension + 15) / 16 * 16; }

// Calls visit(begin, size) for [0, total) in runs of at most `step`.
template <class Visit>
void for_each_run(std::size_t total, std::size_t step, Visit&& visit) {
  for (std::size_t begin = 0; begin < total; begin += step) visit(begin, std::min(step, total - begin));
}

// The same with a run a task, as visit(worker, begin, size).
template <class Visit>
void run_in_blocks(Executor& executor, std::size_t total, std::size_t step, const Visit& visit) {
  executor.run((total + step - 1) / step, [&](std::size_t worker, std::size_t block) {
    visit(worker, block * step, std::min(step, total - block * step));
  });
}

// A block or a row-major matrix as the kernels take it, a transposed one included.
template <class Matrix>
[[nodiscard]] auto as_block(Matrix&& m) noexcept {
  const auto size = [](Eigen::Index n) { return static_cast<std::size_t>(n); };
  return kernels::Block<std::remove_pointer_t<decltype(m.data())>>{m.data(), size(m.rows()), size(m.cols()),
                                                                   size(m.rowStride()), size(m.colStride())};
}
// c = a b, without a buffer; c and b row-major.
template <class C, class A, class B>
void product(C&& c, const A& a, const B& b) noexcept {
  kernels::product(as_block(c), as_block(a), as_block(b));
}

// out = a b for square matrices, without a buffer; column by column, b or its transpose. Read row by row they are
// transposed, and out^T = b^T a^T.
template <class Out, class A, class B>
void multiply(Out&& out, const A& a, const B& b) noexcept {
  kernels::product(as_block(out.transpose()), as_block(b.transpose()), as_block(a.transpose()));
}

// x <- c x - s y and y <- s x + c y, for columns p and q of m.
template <class Matrix>
void rotate_columns(Matrix& m, Eigen::Index p, Eigen::Index q, double c, double s) noexcept {
  const auto column = [&](Eigen::Index k) { return std::span(m.col(k).data(), static_cast<std::size_t>(m.rows())); };
  kernels::rotate(column(p), column(q), c, s);
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
