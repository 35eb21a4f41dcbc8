#include <gaugeline/drift_significance.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace gaugeline {
namespace {

constexpr int most_terms = 10000;
constexpr double quartile_deviate = .6744897501960817;  // of the normal distribution

// Chi-squared over its degrees at a normal deviate (Wilson & Hilferty 1931).
double mean_square_quantile(double degrees, double deviate) noexcept {
  const double a = 2 / (9 * degrees);
  return std::pow(1 - a + deviate * std::sqrt(a), 3);
}

// Inverts the quotient of lower quartile and median, whose cube root is 1 - z s/(1 - s^2) with s^2 = 2/(9 degrees).
double degrees_from_quartile(double quotient, double most) noexcept {
  const double gap = 1 - std::cbrt(quotient);
  if (gap <= 0) return most;
  const double s = (std::sqrt(quartile_deviate * quartile_deviate + 4 * gap * gap) - quartile_deviate) / (2 * gap);
  return std::min(most, 2 / (9 * s * s));
}

double order_statistic(std::span<double> values, std::size_t rank) noexcept {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

double chi_squared_tail(double x, double degrees) noexcept {
  if (!(x > 0)) return 1;
  const double a = degrees / 2;
  const double y = x / 2;
  const double factor = std::exp(a * std::log(y) - y - std::lgamma(a));
  if (y < a + 1) {
    double term = 1 / a;
    double sum = term;
    for (int n = 1; n < most_terms && term > sum * 1e-16; ++n) sum += term *= y / (a + n);
    return std::max(0.0, 1 - factor * sum);
  }
  // Lentz's way through the continued fraction; no denominator vanishes for y > a + 1.
  double b = y + 1 - a;
  double c = std::numeric_limits<double>::infinity();
  double d = 1 / b;
  double fraction = d;
  for (int n = 1; n < most_terms; ++n) {
    const double numerator = -n * (n - a);
    b += 2;
    d = 1 / (numerator * d + b);
    c = b + numerator / c;
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return factor * fraction;
}

double fit_p_values(std::span<const float> ratios, std::size_t dimension, std::span<double> work,
                    std::span<double> p) noexcept {
  const std::size_t n = ratios.size();
  const std::size_t blocks = n / null_block_rows;
  if (blocks == 0) return 0;
  const auto begin = [&](std::size_t block) { return block * n / blocks; };
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto of = work.subspan(begin(block), begin(block + 1) - begin(block));
    std::copy_n(ratios.begin() + static_cast<std::ptrdiff_t>(begin(block)), of.size(), of.begin());
    const double median = order_statistic(of, of.size() / 2);
    if (!(median > 0)) return 0;
    for (std::size_t i = begin(block); i < begin(block + 1); ++i) work[i] = static_cast<double>(ratios[i]) / median;
    std::copy(of.begin(), of.end(), p.begin() + static_cast<std::ptrdiff_t>(begin(block)));
  }
  const double quartile = order_statistic(work.first(n), n / 4);
  if (!(quartile > 0)) return 0;
  const double degrees = degrees_from_quartile(quartile, static_cast<double>(dimension));
  const double median = degrees * mean_square_quantile(degrees, 0);
  for (double& x : p.first(n)) x = chi_squared_tail(x * median, degrees);
  return degrees;
}

void false_discovery_rates(std::span<const double> p, std::span<std::uint32_t> order, std::span<double> q) noexcept {
  const std::size_t n = p.size();
  std::iota(order.begin(), order.end(), std::uint32_t{0});
  std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return p[a] < p[b]; });
  double smallest = 1;
  for (std::size_t rank = n; rank > 0; --rank) {
    const std::uint32_t row = order[rank - 1];
    smallest = std::min(smallest, p[row] * static_cast<double>(n) / static_cast<double>(rank));
    q[row] = smallest;
  }
}

}  // namespace gaugeline
