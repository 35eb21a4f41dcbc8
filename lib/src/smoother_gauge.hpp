// Exact transport along the smoother's slices (gauge_fixing.hpp), with every row's own stiffness: Z_t <- Z_t R_t, R_t
// the polar factor of the sum over rows of kappa z_t (a_t z_t-1)^T (of rows whose chain begins: pi z_t ref^T),
// regularised (gauge.hpp).
#pragma once

#include <deque>
#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "row_sums.hpp"
#include "smoother_slice.hpp"

namespace gaugeline {

// table <- table by, in place.
template <class Scalar>
void turn_rows(MatrixView<Scalar> table, const RowMajor<Scalar>& by) noexcept;

template <class Scalar>
class SmootherGauge {
 public:
  // Room for slices of at most so many rows a side.
  void reserve(Arena& arena, const Options& options, std::size_t rows) noexcept;
  // Turns slice t > 0 towards the slice before, which stays. Returns the angle. O(rows d^2 + d^3).
  double turn(std::deque<SmootherSlice<Scalar>>& slices, std::size_t t, RowSums<Scalar>& sums,
              Executor& executor) noexcept;

 private:
  void add_overlap(const MatrixView<double>& overlap, const std::deque<SmootherSlice<Scalar>>& slices, std::size_t t,
                   Side which, RowSums<Scalar>& sums, Executor& executor) noexcept;

  std::size_t dimension_ = 0;
  std::span<Scalar> expected_, weights_;  // where a slice's rows come from, and how stiffly
  std::span<double> overlap_, rotation_, gauge_work_;
};

extern template class SmootherGauge<float>;
extern template class SmootherGauge<double>;

}  // namespace gaugeline
