// Sums over the rows of tables, X^T diag(w) Y: Scalar products over blocks of 128 rows, added up in double. The rows
// are cut into a fixed number of parts, added in their order, so the result does not depend on the number of workers.
// Rows of weight 0 cost nothing, and of a sum that is symmetric, X^T diag(w) X, only about half is computed.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "arena.hpp"
#include "dense.hpp"

namespace gaugeline {

template <class Scalar>
class RowSums {
 public:
  static constexpr std::size_t parts = 8;
  static constexpr std::size_t block = 128;  // more rows err more, and fewer spend more on the sums in double
  static constexpr std::size_t panel = 48;   // columns of a symmetric sum that are computed from their own row on

  void reserve(Arena& arena, const Options& options) noexcept {
    dimension_ = options.dimension;
    stride_ = padded(dimension_);
    partial_ = arena.take<double>(parts * dimension_ * dimension_);
    work_ = arena.take<Scalar>(std::size_t{options.worker_capacity} * work_size());
  }

  using Rows = Eigen::Ref<const RowMajor<Scalar>, 0, Eigen::OuterStride<>>;

  // sum += x^T diag(weights) y, all with the same number of rows; `sum` is dimension x dimension. If x is y, `sum` is
  // symmetric before and after.
  void add(MatrixView<double> sum, const Rows& x, std::span<const Scalar> weights, const Rows& y,
           Executor& executor) noexcept {
    const auto rows = static_cast<std::size_t>(x.rows());
    executor.run(parts, [&](std::size_t worker, std::size_t part) {
      const std::size_t begin = rows * part / parts;
      const std::size_t end = rows * (part + 1) / parts;
      std::ranges::fill(partial(part), 0.);
      std::array<std::uint32_t, block> rows_of_block;
      std::size_t count = 0;
      for (std::size_t row = begin; row < end; ++row) {
        if (weights[row] != 0) rows_of_block[count++] = static_cast<std::uint32_t>(row);
        if (count == block || (row + 1 == end && count > 0)) {
          add_block(partial(part), x, weights, y, std::span(rows_of_block).first(count), worker);
          count = 0;
        }
      }
    });
    const bool symmetric = x.data() == y.data();
    for (std::size_t part = 0; part < parts; ++part) {
      if (!symmetric) kernels::add_to({sum.data(), partial(part).size()}, partial(part).data());
      for (std::size_t row = 0; symmetric && row < dimension_; ++row)
        kernels::add_to({sum.data() + row * dimension_, row + 1}, partial(part).data() + row * dimension_);
    }
    if (symmetric) sum.template triangularView<Eigen::StrictlyUpper>() = sum.transpose();
  }

 private:
  [[nodiscard]] std::span<double> partial(std::size_t part) const noexcept {
    return partial_.subspan(part * dimension_ * dimension_, dimension_ * dimension_);
  }
  // One worker's scratch: a block's rows of x, weighted; of y; and their product.
  [[nodiscard]] std::size_t work_size() const noexcept { return 2 * block * stride_ + padded(dimension_ * dimension_); }

  void add_block(std::span<double> total, const Rows& x, std::span<const Scalar> weights, const Rows& y,
                 std::span<const std::uint32_t> rows, std::size_t worker) noexcept {
    const std::size_t d = dimension_;
    Scalar* const work = work_.data() + worker * work_size();
    const kernels::Block<Scalar> weighted{work, rows.size(), d, stride_};
    const kernels::Block<Scalar> others{work + block * stride_, rows.size(), d, stride_};
    const kernels::Block<Scalar> products{work + 2 * block * stride_, d, d, d};
    kernels::gather_weighted(weighted, as_block(x), rows.data(), weights.data());
    kernels::gather_weighted(others, as_block(y), rows.data(), nullptr);
    const auto multiply = [&](std::size_t first_row, std::size_t first_column, std::size_t columns) {
      kernels::product<Scalar>({products.data + first_row * d + first_column, d - first_row, columns, d},
                               {weighted.data + first_row, d - first_row, rows.size(), 1, stride_},
                               {others.data + first_column, rows.size(), columns, stride_});
    };
    if (x.data() == y.data()) {
      for_each_run(d, panel, [&](std::size_t begin, std::size_t size) { multiply(begin, begin, size); });
    } else {
      multiply(0, 0, d);
    }
    kernels::add_to(total, std::as_const(products.data));
  }

  std::size_t dimension_ = 0, stride_ = 0;
  std::span<double> partial_;  // parts x d x d
  std::span<Scalar> work_;     // a worker's after another's
};

}  // namespace gaugeline
