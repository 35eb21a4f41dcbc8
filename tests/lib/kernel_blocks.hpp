// What the tests of the kernels share: the versions that this processor can run, blocks with gaps about their numbers,
// and what rounding may do.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include <gaugeline/random.hpp>

#include "../../lib/src/kernels.hpp"

namespace gaugeline::testing {

using kernels::Block;
using kernels::Units;

inline constexpr std::size_t largest = 70;
inline constexpr int untouched = 77;

inline std::vector<Units> versions() {
  std::vector<Units> found{Units::plain};
  if (kernels::widest_units() != Units::plain) found.push_back(Units::v3);
  if (kernels::widest_units() == Units::v4) found.push_back(Units::v4);
  return found;
}

// A block in memory of its own, each row followed by a gap.
template <class Scalar>
class Owned {
 public:
  Owned(std::size_t rows, std::size_t columns, std::size_t gap)
      : rows_(rows), columns_(columns), step_(columns + gap), data_(rows * step_ + gap, Scalar(untouched)) {}
  Owned(std::size_t rows, std::size_t columns, std::size_t gap, Random& random) : Owned(rows, columns, gap) {
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < columns; ++j) (*this)(i, j) = static_cast<Scalar>(2 * random.uniform() - 1);
    }
  }
  Scalar& operator()(std::size_t i, std::size_t j) { return data_[i * step_ + j]; }
  [[nodiscard]] Scalar operator()(std::size_t i, std::size_t j) const { return data_[i * step_ + j]; }
  [[nodiscard]] Block<Scalar> block() { return {data_.data(), rows_, columns_, step_, 1}; }
  [[nodiscard]] Block<const Scalar> block() const { return {data_.data(), rows_, columns_, step_, 1}; }
  [[nodiscard]] Block<const Scalar> transposed() const { return {data_.data(), columns_, rows_, 1, step_}; }
  [[nodiscard]] bool gaps_untouched() const {
    for (std::size_t k = 0; k < data_.size(); ++k) {
      if ((k / step_ >= rows_ || k % step_ >= columns_) && data_[k] != Scalar(untouched)) return false;
    }
    return true;
  }

 private:
  std::size_t rows_, columns_, step_;
  std::vector<Scalar> data_;
};

// What rounding may do to a sum of `terms` products of numbers of at most 1, added in any order.
template <class Scalar>
double bound(std::size_t terms) {
  const auto n = static_cast<double>(terms + 2);
  return n * n * static_cast<double>(std::numeric_limits<Scalar>::epsilon());
}

// The largest |got - (c + a b)|; a(i, k) and b(k, j) are functions.
template <class Scalar, class A, class B>
double error(const Owned<Scalar>& got, const Owned<Scalar>& c, std::size_t rows, std::size_t columns, std::size_t depth,
             const A& a, const B& b) {
  double worst = 0;
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      auto sum = static_cast<double>(c(i, j));
      for (std::size_t k = 0; k < depth; ++k) sum += static_cast<double>(a(i, k)) * static_cast<double>(b(k, j));
      worst = std::max(worst, std::abs(static_cast<double>(got(i, j)) - sum));
    }
  }
  return worst;
}

}  // namespace gaugeline::testing
