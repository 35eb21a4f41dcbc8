#include "smoother_gauge.hpp"

#include <gaugeline/gauge.hpp>

namespace gaugeline {

template <class Scalar>
void turn_rows(MatrixView<Scalar> table, const RowMajor<Scalar>& by) noexcept {
  RowMajor<Scalar> before;
  for_each_run(static_cast<std::size_t>(table.rows()), tile, [&](std::size_t begin, std::size_t size) {
    auto rows = table.middleRows(static_cast<Eigen::Index>(begin), static_cast<Eigen::Index>(size));
    before = rows;
    product(rows, before, by);
  });
}

template <class Scalar>
void SmootherGauge<Scalar>::reserve(Arena& arena, const Options& options, std::size_t rows) noexcept {
  dimension_ = options.dimension;
  expected_ = arena.take<Scalar>(rows * dimension_);
  weights_ = arena.take<Scalar>(rows);
  overlap_ = arena.take<double>(dimension_ * dimension_);
  rotation_ = arena.take<double>(dimension_ * dimension_);
  gauge_work_ = arena.take<double>(gauge_work_doubles(dimension_));
}

template <class Scalar>
double SmootherGauge<Scalar>::turn(std::deque<SmootherSlice<Scalar>>& slices, std::size_t t, RowSums<Scalar>& sums,
                                   Executor& executor) noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  using Square = Eigen::Map<Eigen::MatrixXd>;
  MatrixView<double> overlap(overlap_.data(), d, d);
  overlap.setZero();
  for (const Side which : both_sides) add_overlap(overlap, slices, t, which, sums, executor);
  // Read column by column it is transposed, and so is the rotation (Filter::fix_gauge).
  gauge_rotation(Square(overlap_.data(), d, d), Square(rotation_.data(), d, d), gauge_work_);
  const RowMajor<Scalar> by = ConstMatrixView<double>(rotation_.data(), d, d).template cast<Scalar>();
  for (const Side which : both_sides) turn_rows(slices[t].side(which).rows.table(), by);
  return rotation_angle(Square(rotation_.data(), d, d), gauge_work_);
}

template <class Scalar>
void SmootherGauge<Scalar>::add_overlap(const MatrixView<double>& overlap,
                                        const std::deque<SmootherSlice<Scalar>>& slices, std::size_t t, Side which,
                                        RowSums<Scalar>& sums, Executor& executor) noexcept {
  const SmootherSide<Scalar>& side = slices[t].side(which);
  const SideRows<Scalar>& before = slices[t - 1].side(which).rows;
  const auto d = static_cast<Eigen::Index>(dimension_);
  const std::size_t rows = side.rows.size();
  MatrixView<Scalar> expected(expected_.data(), static_cast<Eigen::Index>(rows), d);
  for (std::size_t row = 0; row < rows; ++row) {
    const RowIndex from = side.previous[row];
    auto to = expected.row(static_cast<Eigen::Index>(row));
    if (from == no_row) {
      to = side.rows.reference_row(row).transpose();
      weights_[row] = side.start[row];
    } else {
      to = slices[t].retained * before.row(from).transpose();
      weights_[row] = side.link[row];
    }
  }
  sums.add(overlap, ConstMatrixView<Scalar>(side.rows.embeddings.data(), static_cast<Eigen::Index>(rows), d),
           weights_.first(rows), expected, executor);
}

template void turn_rows(MatrixView<float>, const RowMajor<float>&) noexcept;
template void turn_rows(MatrixView<double>, const RowMajor<double>&) noexcept;
template class SmootherGauge<float>;
template class SmootherGauge<double>;

}  // namespace gaugeline
