// Sums over the rows of tables, X^T diag(w) Y: Scalar products over blocks of 128 rows, added up in double. The rows
// are cut into a fixed number of parts, added in their order, so the result does not depend on the number of workers.
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
  static constexpr std::size_t block = 128;  // more rows err more, and fewer spend more on the sums in double

  void reserve(Arena& arena, const Options& options) noexcept {
    dimension_ = options.dimension;
    partial_ = arena.take<double>(parts * dimension_ * dimension_);
    weighted_ = arena.take<Scalar>(std::size_t{options.worker_capacity} * block * dimension_);
    product_ = arena.take<Scalar>(std::size_t{options.worker_capacity} * dimension_ * dimension_);
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
      for_each_run(end - begin, block, [&](std::size_t offset, std::size_t size) {
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
    MatrixView<Scalar> weighted(weighted_.data() + worker * block * dimension_, rows, d);
    weighted = as_vector(weights.subspan(first, size)).asDiagonal() * x.middleRows(row, rows);
    MatrixView<Scalar> sums(product_.data() + worker * dimension_ * dimension_, d, d);
    product(sums, weighted.transpose(), y.middleRows(row, rows));
    total += sums.template cast<double>();
  }

  std::size_t dimension_ = 0;
  std::span<double> partial_;   // parts x d x d
  std::span<Scalar> weighted_;  // worker x block x d
  std::span<Scalar> product_;   // worker x d x d
};

}  // namespace gaugeline
