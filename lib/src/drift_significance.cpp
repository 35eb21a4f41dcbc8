#include <gaugeline/drift_significance.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>

#include <Eigen/Core>

namespace gaugeline {
namespace {

constexpr int most_terms = 10000;
constexpr double tail_share = .025;  // of the rows: their ratios show k; between the levels 5 % and 1 %
constexpr std::size_t group_rows = null_fewest_pairs * null_block_rows;  // fewer carry no k of a group's own
constexpr std::size_t direction_rows = 4096;                             // are enough for m
constexpr double fewest_degrees = 2;                                     // of k ...
constexpr double most_degrees = 1e4;                                     // ... at which F is all but a chi-squared

// Blocks of rows of like frequency, and groups of blocks: the first, the next, the next two, the next four, ...
class Blocks {
 public:
  explicit Blocks(std::size_t rows) noexcept : rows_(rows), count_(rows / null_block_rows) {}
  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] std::size_t begin(std::size_t block) const noexcept { return block * rows_ / count_; }
  [[nodiscard]] std::size_t groups() const noexcept {
    return count_ > 0 ? static_cast<std::size_t>(std::bit_width(count_ - 1)) + 1 : 0;
  }
  [[nodiscard]] std::size_t group_begin(std::size_t group) const noexcept {
    return begin(group > 0 ? std::min(count_, std::size_t{1} << (group - 1)) : 0);
  }

