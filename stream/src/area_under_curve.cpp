#include <gaugeline/stream/area_under_curve.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gaugeline::stream {
namespace {

std::vector<double> sorted(std::span<const double> values) {
  std::vector<double> copy(values.begin(), values.end());
  std::ranges::sort(copy);
  return copy;
}

// For each value the share of `others`, sorted, that lie below it; a tie counts one half.
std::vector<double> shares_below(std::span<const double> values, std::span<const double> others) {
  std::vector<double> shares;
  shares.reserve(values.size());
  for (const double value : values) {
    const auto ties = std::ranges::equal_range(others, value);
    const auto below_twice = (ties.begin() - others.begin()) + (ties.end() - others.begin());
    shares.push_back(static_cast<double>(below_twice) / (2 * static_cast<double>(others.size())));
  }
  return shares;
}

double mean(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Variance of the mean of at least two values.
double variance_of_mean(std::span<const double> values) {
  const double centre = mean(values);
  const auto count = static_cast<double>(values.size());
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return squares / (count - 1) / count;
}

}  // namespace

std::optional<AreaUnderCurve> area_under_curve(std::span<const double> positives, std::span<const double> negatives) {
  if (positives.empty() || negatives.empty()) return std::nullopt;
  const auto of_positives = shares_below(positives, sorted(negatives));
  const auto of_negatives = shares_below(negatives, sorted(positives));  // 1 - W, which varies as much
  AreaUnderCurve result{mean(of_positives), std::nullopt, positives.size(), negatives.size()};
  if (std::min(positives.size(), negatives.size()) >= 2)
    result.standard_error = std::sqrt(variance_of_mean(of_positives) + variance_of_mean(of_negatives));
  return result;
}

}  // namespace gaugeline::stream
