#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/area_under_curve.hpp>

using gaugeline::stream::area_under_curve;
using gaugeline::stream::outranks;

namespace {

double area(const std::vector<double>& positives, const std::vector<double>& negatives) {
  return area_under_curve(positives, negatives).value().area;
}

}  // namespace

TEST_CASE("the area is the share of comparisons that positives win, a tie counting one half") {
  CHECK(area({2}, {1}) == 1);
  CHECK(area({1}, {2}) == 0);
  CHECK(area({1}, {1}) == .5);
  CHECK(area({3, 1}, {2, 2}) == .5);
  CHECK(area({3, 2}, {2, 1, 0, 0}) == 7.5 / 8);
  CHECK(area({0, 0, 0}, {0, 0}) == .5);
}

TEST_CASE("values that are many and often tie give the area that all comparisons give") {
  gaugeline::Random random(7);
  std::vector<double> positives(60), negatives(90);
  for (double& value : positives) value = std::floor(12 * random.uniform()) + 2;
  for (double& value : negatives) value = std::floor(12 * random.uniform());
  double won = 0;
  for (const double positive : positives) {
    for (const double negative : negatives) won += outranks(positive, negative);
  }
  CHECK(area(positives, negatives) == doctest::Approx(won / 5400).epsilon(1e-12));
  CHECK(area(negatives, positives) == doctest::Approx(1 - won / 5400).epsilon(1e-12));
}

TEST_CASE("the standard error is that of DeLong") {
  // V = 1, 1/2, W = 1/2, 1: sample variances of 1/8 each.
  const auto result = area_under_curve(std::vector<double>{3, 1}, std::vector<double>{2, 0}).value();
  CHECK(result.area == .75);
  CHECK(result.standard_error.value() == doctest::Approx(std::sqrt(1. / 16 + 1. / 16)));
  CHECK(result.positives == 2);
  CHECK(result.negatives == 2);
}

TEST_CASE("the standard error is how much the area varies between samples") {
  gaugeline::Random random(11);
  constexpr int samples = 2000;
  double sum = 0, squares = 0, stated = 0;
  for (int sample = 0; sample < samples; ++sample) {
    std::vector<double> positives(40), negatives(20);
    for (double& value : positives) value = random.normal() + 1;
    for (double& value : negatives) value = random.normal();
    const auto result = area_under_curve(positives, negatives).value();
    sum += result.area;
    squares += result.area * result.area;
    stated += result.standard_error.value();
  }
  const double varied = std::sqrt(squares / samples - sum / samples * (sum / samples));
  CHECK(stated / samples == doctest::Approx(varied).epsilon(.05));
}

TEST_CASE("nothing is said of an empty side, and no error is stated for a single value") {
  const std::vector<double> none, one{1}, two{1, 2};
  CHECK_FALSE(area_under_curve(none, two).has_value());
  CHECK_FALSE(area_under_curve(two, none).has_value());
  CHECK_FALSE(area_under_curve(one, two).value().standard_error.has_value());
}
