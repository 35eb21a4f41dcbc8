#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <numbers>
#include <optional>
#include <vector>

#include <gaugeline/drift_significance.hpp>
#include <gaugeline/random.hpp>

using namespace gaugeline;

namespace {

double mean_square(Random& random, int degrees) {
  double sum = 0;
  for (int k = 0; k < degrees; ++k) {
    const double x = random.normal();
    sum += x * x;
  }
  return sum / degrees;
}

// Rows that go from the origin to a point of that variance; by components if `shares` are given.
class Rows {
 public:
  template <class Variance>
  Rows(std::size_t rows, std::size_t dimension, std::uint64_t seed, Variance&& variance,
       const std::vector<double>& shares = {})
      : origin_(dimension, 0.F) {
    Random random(seed);
    for (std::size_t i = 0; i < rows; ++i) {
      const double of_row = variance(i);
      auto& z = embeddings_.emplace_back();
      for (std::size_t c = 0; c < dimension; ++c)
        z.push_back(static_cast<float>(random.normal() * std::sqrt(of_row * (shares.empty() ? 1 : shares[c]))));
    }
  }

  // The earlier slice's errors are as large as the later one's, and none is kept.
  void forget_half() {
    from_variance_ = 1;
    retention_ = -30;
  }

  [[nodiscard]] std::optional<ComparedRows> compared() const {
    std::vector<RowMoment> from, to;
    for (const auto& z : embeddings_) {
      from.push_back({origin_, from_variance_, 0});
      to.push_back({z, 1, retention_});
    }
    return compare_rows(from, to);
  }
  [[nodiscard]] ComparedRows compare() const { return compared().value(); }

 private:
  std::vector<float> origin_;
  std::vector<std::vector<float>> embeddings_;
  float from_variance_ = 0, retention_ = 0;
};

std::optional<DriftNull> fit(const std::vector<ComparedRows>& pairs) {
  std::vector<const ComparedRows*> consecutive;
  consecutive.reserve(pairs.size());
  for (const ComparedRows& pair : pairs) consecutive.push_back(&pair);
  return DriftNull::fit(consecutive);
}

double share_below(const std::vector<double>& p, double level) {
  double below = 0;
  for (const double x : p) below += x < level ? 1 : 0;
  return below / static_cast<double>(p.size());
}

}  // namespace

TEST_CASE("The tail of F has its closed forms, and values of tables") {
  for (const double x : {1e-6, .1, .9, 1.1, 3., 10., 300.}) {
    CAPTURE(x);
    for (const double k : {1., 2., 7., 50., 1e4}) {
      CAPTURE(k);
      CHECK(f_tail(x, 2, k) == doctest::Approx(std::pow(1 + 2 * x / k, -k / 2)).epsilon(1e-9));
    }
    CHECK(f_tail(x, 1, 1) == doctest::Approx(1 - 2 * std::atan(std::sqrt(x)) / std::numbers::pi).epsilon(1e-9));
    CHECK(f_tail(x, 40, 30) == doctest::Approx(1 - f_tail(1 / x, 30, 40)).epsilon(1e-9));
  }
  CHECK(f_tail(0, 3, 4) == 1);
  CHECK(f_tail(3.325834530413012, 5, 10) == doctest::Approx(.05).epsilon(1e-9));
  CHECK(f_tail(1.24342113, 100, 1e8) == doctest::Approx(.05).epsilon(1e-5));  // chi-squared over its degrees
}

TEST_CASE("The directions of displacement have the degrees of freedom of their covariance") {
  std::vector<double> variances(12, 1);
  for (std::size_t c = 6; c < 12; ++c) variances[c] = 0;
  const Rows rows(20000, 12, 3, [&](std::size_t) { return 1.; }, variances);
  CHECK(std::abs(rows.compare().degrees - 6) <= .1);
  CHECK(rows.compare().independent_variances == doctest::Approx(1));
}

