// Which way of the rows the next data would have liked best. The rest of diffusion_prior.hpp is tested at work: laws
// of passing time, and the agreement with the dense reference.
#include <doctest/doctest.h>
#include <cmath>

#include <gaugeline/diffusion_prior.hpp>

using namespace gaugeline;

namespace {

// Of L(alpha) = -weight (alpha - best)^2 / 2.
ScoresAlongWay parabola(double weight, double best) {
  const auto at = [&](double alpha) { return -weight * (alpha - best) * (alpha - best) / 2; };
  return {.nearer = at(1 - ScoresAlongWay::step), .here = at(1), .farther = at(1 + ScoresAlongWay::step)};
}

}  // namespace

TEST_CASE("the best way is the top of the parabola, as far as the data outweigh the prior at 1") {
  for (const double best : {.55, .8, 1., 1.3, 1.9}) {
    for (const double weight : {1e-3, 1., 100., 1e6}) {
      CAPTURE(best);
      CAPTURE(weight);
      CHECK(best_way(parabola(weight, best)) == doctest::Approx((weight * best + 1 / .09) / (weight + 1 / .09)));
    }
  }
}

TEST_CASE("the best way stays in its bounds") {
  CHECK(best_way(parabola(1e6, 5)) == 2);
  CHECK(best_way(parabola(1e6, -5)) == .5);
  CHECK(best_way({.nearer = 0, .here = -10, .farther = 5}) == 2);  // no top: the higher end
  CHECK(best_way({.nearer = 5, .here = -10, .farther = 0}) == .5);
  CHECK(best_way({}) == 1);
}

TEST_CASE("the factor follows the way but for what a solver's noise may ask for") {
  CHECK(factor_of_way(1, 2) == 1);
  CHECK(factor_of_way(1.16, 2) == 1);
  CHECK(factor_of_way(.87, 2) == 1);
  CHECK(factor_of_way(2, 2) == doctest::Approx(4 * std::exp(-.3)));
  CHECK(factor_of_way(.5, 2) == doctest::Approx(.25 * std::exp(.3)));
  CHECK(factor_of_way(2, 1) == doctest::Approx(2 * std::exp(-.15)));
}
