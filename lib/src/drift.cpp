#include <gaugeline/drift.hpp>

#include <algorithm>
#include <cmath>

namespace gaugeline {
namespace {

double squared_distance(std::span<const float> a, std::span<const float> b) noexcept {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double difference = static_cast<double>(b[k]) - static_cast<double>(a[k]);
    sum += difference * difference;
  }
  return sum;
}

// var(z_to - z_from) per coordinate if the row has not moved. Rounding may take it a little below 0.
double null_displacement_variance(const RowMoment& from, const RowMoment& to) noexcept {
  const double retained = std::exp(static_cast<double>(to.log_retention) - static_cast<double>(from.log_retention));
  const double variance =
      static_cast<double>(to.null_variance) + static_cast<double>(from.null_variance) * (1 - 2 * retained);
  return std::max(0.0, variance);
}

// The median of chi-squared with d degrees of freedom, over d (Wilson & Hilferty 1931; within .2 % from d = 3 on).
double median_of_mean_square(std::size_t dimension) noexcept {
  const double cube_root = 1 - 2 / (9 * static_cast<double>(dimension));
  return cube_root * cube_root * cube_root;
}

}  // namespace

Displacement displacement(const RowMoment& from, const RowMoment& to) noexcept {
  const double squared = squared_distance(from.embedding, to.embedding);
  const double expected = static_cast<double>(from.embedding.size()) * null_displacement_variance(from, to);
  return {.distance = static_cast<float>(std::sqrt(squared)),
          .ratio = expected > 0 ? static_cast<float>(squared / expected) : 0};
}

double overdispersion(std::span<float> ratios, std::size_t dimension) noexcept {
  if (ratios.empty()) return 1;
  const auto middle = ratios.begin() + static_cast<std::ptrdiff_t>(ratios.size() / 2);
  std::nth_element(ratios.begin(), middle, ratios.end());
  return static_cast<double>(*middle) / median_of_mean_square(dimension);
}

}  // namespace gaugeline
