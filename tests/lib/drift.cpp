#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <gaugeline/drift.hpp>
#include <gaugeline/random.hpp>

namespace {

using gaugeline::Random;
using gaugeline::RowMoment;

// One row under the scalar filter of drift.hpp. The data see a row that stands still at the origin, with overdispersed
// noise: its variance is `excess` times what the filter believes.
struct FilteredRow {
  std::vector<float> embedding;
  double precision;
  double null_variance;
  double log_retention = 0;

  FilteredRow(Random& random, std::size_t dimension, double data_precision, double excess)
      : embedding(dimension), precision(prior), null_variance(1 / prior) {
    for (float& x : embedding) x = static_cast<float>(std::sqrt(excess / prior) * random.normal());
    update(random, prior, data_precision, excess);
  }
  void step(Random& random, double data_precision, double excess) {
    update(random, 1 / (1 / precision + diffusion), data_precision, excess);
  }
  [[nodiscard]] RowMoment moment() const {
    return {embedding, static_cast<float>(null_variance), static_cast<float>(log_retention)};
  }

 private:
  static constexpr double prior = 3;
  static constexpr double diffusion = 3e-3;

  void update(Random& random, double predicted, double data_precision, double excess) {
    precision = predicted + data_precision;
    const double gain = 1 - predicted / precision;
    for (float& x : embedding) {
      const double datum = std::sqrt(excess / data_precision) * random.normal();
      x = static_cast<float>((1 - gain) * static_cast<double>(x) + gain * datum);
    }
    null_variance = (1 - gain) * (1 - gain) * null_variance + gain * gain / data_precision;
    log_retention += std::log(1 - gain);
  }
};

// Chi-squared with d degrees of freedom over d: the quantile of the normal deviate z (Wilson & Hilferty).
double mean_square_quantile(double d, double z) {
  const double a = 2 / (9 * d);
  return std::pow(1 - a + z * std::sqrt(a), 3);
}

// Ratios of rows that have not moved, between two slices ten apart.
std::vector<float> null_ratios(std::size_t rows, std::size_t dimension, double excess) {
  Random random(7);
  std::vector<float> ratios;
  for (std::size_t i = 0; i < rows; ++i) {
    const double data_precision = 1 + 20 * random.uniform();
    FilteredRow row(random, dimension, data_precision, excess);
    for (int t = 0; t < 5; ++t) row.step(random, data_precision, excess);
    const FilteredRow from = row;
    for (int t = 0; t < 10; ++t) row.step(random, data_precision, excess);
    ratios.push_back(gaugeline::displacement(from.moment(), row.moment()).ratio);
  }
  return ratios;
}

}  // namespace

TEST_CASE("the displacement is the distance, and its square over d times the variance under no movement") {
  const std::vector<float> a{1, 2, 3};
  const std::vector<float> b{1, 5, 7};
  // A = exp(-log 2) = 1/2: the term with C_s vanishes, v = C_t = .5.
  const auto half = gaugeline::displacement({a, 8.0F, -1.0F}, {b, .5F, -1.0F - std::log(2.0F)});
  CHECK(half.distance == doctest::Approx(5));
  CHECK(half.ratio == doctest::Approx(25 / (3 * .5)));
  // A = exp(-log 4) = 1/4: v = .5 + 2 (1 - 1/2) = 1.5.
  const auto quarter = gaugeline::displacement({a, 2.0F, 0.0F}, {b, .5F, -std::log(4.0F)});
  CHECK(quarter.ratio == doctest::Approx(25 / (3 * 1.5)));
}

TEST_CASE("a row of which nothing was learnt in between has no variance and ratio 0") {
  const std::vector<float> a{1, 2};
  const auto same = gaugeline::displacement({a, .25F, -3.0F}, {a, .25F, -3.0F});
  CHECK(same.distance == 0);
  CHECK(same.ratio == 0);
}

TEST_CASE("the factor is the median ratio over the median of chi-squared over d") {
  const double chi_squared_median = std::pow(1 - 2.0 / (9 * 8), 3);
  std::vector<float> odd{9, 1, 3, 2, 7};
  CHECK(gaugeline::overdispersion(odd, 8) == doctest::Approx(3 / chi_squared_median));
  std::vector<float> one{2};
  CHECK(gaugeline::overdispersion(one, 8) == doctest::Approx(2 / chi_squared_median));
  CHECK(gaugeline::overdispersion({}, 8) == 1);
}

TEST_CASE("rows that do not move have ratio 1 on the average, and false alarms at the nominal rate") {
  for (const double excess : {1.0, 2.5}) {
    CAPTURE(excess);
    std::vector<float> ratios = null_ratios(20000, 8, excess);
    const double factor = gaugeline::overdispersion(ratios, 8);
    CHECK(factor == doctest::Approx(excess).epsilon(.03));
    double mean = 0;
    double alarms_5 = 0;
    double alarms_1 = 0;
    for (const float ratio : ratios) {
      const double scaled = static_cast<double>(ratio) / factor / static_cast<double>(ratios.size());
      mean += scaled;
      const double r = static_cast<double>(ratio) / factor;
      alarms_5 += r > mean_square_quantile(8, 1.6448536) ? 1 : 0;
      alarms_1 += r > mean_square_quantile(8, 2.3263479) ? 1 : 0;
    }
    const auto count = static_cast<double>(ratios.size());
    CHECK(mean == doctest::Approx(1).epsilon(.02));
    CHECK(std::abs(alarms_5 / count - .05) < .006);  // four standard errors
    CHECK(std::abs(alarms_1 / count - .01) < .003);
  }
}

TEST_CASE("a row that moves by three expected deviations stands out") {
  Random random(9);
  FilteredRow row(random, 8, 10, 1);
  for (int t = 0; t < 5; ++t) row.step(random, 10, 1);
  FilteredRow moved = row;
  moved.step(random, 10, 1);
  for (float& x : moved.embedding) x += 3 * std::sqrt(moved.moment().null_variance);
  CHECK(static_cast<double>(gaugeline::displacement(row.moment(), moved.moment()).ratio) > mean_square_quantile(8, 3));
}
