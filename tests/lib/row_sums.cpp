// Sums over rows against plain loops in double: sizes about the blocks and panels, weights of 0, one table or two.
#include <doctest/doctest.h>

#include <cstddef>
#include <memory>
#include <vector>

#include <gaugeline/random.hpp>
#include <support/three_threads.hpp>

#include "../../lib/src/row_sums.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

// A RowSums in memory of its own, which holds NaN until it is written.
template <class Scalar>
class Sums {
 public:
  explicit Sums(std::uint32_t dimension) {
    Options options;
    options.dimension = dimension;
    options.worker_capacity = 3;
    Arena measure;
    sums.reserve(measure, options);
    const std::size_t lines = measure.used() / sizeof(Line) + 1;
    memory_ = std::make_unique<Line[]>(lines);
    Arena arena(reinterpret_cast<std::byte*>(memory_.get()));
    std::fill_n(reinterpret_cast<std::uint8_t*>(memory_.get()), lines * sizeof(Line), std::uint8_t{0xFF});
    sums.reserve(arena, options);
  }
  RowSums<Scalar> sums;

 private:
  struct alignas(arena_alignment) Line {
    std::byte bytes[arena_alignment];
  };
  std::unique_ptr<Line[]> memory_;
};

template <class Scalar>
RowMajor<Scalar> random_table(std::size_t rows, std::uint32_t dimension, Random& random) {
  RowMajor<Scalar> table(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(dimension));
  for (Scalar& x : table.reshaped()) x = static_cast<Scalar>(random.normal());
  return table;
}

template <class Scalar>
RowMajor<double> exact_sum(const RowMajor<Scalar>& x, const std::vector<Scalar>& weights, const RowMajor<Scalar>& y) {
  const Eigen::Map<const Eigen::Matrix<Scalar, Eigen::Dynamic, 1>> w(weights.data(), x.rows());
  return x.template cast<double>().transpose() * w.template cast<double>().asDiagonal() * y.template cast<double>();
}

}  // namespace

TEST_CASE_TEMPLATE("sums over rows are those of plain loops, the same bits for any number of workers", Scalar, float,
                   double) {
  Random random(11);
  SerialExecutor serial;
  ThreeThreads three;
  for (const std::uint32_t d : {1U, 3U, 16U, 47U, 48U, 49U, 97U, 100U, 130U}) {
    for (const std::size_t rows : {0U, 1U, 7U, 128U, 129U, 1500U}) {
      CAPTURE(d);
      CAPTURE(rows);
      Sums<Scalar> of(d);
      const auto x = random_table<Scalar>(rows, d, random);
      const auto y = random_table<Scalar>(rows, d, random);
      std::vector<Scalar> weights(rows);
      for (Scalar& w : weights) w = random.uniform() < .3 ? 0 : static_cast<Scalar>(random.uniform());
      RowMajor<double> start = random_table<double>(d, d, random);
      start = (start + start.transpose()).eval();
      const auto sum = [&](const RowMajor<Scalar>& other, Executor& executor) {
        RowMajor<double> total = start;
        of.sums.add({total.data(), total.rows(), total.cols()}, x, weights, other, executor);
        return total;
      };
      for (const RowMajor<Scalar>* other : {&x, &y}) {
        const RowMajor<double> found = sum(*other, serial);
        const RowMajor<double> exact = start + exact_sum(x, weights, *other);
        const double allowed = sizeof(Scalar) == 4 ? 2e-6 : 2e-15;
        CHECK((found - exact).cwiseAbs().maxCoeff() <= allowed * (1 + static_cast<double>(rows)));
        CHECK(found == sum(*other, three));
      }
      const RowMajor<double> symmetric = sum(x, serial);
      CHECK(symmetric == symmetric.transpose());
    }
  }
}