TEST_CASE("Rows that stand still are called at the nominal rate, whatever their scale and the spread of variances") {
  // A row's variance is an inverse chi-squared of its own in every pair, with fewer degrees among the commonest.
  constexpr std::size_t n = 4000, dimension = 16;
  Random random(5);
  const auto variance = [&](std::size_t i) {
    const int k = i < 50 ? 6 : i < 1000 ? 12 : 40;
    return (1 + 8. * static_cast<double>(i) / n) / mean_square(random, k);
  };
  std::vector<ComparedRows> pairs;
  for (std::uint64_t seed = 1; seed <= 16; ++seed) pairs.push_back(Rows(n, dimension, seed, variance).compare());
  const auto null = fit(pairs);
  REQUIRE(null.has_value());
  std::vector<double> p, commonest;
  for (std::uint64_t seed = 101; seed <= 140; ++seed) {
    const auto of = null->p_values(Rows(n, dimension, seed, variance).compare());
    p.insert(p.end(), of.begin(), of.end());
    commonest.insert(commonest.end(), of.begin(), of.begin() + 50);
  }
  CHECK(std::abs(share_below(p, .05) - .05) <= .005);
  CHECK(std::abs(share_below(p, .01) - .01) <= .002);
  CHECK(std::abs(share_below(p, .5) - .5) <= .01);
  CHECK(std::abs(share_below(commonest, .05) - .05) <= .015);
}

TEST_CASE("Rows that move do not raise the false alarms of those that stand still, and are called") {
  constexpr std::size_t n = 3000, dimension = 16;
  Random random(6);
  const auto at_rest = [&](std::size_t) { return 1 / mean_square(random, 60); };
  std::vector<ComparedRows> pairs;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) pairs.push_back(Rows(n, dimension, seed, at_rest).compare());
  const auto null = fit(pairs);
  REQUIRE(null.has_value());
  const auto moves = [](std::size_t i) { return i % 10 < 3; };
  const auto p =
      null->p_values(Rows(n, dimension, 99, [&](std::size_t i) { return at_rest(i) * (moves(i) ? 10 : 1); }).compare());
  std::vector<double> still, moving;
  for (std::size_t i = 0; i < p.size(); ++i) (moves(i) ? moving : still).push_back(p[i]);
  CHECK(share_below(still, .05) <= .05);
  CHECK(share_below(moving, .05) >= .95);
}

TEST_CASE("Errors of two slices' data halve the spread of variances") {
  // As much of the error is of the earlier slice's as of what came after.
  constexpr std::size_t n = 2000, dimension = 16;
  Random random(7);
  std::vector<ComparedRows> pairs;
  const auto one = [&](std::size_t) { return 1 / mean_square(random, 10); };
  for (std::uint64_t seed = 1; seed <= 16; ++seed) pairs.push_back(Rows(n, dimension, seed, one).compare());
  const auto null = fit(pairs);
  REQUIRE(null.has_value());
  const auto two = [&](std::size_t i) { return (one(i) + one(i)) / 2; };
  std::vector<double> p;
  for (std::uint64_t seed = 101; seed <= 120; ++seed) {
    Rows rows(n, dimension, seed, two);
    rows.forget_half();
    const ComparedRows compared = rows.compare();
    CHECK(compared.independent_variances == doctest::Approx(2).epsilon(1e-3));
    const auto of = null->p_values(compared);
    p.insert(p.end(), of.begin(), of.end());
  }
  CHECK(std::abs(share_below(p, .05) - .05) <= .015);
  CHECK(std::abs(share_below(p, .01) - .01) <= .005);
}

TEST_CASE("Too few rows, rows that have not moved, or too few pairs carry no null distribution") {
  const auto one = [](std::size_t) { return 1.; };
  CHECK_FALSE(Rows(null_block_rows - 1, 4, 1, one).compared().has_value());
  CHECK_FALSE(Rows(null_block_rows, 4, 1, [](std::size_t) { return 0.; }).compared().has_value());
  std::vector<ComparedRows> pairs;
  for (std::uint64_t seed = 1; seed < null_fewest_pairs; ++seed)
    pairs.push_back(Rows(null_block_rows, 4, seed, one).compare());
  CHECK_FALSE(fit(pairs).has_value());
  pairs.push_back(Rows(null_block_rows, 4, 99, one).compare());
  CHECK(fit(pairs).has_value());
}

TEST_CASE("False discovery rates are those of Benjamini and Hochberg, in the order of the rows") {
  const std::vector<double> p = {.04, .01, .5, .02};
  std::vector<std::uint32_t> order(4);
  std::vector<double> q(4);
  false_discovery_rates(p, order, q);
  CHECK(q[0] == doctest::Approx(.16 / 3));
  CHECK(q[1] == doctest::Approx(.04));
  CHECK(q[2] == doctest::Approx(.5));
  CHECK(q[3] == doctest::Approx(.04));
}
