// Every version that this processor can run of the kernels of blocks and numbers, against plain loops in double: all
// sizes about the widths of the units, numbers around them that must stay, NaN and infinity.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <gaugeline/random.hpp>

#include "kernel_blocks.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;
using kernels::RowList;

namespace {

template <class Scalar>
bool is_transposed(const Owned<Scalar>& turned, const Owned<Scalar>& m, std::size_t rows, std::size_t columns) {
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) {
      if (turned(j, i) != m(i, j)) return false;
    }
  }
  return true;
}

// The products of one size, by all versions: c + a b, c + a^T b, a b, and a transposed block.
template <class Scalar>
bool products_are_right(std::size_t rows, std::size_t columns, std::size_t depth, Random& random) {
  const Owned<Scalar> a(rows, depth, 3, random);
  const Owned<Scalar> b(depth, columns, 1, random);
  const Owned<Scalar> across(depth, rows, 5, random);
  const Owned<Scalar> c(rows, columns, 2, random);
  Owned<Scalar> zero(rows, columns, 2);
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < columns; ++j) zero(i, j) = 0;
  }
  const auto flip = [](const auto& m) { return [&m](std::size_t i, std::size_t j) { return m(j, i); }; };
  for (const Units units : versions()) {
    Owned<Scalar> ab = c;
    Owned<Scalar> atb = c;
    Owned<Scalar> alone = c;
    Owned<Scalar> turned(columns, rows, 4);
    kernels::add_product(ab.block(), a.block(), b.block(), units);
    kernels::add_product(atb.block(), across.transposed(), b.block(), units);
    kernels::product(alone.block(), a.block(), b.block(), units);
    kernels::transpose(turned.block(), c.block(), units);
    const double allowed = bound<Scalar>(depth);
    if (!(error(ab, c, rows, columns, depth, a, b) <= allowed)) return false;
    if (!(error(atb, c, rows, columns, depth, flip(across), b) <= allowed)) return false;
    if (!(error(alone, zero, rows, columns, depth, a, b) <= allowed)) return false;
    if (!is_transposed(turned, c, rows, columns)) return false;
    if (!ab.gaps_untouched() || !atb.gaps_untouched() || !alone.gaps_untouched() || !turned.gaps_untouched())
      return false;
  }
  return true;
}

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

// |got - want| in units of want's last place.
double units_in_last_place(float got, double want) {
  const auto nearest = std::abs(static_cast<float>(want));
  const double unit = static_cast<double>(std::nextafter(nearest, infinity)) - static_cast<double>(nearest);
  return std::abs(static_cast<double>(got) - want) / unit;
}

// The largest error of `kernel` over floats of all magnitudes, as far as `limit`; in arrays of odd lengths.
template <class Kernel, class Function>
double largest_error(float limit, const Kernel& kernel, const Function& function) {
  double worst = 0;
  std::vector<float> x;
  Random random(9);
  for (double magnitude = 1e-42; magnitude < static_cast<double>(limit); magnitude *= 1 + 1e-3 * random.uniform()) {
    x.push_back(static_cast<float>(magnitude));
    x.push_back(-x.back());
    if (x.size() < 76) continue;
    x.resize(75);
    std::vector<float> y = x;
    kernel(std::span(y));
    for (std::size_t k = 0; k < x.size(); ++k)
      worst = std::max(worst, units_in_last_place(y[k], function(static_cast<double>(x[k]))));
    x.clear();
  }
  return worst;
}

double exact_logistic(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double exact_log_logistic(double x) { return std::min(x, 0.) - std::log1p(std::exp(-std::abs(x))); }

}  // namespace

TEST_CASE_TEMPLATE("products of blocks of all sizes", Scalar, float, double) {
  Random random(1);
  for (std::size_t rows = 0; rows <= largest; ++rows) {
    for (std::size_t columns = 0; columns <= largest; ++columns) {
      const std::size_t depth = (7 * rows + 11 * columns) % (largest + 1);
      CAPTURE(rows);
      CAPTURE(columns);
      REQUIRE(products_are_right<Scalar>(rows, columns, depth, random));
    }
  }
  for (std::size_t depth = 0; depth <= 2 * largest; ++depth) REQUIRE(products_are_right<Scalar>(5, 37, depth, random));
  // Every way in which columns are shared out among registers: up to ten of the widest, and what is left over.
  for (std::size_t columns = largest; columns <= 10 * 64 / sizeof(Scalar) + 1; ++columns) {
    CAPTURE(columns);
    for (const std::size_t rows : {7U, 16U, 29U}) REQUIRE(products_are_right<Scalar>(rows, columns, 9, random));
  }
}

TEST_CASE_TEMPLATE("a row's result does not depend on the rows beside it", Scalar, float, double) {
  Random random(3);
  const Owned<Scalar> a(9, 53, 0, random);
  const Owned<Scalar> b(53, 61, 0, random);
  for (const Units units : versions()) {
    Owned<Scalar> ab(9, 61, 0);
    kernels::add_product(ab.block(), a.block(), b.block(), units);
    for (std::size_t i = 0; i < 9; ++i) {
      Owned<Scalar> alone(1, 61, 0);
      const Block<const Scalar> row{&a.block().data[i * 53], 1, 53, 53, 1};
      kernels::add_product(alone.block(), row, b.block(), units);
      for (std::size_t j = 0; j < 61; ++j) CHECK(ab(i, j) == alone(0, j));
    }
  }
}

