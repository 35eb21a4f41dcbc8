// Sums over the rows of tables, X^T diag(w) Y: Scalar products over blocks of 64 rows, added up in double. The rows are
// cut into a fixed number of parts, added in their order, so the result does not depend on the number of workers.
#pragma once

#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "arena.hpp"
#include "dense.hpp"

namespace gaugeline {

template <class Scalar>
class RowSums {
 public:
  static constexpr std::size_t parts = 8;

  void reserve(Arena& arena, const Options& options) noexcept {
    dimension_ = options.dimension;
    partial_ = arena.take<double>(parts * dimension_ * dimension_);
    weighted_ = arena.take<Scalar>(std::size_t{options.worker_capacity} * tile * dimension_);
    product_ = arena.take<Scalar>(std::size_t{options.worker_capacity} * tile * tile);
  }

  using Rows = Eigen::Ref<const RowMajor<Scalar>, 0, Eigen::OuterStride<>>;

  // sum += x^T diag(weights) y, all with the same number of rows; `sum` is dimension x dimension.
  void add(MatrixView<double> sum, const Rows& x, std::span<const Scalar> weights, const Rows& y,
           Executor& executor) noexcept {
    const auto rows = static_cast<std::size_t>(x.rows());
    executor.run(parts, [&](std::size_t worker, std::size_t part) {
      const std::size_t begin = rows * part / parts;
      const std::size_t end = rows * (part + 1) / parts;
      auto total = partial(part);
      total.setZero();
      for_each_run(end - begin, tile, [&](std::size_t offset, std::size_t size) {
        add_block(total, x, weights, y, begin + offset, size, worker);
      });
    });
    for (std::size_t part = 0; part < parts; ++part) sum += partial(part);
  }

 private:
  [[nodiscard]] MatrixView<double> partial(std::size_t part) noexcept {
    const auto d = static_cast<Eigen::Index>(dimension_);
    return {partial_.data() + part * dimension_ * dimension_, d, d};
  }

  void add_block(MatrixView<double>& total, const Rows& x, std::span<const Scalar> weights, const Rows& y,
                 std::size_t first, std::size_t size, std::size_t worker) noexcept {
    const auto row = static_cast<Eigen::Index>(first);
    const auto rows = static_cast<Eigen::Index>(size);
    const auto d = static_cast<Eigen::Index>(dimension_);
    MatrixView<Scalar> weighted(weighted_.data() + worker * tile * dimension_, rows, d);
    weighted = as_vector(weights.subspan(first, size)).asDiagonal() * x.middleRows(row, rows);
    for_each_run(dimension_, tile, [&](std::size_t i, std::size_t height) {
      for_each_run(dimension_, tile, [&](std::size_t j, std::size_t width) {
        const auto [r, h] = std::pair(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(height));
        const auto [c, w] = std::pair(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(width));
        MatrixView<Scalar> product(product_.data() + worker * tile * tile, h, w);
        product.setZero();
        add_product(product, weighted.middleCols(r, h).transpose(), y.block(row, c, rows, w));
        total.block(r, c, h, w) += product.template cast<double>();
      });
    });
  }

  std::size_t dimension_ = 0;
  std::span<double> partial_;   // parts x d x d
  std::span<Scalar> weighted_;  // worker x tile x d
  std::span<Scalar> product_;   // worker x tile x tile
};

}  // namespace gaugeline
