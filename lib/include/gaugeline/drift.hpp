// Drift of one row between two slices, in units of what it would be if the row had not moved.
//
// Successive estimates share data, so the variance of their difference is not the posterior variance. With gain
// K_t = 1 - pm_t/p_t and data precision h_t of a slice, the error of an estimate under no movement obeys
//   e_t = (1 - K_t) e_t-1 + K_t noise,  var(noise) = 1/h_t,  so  C_t = (1 - K_t)^2 C_t-1 + K_t^2 / h_t,
// and with A = product of (1 - K_u) over u in (s, t]:  var(z_t - z_s) = C_t + C_s (1 - 2 A)  per coordinate
// (docs/algorithm.md). The learner carries C (null_variance) and log A since the row's start (log_retention).
#pragma once

#include <cstddef>
#include <span>

#include <gaugeline/types.hpp>

namespace gaugeline {

// What drift needs to know of one row in one slice.
struct RowMoment {
  std::span<const float> embedding;
  float null_variance = 0;
  float log_retention = 0;
};

struct Displacement {
  float distance = 0;  // |z_to - z_from|
  float ratio = 0;     // |z_to - z_from|^2 / (d v): about 1 for a row that has not moved, before scaling; 0 if v is 0
};

// from is the earlier slice.
[[nodiscard]] Displacement displacement(const RowMoment& from, const RowMoment& to) noexcept;

// The factor that makes the median of the ratios that of rows that have not moved (chi-squared with d degrees of
// freedom over d, by Wilson and Hilferty): counts of text vary more than Poisson's, so ratios come out too large. It
// assumes that fewer than half of the rows move. 1 if there are no ratios. Reorders `ratios`.
[[nodiscard]] double overdispersion(std::span<float> ratios, std::size_t dimension) noexcept;

}  // namespace gaugeline
