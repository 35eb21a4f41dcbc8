// Which displacements are more than chance: p-values against a null that is fitted to the rows themselves.
//
// The filter's variances do not know how much counts vary between documents, nor the shape of a row's error: |dz|^2 is
// a sum of d squares of unequal variances, which is close to a scaled chi-squared with fewer than d degrees of freedom
// (Satterthwaite 1946). Both parameters are read off the bulk of the rows compared, as in Efron's empirical null
// (2004): the scale from the median of each block of rows of similar frequency, the degrees of freedom from the lower
// quartile of all scaled ratios. It assumes that fewer than half of the rows of any frequency move; the more do, the
// fewer are called.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace gaugeline {

// Fewer rows than this carry no null distribution, and a block of rows of similar frequency holds at least so many.
inline constexpr std::size_t null_block_rows = 50;

// P(X > x) of chi-squared with degrees > 0, by series or continued fraction of the incomplete gamma function
// (Abramowitz & Stegun 6.5.29, 6.5.31); within 1e-10. 1 if x <= 0.
[[nodiscard]] double chi_squared_tail(double x, double degrees) noexcept;

// p[i] is the chance that a row that has not moved has a ratio (drift.hpp) of ratios[i] or more. Ratios come in the
// order of the rows' frequency. work: as many entries. Returns the degrees of freedom found, at most dimension; 0, and
// p untouched, if there are fewer than null_block_rows rows or their ratios have no spread. O(n).
[[nodiscard]] double fit_p_values(std::span<const float> ratios, std::size_t dimension, std::span<double> work,
                                  std::span<double> p) noexcept;

// Benjamini & Hochberg (1995): q[i] is the expected share of false alarms if every row with a p-value up to p[i] is
// called. order: workspace, as many entries. O(n log n).
void false_discovery_rates(std::span<const double> p, std::span<std::uint32_t> order, std::span<double> q) noexcept;

}  // namespace gaugeline
