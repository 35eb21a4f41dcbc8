// Every version that this processor can run of the kernels of rows of a table, against plain loops in double: all sizes
// about the widths of the units, rows that do not follow one another, numbers around them that must stay.
#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <tuple>
#include <vector>

#include <gaugeline/likelihood.hpp>

#include "kernel_blocks.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;
using kernels::RowList;

TEST_CASE_TEMPLATE("dot products with rows, and their weighted sum", Scalar, float, double) {
  Random random(2);
  for (std::size_t dimension = 0; dimension <= largest; ++dimension) {
    for (std::size_t count = 0; count <= largest; count += 1 + count / 10) {
      CAPTURE(dimension);
      CAPTURE(count);
      const Owned<Scalar> table(largest + 1, dimension, 0, random);
      const Owned<Scalar> x(1, dimension, 1, random);
      const Owned<Scalar> weights(1, count, 1, random);
      std::vector<std::uint32_t> at(count);
      for (std::uint32_t& row : at) row = static_cast<std::uint32_t>(random.uniform() * (largest + 1));
      for (const bool named : {false, true}) {
        const RowList<Scalar> rows{table.block().data, dimension, count, named ? at.data() : nullptr};
        const auto row = [&](std::size_t e, std::size_t j) { return table(named ? at[e] : e, j); };
        const auto column = [&](std::size_t j, std::size_t e) { return row(e, j); };
        for (const Units units : versions()) {
          Owned<Scalar> products(1, count, 3);
          kernels::dots(products.block().data, x.block().data, rows, units);
          Owned<Scalar> zero(1, count, 3);
          for (std::size_t e = 0; e < count; ++e) zero(0, e) = 0;
          REQUIRE(error(products, zero, 1, count, dimension, x, column) <= bound<Scalar>(dimension));
          REQUIRE(products.gaps_untouched());
          Owned<Scalar> sum = x;
          kernels::add_rows(sum.block().data, weights.block().data, rows, units);
          REQUIRE(error(sum, x, 1, dimension, count, weights, row) <= bound<Scalar>(count));
          REQUIRE(sum.gaps_untouched());
          Owned<Scalar> image = x;
          kernels::add_normal_product(image.block().data, x.block().data, weights.block().data, rows, units);
          Owned<Scalar> weighted = zero;
          for (std::size_t e = 0; e < count; ++e) weighted(0, e) = products(0, e) * weights(0, e);
          REQUIRE(error(image, x, 1, dimension, count, weighted, row) <= bound<Scalar>(count + dimension));
          REQUIRE(image.gaps_untouched());
        }
      }
    }
  }
}

TEST_CASE_TEMPLATE("gathered rows end in zeros", Scalar, float, double) {
  Random random(7);
  for (std::size_t dimension = 0; dimension <= largest; ++dimension) {
    const Owned<Scalar> table(9, dimension, 0, random);
    const std::uint32_t at[] = {8, 0, 3, 3};
    for (const Units units : versions()) {
      Owned<Scalar> to(4, dimension + 5, 2);
      kernels::gather(to.block(), RowList<Scalar>{table.block().data, dimension, 4, at}, units);
      for (std::size_t e = 0; e < 4; ++e) {
        for (std::size_t j = 0; j < dimension + 5; ++j)
          REQUIRE(to(e, j) == (j < dimension ? table(at[e], j) : Scalar(0)));
      }
      REQUIRE(to.gaps_untouched());
    }
  }
}

TEST_CASE_TEMPLATE("a descent steps along each row's gradient in turn", Scalar, float, double) {
  Random random(8);
  for (std::size_t d = 1; d <= largest; ++d) {
    CAPTURE(d);
    const Owned<Scalar> start(5, d, 0, random);
    const Owned<Scalar> gradients(4, d, 3, random);
    const std::uint32_t at[] = {4, 1, 4, 0};  // one row twice
    for (const Units units : versions()) {
      Owned<Scalar> table = start;
      std::vector<Scalar> energy(5, Scalar(.25));
      Owned<double> expected(5, d, 0);
      std::vector<double> expected_energy(5, .25);
      for (std::size_t row = 0; row < 5; ++row) {
        for (std::size_t j = 0; j < d; ++j) expected(row, j) = static_cast<double>(start(row, j));
      }
      for (std::size_t e = 0; e < 4; ++e) {
        double squares = 0;
        for (std::size_t j = 0; j < d; ++j)
          squares += static_cast<double>(gradients(e, j)) * static_cast<double>(gradients(e, j));
        expected_energy[at[e]] += squares / static_cast<double>(d);
        for (std::size_t j = 0; j < d; ++j)
          expected(at[e], j) -= .5 / std::sqrt(expected_energy[at[e]]) * static_cast<double>(gradients(e, j));
      }
      kernels::descend<Scalar>({table.block().data, energy.data(), d, Scalar(.5)}, at, gradients.block(), units);
      for (std::size_t row = 0; row < 5; ++row) {
        REQUIRE(std::abs(static_cast<double>(energy[row]) - expected_energy[row]) <= bound<Scalar>(8));
        for (std::size_t j = 0; j < d; ++j)
          REQUIRE(std::abs(static_cast<double>(table(row, j)) - expected(row, j)) <= bound<Scalar>(8));
      }
      REQUIRE(table.gaps_untouched());
    }
  }
}