TEST_CASE_TEMPLATE("NaN and infinity reach what is computed from them, and nothing else", Scalar, float, double) {
  Random random(4);
  for (const Units units : versions()) {
    for (std::size_t k = 0; k < 37; ++k) {
      CAPTURE(k);
      Owned<Scalar> a(6, 37, 0, random);
      const Owned<Scalar> b(37, 29, 0, random);
      Owned<Scalar> ab(6, 29, 0);
      a(5, k) = std::numeric_limits<Scalar>::quiet_NaN();
      a(2, k) = std::numeric_limits<Scalar>::infinity();
      kernels::add_product(ab.block(), a.block(), b.block(), units);
      Scalar products[6];
      kernels::dots(products, &b.block().data[0], RowList<Scalar>{&a.block().data[0], 37, 6}, units);
      std::vector<Scalar> sum(37);
      const Scalar weights[6] = {1, 1, 1, 1, 1, 1};
      kernels::add_rows(sum.data(), weights, RowList<Scalar>{&a.block().data[0], 37, 3}, units);
      for (std::size_t i = 0; i < 6; ++i) {
        CHECK(std::isnan(products[i]) == (i == 5));
        CHECK(std::isinf(products[i]) == (i == 2));
        for (std::size_t j = 0; j < 29; ++j) {
          CHECK(std::isnan(ab(i, j)) == (i == 5));
          CHECK(std::isinf(ab(i, j)) == (i == 2));
        }
      }
      for (std::size_t j = 0; j < 37; ++j) CHECK(std::isinf(sum[j]) == (j == k));
    }
  }
}

TEST_CASE("the logistic function and its logarithm keep their digits over the whole range") {
  for (const Units units : versions()) {
    CAPTURE(static_cast<int>(units));
    CHECK(largest_error(110, [&](auto x) { kernels::logistic(x, units); }, exact_logistic) < 3);
    CHECK(largest_error(3e38F, [&](auto x) { kernels::log_logistic(x, units); }, exact_log_logistic) < 4);
  }
}

TEST_CASE("the logistic function saturates, and hands NaN on, at every place of an array") {
  for (const Units units : versions()) {
    for (std::size_t count = 1; count < 40; ++count) {
      for (std::size_t k = 0; k < count; ++k) {
        const auto at = [&](float value, bool logarithm) {
          std::vector<float> x(count, 0.F);
          x[k] = value;
          if (logarithm) {
            kernels::log_logistic(std::span(x), units);
          } else {
            kernels::logistic(std::span(x), units);
          }
          for (std::size_t other = 0; other < count; ++other) {
            if (other != k) REQUIRE(x[other] == (logarithm ? doctest::Approx(-.69314718) : doctest::Approx(.5)));
          }
          return x[k];
        };
        REQUIRE(at(-0.F, false) == .5F);
        REQUIRE(at(infinity, false) == 1);
        REQUIRE(at(-infinity, false) == 0);
        REQUIRE(at(3e38F, false) == 1);
        REQUIRE(at(-3e38F, false) == 0);
        REQUIRE(std::isnan(at(not_a_number, false)));
        REQUIRE(at(infinity, true) == 0);
        REQUIRE(at(-infinity, true) == -infinity);
        REQUIRE(at(-3e38F, true) == -3e38F);
        REQUIRE(std::isnan(at(not_a_number, true)));
      }
    }
  }
}

TEST_CASE_TEMPLATE("two columns turn about one another", Scalar, float, double) {
  Random random(10);
  for (std::size_t count = 0; count <= largest; ++count) {
    const Owned<Scalar> start(2, count, 3, random);
    for (const Units units : versions()) {
      Owned<Scalar> turned = start;
      const std::span x(turned.block().data, count);
      const std::span y(turned.block().data + count + 3, count);
      kernels::rotate(x, y, Scalar(.8), Scalar(-.6), units);
      for (std::size_t j = 0; j < count; ++j) {
        const auto [a, b] = std::pair(static_cast<double>(start(0, j)), static_cast<double>(start(1, j)));
        REQUIRE(std::abs(static_cast<double>(turned(0, j)) - (.8 * a + .6 * b)) <= bound<Scalar>(2));
        REQUIRE(std::abs(static_cast<double>(turned(1, j)) - (-.6 * a + .8 * b)) <= bound<Scalar>(2));
      }
      REQUIRE(turned.gaps_untouched());
    }
  }
}

TEST_CASE("the versions agree to rounding") {
  Random random(6);
  const Owned<float> a(33, 100, 0, random);
  const Owned<float> b(100, 47, 0, random);
  Owned<float> first(33, 47, 0);
  kernels::product(first.block(), a.block(), b.block(), Units::plain);
  for (const Units units : versions()) {
    Owned<float> other(33, 47, 0);
    kernels::product(other.block(), a.block(), b.block(), units);
    std::vector<float> left(first.block().data, first.block().data + 33 * 47);
    std::vector<float> right(other.block().data, other.block().data + 33 * 47);
    for (std::size_t k = 0; k < left.size(); ++k)
      CHECK(std::abs(left[k] - right[k]) <= 8 * std::numeric_limits<float>::epsilon() * untouched);
    kernels::logistic(std::span(left), Units::plain);
    kernels::logistic(std::span(right), units);
    for (std::size_t k = 0; k < left.size(); ++k) CHECK(left[k] == doctest::Approx(right[k]).epsilon(1e-5));
  }
}

TEST_CASE("the version that is chosen is the widest") {
  const Units widest = versions().back();
  std::vector<float> chosen{-3, -2, -1, 0, 1, 2, 3};
  std::vector<float> named = chosen;
  kernels::logistic(std::span(chosen));
  kernels::logistic(std::span(named), widest);
  CHECK(chosen == named);
}