 private:
  std::size_t rows_, count_;
};

// I_x(a, b), 0 < x < 1, by Lentz's way through the continued fraction, which is fast for x < (a + 1)/(a + b + 2).
double incomplete_beta(double x, double a, double b) noexcept {
  const double log_beta = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
  double c = 1, d = 0, fraction = 1;
  for (int n = 1; n < most_terms; ++n) {
    const double m = std::floor(n / 2.);
    const double numerator = n % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                        : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    c = 1 + numerator / c;
    d = 1 / (1 + numerator * d);
    fraction *= c * d;
    if (std::abs(c * d - 1) < 1e-15) break;
  }
  return std::exp(a * std::log(x) + b * std::log1p(-x) - log_beta) / (a * fraction);
}

// The root of a falling function between low and high, halving the interval of its logarithm.
template <class Function>
double falling_root(double low, double high, Function&& function) {
  for (int step = 0; step < 50; ++step) {
    const double middle = std::sqrt(low * high);
    (function(middle) > 0 ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

double f_median(double m, double k) noexcept {
  return falling_root(1e-3, 1e3, [&](double x) { return f_tail(x, m, k) - .5; });
}

double order_statistic(std::span<double> values, std::size_t rank) noexcept {
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

double median_of(std::span<double> values) noexcept {
  const double upper = order_statistic(values, values.size() / 2);
  if (values.size() % 2 != 0) return upper;
  return (upper + *std::max_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2))) /
         2;
}

// Every ratio over its block's median; false if a median is not above 0.
bool scale_by_blocks(std::span<double> ratios) {
  const Blocks blocks(ratios.size());
  std::vector<double> work;
  for (std::size_t block = 0; block < blocks.count(); ++block) {
    const auto of = ratios.subspan(blocks.begin(block), blocks.begin(block + 1) - blocks.begin(block));
    work.assign(of.begin(), of.end());
    const double median = median_of(work);
    if (!(median > 0)) return false;
    for (double& ratio : of) ratio /= median;
  }
  return true;
}

// m = 1/tr(S^2), S = mean of u u' over the unit vectors u = dz/|dz|, without the bias of pairing a u with itself.
double degrees_of_directions(std::span<const RowMoment> from, std::span<const RowMoment> to) {
  const auto d = static_cast<Eigen::Index>(from.front().embedding.size());
  const std::size_t stride = (from.size() + direction_rows - 1) / direction_rows;
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(d, d);
  double rows = 0;
  for (std::size_t i = 0; i < from.size(); i += stride) {
    const Eigen::Map<const Eigen::VectorXf> before(from[i].embedding.data(), d);
    const Eigen::Map<const Eigen::VectorXf> after(to[i].embedding.data(), d);
    const Eigen::VectorXd moved = after.cast<double>() - before.cast<double>();
    const double squared = moved.squaredNorm();
    if (!(squared > 0)) continue;
    sum.noalias() += moved * moved.transpose() / squared;
    rows += 1;
  }
  const double most = static_cast<double>(d);
  const double products = sum.squaredNorm() - rows;  // sum of (u_i . u_j)^2 over i and j != i
  return products > 0 ? std::clamp(rows * (rows - 1) / products, 1., most) : most;
}

// The error of z_to - z_from is (1 - A) e_from and what came after: two variances, added.
double independent_variances(const RowMoment& from, const RowMoment& to) noexcept {
  const double retained = std::exp(static_cast<double>(to.log_retention) - static_cast<double>(from.log_retention));
  const double before = (1 - retained) * (1 - retained) * static_cast<double>(from.null_variance);
  const double after = std::max(
      0., static_cast<double>(to.null_variance) - retained * retained * static_cast<double>(from.null_variance));
  const double sum = before + after;
  return sum > 0 ? sum * sum / (before * before + after * after) : 1;
}

// k at which the upper tail_share of F(m, k) begins at `quantile` times its median.
double variance_degrees(double quantile, double m) {
  return falling_root(fewest_degrees, most_degrees,
                      [&](double k) { return f_tail(quantile * f_median(m, k), m, k) - tail_share; });
}

}  // namespace

double f_tail(double x, double numerator_degrees, double denominator_degrees) noexcept {
  if (!(x > 0)) return 1;
  const double a = denominator_degrees / 2;
  const double b = numerator_degrees / 2;
  const double odds = numerator_degrees * x / denominator_degrees;
  const double y = 1 / (1 + odds);
  return y < (a + 1) / (a + b + 2) ? incomplete_beta(y, a, b) : 1 - incomplete_beta(odds / (1 + odds), b, a);
}

std::optional<ComparedRows> compare_rows(std::span<const RowMoment> from, std::span<const RowMoment> to) {
  if (from.size() < null_block_rows) return std::nullopt;
  ComparedRows rows;
  std::vector<double> variances;
  for (std::size_t i = 0; i < from.size(); ++i) {
    rows.ratios.push_back(static_cast<double>(displacement(from[i], to[i]).ratio));
    variances.push_back(independent_variances(from[i], to[i]));
  }
  if (!scale_by_blocks(rows.ratios)) return std::nullopt;
  rows.degrees = degrees_of_directions(from, to);
  rows.independent_variances = median_of(variances);
  return rows;
}

std::optional<DriftNull> DriftNull::fit(std::span<const ComparedRows* const> consecutive) {
  if (consecutive.size() < null_fewest_pairs) return std::nullopt;
  double rows = 0, degrees = 0, variances = 0;
  std::size_t groups = 0;
  for (const ComparedRows* pair : consecutive) {
    const auto weight = static_cast<double>(pair->ratios.size());
    rows += weight;
    degrees += weight * pair->degrees;
    variances += weight * pair->independent_variances;
    groups = std::max(groups, Blocks(pair->ratios.size()).groups());
  }
  DriftNull null;
  std::vector<double> pooled;
  for (std::size_t group = 0; group < groups; ++group) {
    pooled.clear();
    for (const ComparedRows* pair : consecutive) {
      const Blocks blocks(pair->ratios.size());
      const auto begin = pair->ratios.begin();
      if (group < blocks.groups()) {
        pooled.insert(pooled.end(), begin + static_cast<std::ptrdiff_t>(blocks.group_begin(group)),
                      begin + static_cast<std::ptrdiff_t>(blocks.group_begin(group + 1)));
      }
    }
    if (pooled.size() < group_rows) break;
    const auto rank = static_cast<std::size_t>((1 - tail_share) * static_cast<double>(pooled.size()));
    const double k = variance_degrees(order_statistic(pooled, rank), degrees / rows);
    null.variance_degrees_.push_back(k * rows / variances);
  }
  return null;
}

std::vector<double> DriftNull::p_values(const ComparedRows& rows) const {
  const Blocks blocks(rows.ratios.size());
  std::vector<double> p;
  for (std::size_t group = 0; group < blocks.groups(); ++group) {
    const double k = variance_degrees_[std::min(group, variance_degrees_.size() - 1)] * rows.independent_variances;
    const double median = f_median(rows.degrees, k);
    for (std::size_t i = blocks.group_begin(group); i < blocks.group_begin(group + 1); ++i)
      p.push_back(f_tail(rows.ratios[i] * median, rows.degrees, k));
  }
  return p;
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