TEST_CASE_TEMPLATE("gathered rows are weighed by their own weights", Scalar, float, double) {
  Random random(11);
  for (std::size_t columns = 0; columns <= largest; ++columns) {
    const Owned<Scalar> table(9, columns, 2, random);
    const Owned<Scalar> weights(1, 9, 0, random);
    const std::uint32_t at[] = {8, 0, 3, 3};
    for (const Units units : versions()) {
      Owned<Scalar> weighted(4, columns, 3);
      Owned<Scalar> same(4, columns, 3);
      kernels::gather_weighted(weighted.block(), table.block(), at, weights.block().data, units);
      kernels::gather_weighted(same.block(), table.block(), at, nullptr, units);
      for (std::size_t e = 0; e < 4; ++e) {
        for (std::size_t j = 0; j < columns; ++j) {
          REQUIRE(weighted(e, j) == weights(0, at[e]) * table(at[e], j));
          REQUIRE(same(e, j) == table(at[e], j));
        }
      }
      REQUIRE(weighted.gaps_untouched());
      REQUIRE(same.gaps_untouched());
    }
  }
}

TEST_CASE_TEMPLATE("sums in double take every number once", Scalar, float, double) {
  Random random(12);
  for (std::size_t count = 0; count <= largest; ++count) {
    const Owned<Scalar> x(1, count, 1, random);
    const Owned<double> start(1, count, 5, random);
    for (const Units units : versions()) {
      Owned<double> sums = start;
      kernels::add_to(std::span(sums.block().data, count), x.block().data, units);
      for (std::size_t j = 0; j < count; ++j) REQUIRE(sums(0, j) == start(0, j) + static_cast<double>(x(0, j)));
      REQUIRE(sums.gaps_untouched());
    }
  }
}

namespace {

// A row's positives, with room that is filled with what must not count.
template <class Scalar>
struct SomePositives {
  std::vector<Scalar> x, weights, norms, curvature;

  SomePositives(std::size_t count, Random& random) {
    const auto room = (count + kernels::most_lanes - 1) / kernels::most_lanes * kernels::most_lanes;
    for (auto* column : {&x, &weights, &norms, &curvature})
      column->assign(room, std::numeric_limits<Scalar>::quiet_NaN());
    for (std::size_t e = 0; e < count; ++e) {
      x[e] = static_cast<Scalar>(random.normal() * std::pow(10, 6 * random.uniform() - 4));  // from 1e-4 to 100
      weights[e] = static_cast<Scalar>(3 * random.uniform());
      norms[e] = static_cast<Scalar>(random.uniform());
    }
  }
  [[nodiscard]] kernels::Positives<Scalar> view(std::size_t count) {
    return {count, x.data(), weights.data(), norms.data(), curvature.data()};
  }
};

}  // namespace

TEST_CASE_TEMPLATE("a row's positives are weighed by the logistic function and the bound's curvature", Scalar, float,
                   double) {
  Random random(13);
  constexpr double tolerance = 16 * std::numeric_limits<Scalar>::epsilon();
  for (std::size_t count = 0; count <= 64; ++count) {
    const SomePositives<Scalar> given(count, random);
    for (const Units units : versions()) {
      SomePositives<Scalar> got = given;
      const auto sums = kernels::weigh_positives(got.view(count), units);
      double curvatures = 0;
      double information = 0;
      for (std::size_t e = 0; e < count; ++e) {
        const auto [x, n, norm] = std::tuple(static_cast<double>(given.x[e]), static_cast<double>(given.weights[e]),
                                             static_cast<double>(given.norms[e]));
        const double s = 1 / (1 + std::exp(-x));
        REQUIRE(std::abs(static_cast<double>(got.x[e]) - n * (s - 1)) <= tolerance * n);
        // Near 0 the series is exact to rounding; elsewhere the rounding of s is divided by x.
        const double rounding = std::numeric_limits<Scalar>::epsilon() * (std::abs(x) < .05 ? 2 : 2 / std::abs(x));
        REQUIRE(std::abs(static_cast<double>(got.curvature[e]) - n * jaakkola_weight(x, s)) <= n * rounding);
        curvatures += n * jaakkola_weight(x, s) * norm;
        information += n * s * (1 - s) * norm;
      }
      REQUIRE(std::abs(static_cast<double>(sums.curvature) - curvatures) <= 16 * tolerance * (1 + curvatures));
      REQUIRE(std::abs(static_cast<double>(sums.information) - information) <= 16 * tolerance * (1 + information));
    }
  }
}
