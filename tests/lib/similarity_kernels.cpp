// Every version of the kernels of a search that this processor can run, against plain loops in double: all dimensions
// and numbers of rows about the widths of the units, tables at any address, NaN, infinity and numbers near their ends.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gaugeline/random.hpp>

#include "../../lib/src/similarity_kernels.hpp"

using namespace gaugeline;
using kernels::RowFigures;
using kernels::Units;

namespace {

constexpr float untouched = 77;
constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

std::vector<Units> versions() {
  std::vector<Units> found{Units::plain};
  if (kernels::widest_units() != Units::plain) found.push_back(Units::v3);
  if (kernels::widest_units() == Units::v4) found.push_back(Units::v4);
  return found;
}

// A table that begins `offset` numbers after an address that suits every register.
struct Rows {
  std::size_t count, dimension, offset;
  std::vector<float> numbers;

  Rows(std::size_t rows, std::size_t d, std::size_t shift, Random& random)
      : count(rows), dimension(d), offset(shift), numbers(shift + rows * d) {
    for (float& x : numbers) x = static_cast<float>(2 * random.uniform() - 1);
  }
  [[nodiscard]] float* row(std::size_t r) { return numbers.data() + offset + r * dimension; }
  [[nodiscard]] const float* row(std::size_t r) const { return numbers.data() + offset + r * dimension; }
  [[nodiscard]] kernels::RowBlock block() const { return {row(0), count, dimension}; }
  [[nodiscard]] std::vector<const float*> all() const {
    std::vector<const float*> rows;
    rows.reserve(count);
    for (std::size_t r = 0; r < count; ++r) rows.push_back(row(r));
    return rows;
  }
};

double exact_dot(const float* a, const float* b, std::size_t dimension) {
  double sum = 0;
  for (std::size_t k = 0; k < dimension; ++k) sum += static_cast<double>(a[k]) * static_cast<double>(b[k]);
  return sum;
}

struct Sums {
  std::vector<RowFigures> dots;
  RowFigures norms;

  Sums(const Rows& queries, const Rows& rows, Units units) : dots(queries.count) {
    norms.fill(untouched);
    for (RowFigures& figures : dots) figures.fill(untouched);
    kernels::similarity_sums(dots, norms, queries.all(), rows.block(), units);
  }
};

bool sums_are_right(const Sums& sums, const Rows& queries, const Rows& rows) {
  const double allowed = static_cast<double>(rows.dimension + 2) * 1.2e-7;
  for (std::size_t r = 0; r < kernels::rows_at_once; ++r) {
    const double norm = r < rows.count ? exact_dot(rows.row(r), rows.row(r), rows.dimension) : 0;
    if (!(std::abs(static_cast<double>(sums.norms[r]) - norm) <= allowed * norm)) return false;
    for (std::size_t q = 0; q < queries.count; ++q) {
      const double dot = r < rows.count ? exact_dot(queries.row(q), rows.row(r), rows.dimension) : 0;
      // Relative to the sum of the products' magnitudes, at most the dimension.
      if (!(std::abs(static_cast<double>(sums.dots[q][r]) - dot) <= allowed * static_cast<double>(rows.dimension)))
        return false;
    }
  }
  return true;
}

}  // namespace

TEST_CASE("dot products and norms of all sizes, from any address") {
  Random random(1);
  for (const Units units : versions()) {
    CAPTURE(static_cast<int>(units));
    for (std::size_t dimension = 0; dimension <= 200; ++dimension) {
      CAPTURE(dimension);
      const std::size_t count = 1 + (7 * dimension) % kernels::rows_at_once;
      const Rows rows(count, dimension, dimension % 5, random);
      const Rows queries(1 + dimension % 11, dimension, dimension % 3, random);
      REQUIRE(sums_are_right(Sums(queries, rows, units), queries, rows));
    }
    for (std::size_t count = 0; count <= kernels::rows_at_once; ++count) {
      for (std::size_t asked = 1; asked <= 9; ++asked) {
        const Rows rows(count, 37, count % 5, random);
        const Rows queries(asked, 37, 1, random);
        REQUIRE(sums_are_right(Sums(queries, rows, units), queries, rows));
      }
    }
  }
}

TEST_CASE("a vector's product with itself is its norm to the last bit, whatever is beside it") {
  Random random(2);
  for (const Units units : versions()) {
    for (std::size_t dimension = 1; dimension <= 130; ++dimension) {
      CAPTURE(dimension);
      const Rows rows(13, dimension, 1, random);
      const Sums together(rows, rows, units);
      for (std::size_t r = 0; r < rows.count; ++r) {
        REQUIRE(together.dots[r][r] == together.norms[r]);
        Rows alone(1, dimension, 2, random);
        std::copy_n(rows.row(r), dimension, alone.row(0));
        REQUIRE(Sums(alone, alone, units).norms[0] == together.norms[r]);
        for (std::size_t q = 0; q < rows.count; ++q) {
          REQUIRE(together.dots[q][r] == together.dots[r][q]);
          Rows query(1, dimension, 0, random);
          std::copy_n(rows.row(q), dimension, query.row(0));
          REQUIRE(Sums(query, rows, units).dots[0][r] == together.dots[q][r]);
        }
      }
    }
  }
}

TEST_CASE("NaN and infinity reach the figures of their row, and no other") {
  Random random(3);
  for (const Units units : versions()) {
    for (std::size_t k = 0; k < 37; ++k) {
      CAPTURE(k);
      Rows rows(9, 37, 0, random);
      const Rows queries(6, 37, 0, random);
      rows.row(2)[k] = infinity;
      rows.row(5)[k] = not_a_number;
      const Sums sums(queries, rows, units);
      for (std::size_t r = 0; r < rows.count; ++r) {
        CHECK(std::isinf(sums.norms[r]) == (r == 2));
        CHECK(std::isnan(sums.norms[r]) == (r == 5));
        for (const RowFigures& dots : sums.dots) CHECK(std::isfinite(dots[r]) == (r != 2 && r != 5));
      }
    }
  }
}

TEST_CASE("a row is above a bound exactly if its signed square is, at every place") {
  for (const Units units : versions()) {
    for (std::size_t r = 0; r < kernels::rows_at_once; ++r) {
      const auto above = [&](float dot, float norm, double bound) {
        RowFigures dots, norms;
        dots.fill(0);
        norms.fill(0);
        dots[r] = dot;
        norms[r] = norm;
        return kernels::any_above(dots, norms, bound, units);
      };
      const auto no_bound = -std::numeric_limits<double>::infinity();
      CHECK(above(3, 9, .99));
      CHECK_FALSE(above(3, 9, 1));
      CHECK(above(-3, 9, -1.01));
      CHECK_FALSE(above(-3, 9, -1));
      CHECK(above(1e30F, 1e30F, 9e29));  // squares that no float holds
      CHECK(above(1e-30F, 1e-30F, 9e-31));
      CHECK_FALSE(above(1e-30F, 1e-30F, 1.1e-30));
      CHECK(above(-1, 1, no_bound));
      CHECK_FALSE(above(1, 1, -no_bound));
      CHECK_FALSE(above(0, 0, no_bound));
      CHECK_FALSE(above(not_a_number, not_a_number, no_bound));
    }
  }
}
