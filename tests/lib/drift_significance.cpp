#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <gaugeline/drift_significance.hpp>
#include <gaugeline/random.hpp>

using namespace gaugeline;

namespace {

double mean_square(Random& random, int degrees, double scale) {
  double sum = 0;
  for (int k = 0; k < degrees; ++k) {
    const double x = random.normal();
    sum += x * x;
  }
  return scale * sum / degrees;
}

double share_below(const std::vector<double>& p, double level) {
  double below = 0;
  for (const double x : p) below += x < level ? 1 : 0;
  return below / static_cast<double>(p.size());
}

}  // namespace

TEST_CASE("The tail of chi-squared has its closed forms for 1, 2 and 4 degrees of freedom") {
  for (const double x : {1e-6, .1, 1., 2.9, 3.1, 10., 60., 300.}) {
    CAPTURE(x);
    CHECK(chi_squared_tail(x, 1) == doctest::Approx(std::erfc(std::sqrt(x / 2))).epsilon(1e-9));
    CHECK(chi_squared_tail(x, 2) == doctest::Approx(std::exp(-x / 2)).epsilon(1e-9));
    CHECK(chi_squared_tail(x, 4) == doctest::Approx(std::exp(-x / 2) * (1 + x / 2)).epsilon(1e-9));
  }
  CHECK(chi_squared_tail(0, 3) == 1);
  CHECK(chi_squared_tail(124.342113, 100) == doctest::Approx(.05).epsilon(1e-6));
}

TEST_CASE("Rows that stand still are called at the nominal rate, though their scale depends on their frequency") {
  Random random(5);
  std::vector<float> ratios;
  for (int i = 0; i < 20000; ++i) ratios.push_back(static_cast<float>(mean_square(random, 6, 1 + 8. * i / 20000)));
  std::vector<double> p(ratios.size()), work(ratios.size());
  const double degrees = fit_p_values(ratios, 16, work, p);
  CHECK(std::abs(degrees - 6) <= .5);
  CHECK(std::abs(share_below(p, .05) - .05) <= .01);
  CHECK(std::abs(share_below(p, .01) - .01) <= .005);
}

TEST_CASE("Rows that move do not raise the false alarms of those that stand still") {
  Random random(6);
  std::vector<float> ratios;
  for (int i = 0; i < 5000; ++i) ratios.push_back(static_cast<float>(mean_square(random, 8, i % 5 == 0 ? 20 : 1)));
  std::vector<double> p(ratios.size()), work(ratios.size());
  REQUIRE(fit_p_values(ratios, 8, work, p) > 0);
  std::vector<double> still, moving;
  for (std::size_t i = 0; i < p.size(); ++i) (i % 5 == 0 ? moving : still).push_back(p[i]);
  CHECK(share_below(still, .05) <= .055);
  CHECK(share_below(moving, .05) >= .95);
}

TEST_CASE("Too few rows, or rows without spread, carry no null distribution") {
  std::vector<float> ratios(null_block_rows - 1, 1.F);
  std::vector<double> p(null_block_rows, -1), work(null_block_rows);
  CHECK(fit_p_values(ratios, 8, work, p) == 0);
  CHECK(p[0] == -1);
  ratios.assign(null_block_rows, 0.F);
  CHECK(fit_p_values(ratios, 8, work, p) == 0);
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
