// Area under the ROC curve: the chance that a value drawn from the positives is above one drawn from the negatives,
// ties counting one half. 1/2 is chance, 1 tells all of them apart.
//
//     A = mean over i, j of outranks(x_i, y_j)
//
// Its standard error is that of DeLong, DeLong & Clarke-Pearson (Biometrics 44, 1988), which asks for no distribution:
// with V_i the mean of outranks(x_i, y_j) over j, and W_j that over i,
//
//     SE^2 = var(V) / m + var(W) / n       m positives, n negatives; sample variances
//
// It is 0 where every positive is above every negative, however few they are.
//
// Thread-safety: the functions share nothing. Values are finite.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace gaugeline::stream {

// What one comparison counts: 1 above, 0 below, 1/2 a tie.
[[nodiscard]] constexpr double outranks(double positive, double negative) noexcept {
  if (positive == negative) return .5;
  return positive > negative ? 1 : 0;
}

struct AreaUnderCurve {
  double area = 0;
  std::optional<double> standard_error;  // nullopt: fewer than two values on a side
  std::size_t positives = 0, negatives = 0;
};

// nullopt if a side is empty. O(m log m + n log n).
[[nodiscard]] std::optional<AreaUnderCurve> area_under_curve(std::span<const double> positives,
                                                             std::span<const double> negatives);

}  // namespace gaugeline::stream
