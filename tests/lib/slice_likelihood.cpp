// The likelihoods against their formulas, computed pair by pair in plain loops, and against each other.
#include <gaugeline/slice_likelihood.hpp>

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "../support/joint_problems.hpp"

namespace {

using namespace gaugeline;
using Eigen::Index;

constexpr Index items = 7;
constexpr Index contexts = 5;

// A loss of scores with its first two derivatives.
struct Pair {
  double loss = 0, slope = 0, bend = 0;
};

struct Derivatives {
  double loss = 0;
  DoubleTable gradient_u, gradient_v, product_u, product_v;

  [[nodiscard]] static Derivatives zero(Index d) {
    return {0, DoubleTable::Zero(items, d), DoubleTable::Zero(contexts, d), DoubleTable::Zero(items, d),
            DoubleTable::Zero(contexts, d)};
  }
};

struct Point {
  DoubleTable u, v, du, dv;
  explicit Point(Index d, double scale)
      : u(testing::random_table(items, d, 91, scale)),
        v(testing::random_table(contexts, d, 92, scale)),
        du(testing::random_table(items, d, 93, 1)),
        dv(testing::random_table(contexts, d, 94, 1)) {}
};

Derivatives of(const SliceLikelihood& likelihood, const Point& at) {
  Derivatives sum = Derivatives::zero(at.u.cols());
  sum.loss = likelihood.add_gradient(at.u, at.v, sum.gradient_u, sum.gradient_v);
  likelihood.add_hessian_product(at.u, at.v, at.du, at.dv, sum.product_u, sum.product_v);
  CHECK(likelihood.loss(at.u, at.v) == doctest::Approx(sum.loss).epsilon(1e-13));
  return sum;
}

// pair(i, j, x): the loss of the score x_ij.
template <class F>
Derivatives by_loops(const F& pair, const Point& at) {
  const Index d = at.u.cols();
  Derivatives sum = Derivatives::zero(d);
  for (Index i = 0; i < items; ++i) {
    for (Index j = 0; j < contexts; ++j) {
      double x = 0;
      double dx = 0;
      for (Index k = 0; k < d; ++k) {
        x += at.u(i, k) * at.v(j, k);
        dx += at.du(i, k) * at.v(j, k) + at.u(i, k) * at.dv(j, k);
      }
      const Pair p = pair(i, j, x);
      sum.loss += p.loss;
      for (Index k = 0; k < d; ++k) {
        sum.gradient_u(i, k) += p.slope * at.v(j, k);
        sum.gradient_v(j, k) += p.slope * at.u(i, k);
        sum.product_u(i, k) += p.slope * at.dv(j, k) + p.bend * dx * at.v(j, k);
        sum.product_v(j, k) += p.slope * at.du(i, k) + p.bend * dx * at.u(i, k);
      }
    }
  }
  return sum;
}

void check_same(const Derivatives& a, const Derivatives& b) {
  CHECK(a.loss == doctest::Approx(b.loss).epsilon(1e-12));
  CHECK((a.gradient_u - b.gradient_u).norm() <= 1e-12 * b.gradient_u.norm());
  CHECK((a.gradient_v - b.gradient_v).norm() <= 1e-12 * b.gradient_v.norm());
  CHECK((a.product_u - b.product_u).norm() <= 1e-12 * b.product_u.norm());
  CHECK((a.product_v - b.product_v).norm() <= 1e-12 * b.product_v.norm());
}

template <class Check>
void at_points(const Check& check) {
  for (const Index d : {1, 3, 8}) {
    for (const double scale : {1e-6, 1.0, 3.0, 1e3}) {
      CAPTURE(d);
      CAPTURE(scale);
      check(Point(d, scale));
    }
  }
}

TEST_CASE("the Gaussian likelihood is its formula, and the dense one the same on the same values") {
  constexpr double deviation = .7;
  Random random(95);
  Eigen::MatrixXd all(items, contexts);
  std::vector<PairValue> values;
  std::vector<PairValue> some;
  for (std::uint32_t i = 0; i < items; ++i) {
    for (std::uint32_t j = 0; j < contexts; ++j) {
      const auto y = static_cast<float>(random.normal());
      all(i, j) = static_cast<double>(y);
      values.push_back({i, j, y});
      if ((i + j) % 3 == 0) some.push_back({i, j, y});
    }
  }
  const auto dense = dense_gaussian_likelihood(all, deviation);
  const auto listed = gaussian_likelihood(values, deviation);
  const auto sparse = gaussian_likelihood(some, deviation);
  at_points([&](const Point& at) {
    const auto formula = [&](bool is_seen, Index i, Index j, double x) {
      if (!is_seen) return Pair{};
      const double precision = 1 / (deviation * deviation);
      const double e = x - all(i, j);
      return Pair{precision * e * e / 2, precision * e, precision};
    };
    const Derivatives expected = by_loops([&](Index i, Index j, double x) { return formula(true, i, j, x); }, at);
    check_same(of(*dense, at), expected);
    check_same(of(*listed, at), expected);
    check_same(of(*sparse, at),
               by_loops([&](Index i, Index j, double x) { return formula((i + j) % 3 == 0, i, j, x); }, at));
  });
}

TEST_CASE("the skip-gram likelihood is its formula") {
  constexpr double negatives = 3;
  Random random(96);
  Eigen::MatrixXd counts = Eigen::MatrixXd::Zero(items, contexts);
  std::vector<PairCount> pairs;
  for (std::uint32_t i = 0; i < items; ++i) {
    for (std::uint32_t j = 0; j < contexts; ++j) {
      if (i == 2 || i == items - 1 || random.uniform() < .4) continue;  // two items without data
      const auto count = static_cast<float>(1 + random.bits() % 5);
      pairs.push_back({i, j, count});
      counts(i, j) = static_cast<double>(count);
    }
  }
  const Eigen::VectorXd uses = counts.colwise().sum().transpose();
  const std::vector<double> q = negative_distribution({uses.data(), static_cast<std::size_t>(contexts)});
  const auto likelihood = skipgram_likelihood(pairs, q, negatives);
  at_points([&](const Point& at) {
    const auto formula = [&](Index i, Index j, double x) {
      const double seen = counts(i, j);
      const double not_seen = negatives * counts.row(i).sum() * q[static_cast<std::size_t>(j)];
      const double s = x > 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
      const double rest = std::log1p(std::exp(-std::abs(x)));  // log(1 + e^-|x|)
      return Pair{seen * (std::max(-x, 0.0) + rest) + not_seen * (std::max(x, 0.0) + rest),
                  not_seen * s - seen * (1 - s), (seen + not_seen) * s * (1 - s)};
    };
    check_same(of(*likelihood, at), by_loops(formula, at));
  });
}

TEST_CASE("the distribution of negatives is that of counts to the power .75") {
  const std::vector<double> q = negative_distribution(std::vector<double>{16, 0, 1});
  CHECK(q[0] == doctest::Approx(8.0 / 9).epsilon(1e-14));
  CHECK(q[1] == 0);
  CHECK(q[2] == doctest::Approx(1.0 / 9).epsilon(1e-14));
  CHECK(negative_distribution(std::vector<double>{0, 0}) == std::vector<double>{0, 0});
}

}  // namespace
