// Which displacements are more than chance: p-values against a null that is read off the rows themselves.
//
// A row that stands still has a ratio (drift.hpp) of s X, where X follows Fisher's F with m and k degrees of freedom:
//   s  makes the median of its block, at least 50 rows of like frequency, that of F: counts vary more than the filter
//      knows;
//   m  is the number of directions that rows move in. |dz|^2 is a sum of d squares of unequal variances, close to a
//      chi-squared with m = tr(S)^2 / tr(S^2) degrees of freedom (Satterthwaite 1946), S the second moment of dz/|dz|;
//   k  says how much the variance differs among rows of like frequency: a word that a document or two are full of
//      moves more than others do. With scaled inverse chi-squared variances the ratio is an F, as in moderated tests
//      (Smyth 2004).
// k shows in the upper tail alone, where the rows that truly move are. So it is not read off the two slices asked
// about, but off pairs of consecutive slices, between which little moves: from the 97.5 % quantile of their pooled
// ratios, for the commonest block by itself, the next, the next two, the next four, and so on. Over more slices the
// errors of both ends are of different data, and the average of n independent variances has n k degrees of freedom.
//
// It assumes that fewer than half of the rows of any frequency move between the two slices, and fewer than 1 in 40
// between two consecutive ones; the more do, the fewer are called. What it keeps to: docs/algorithm.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <gaugeline/drift.hpp>

namespace gaugeline {

// Fewer rows than this carry no null distribution, and a block of rows of similar frequency holds at least so many.
inline constexpr std::size_t null_block_rows = 50;

// Fewer pairs of consecutive slices than this carry no null distribution.
inline constexpr std::size_t null_fewest_pairs = 4;

// P(X > x) of Fisher's F with these degrees of freedom, both > 0, as an incomplete beta function (DLMF 8.17.22); within
// 1e-9 up to 10^4 degrees. 1 if x <= 0. O(root of the degrees).
[[nodiscard]] double f_tail(double x, double numerator_degrees, double denominator_degrees) noexcept;

// How far the rows of two slices moved beside their like.
struct ComparedRows {
  std::vector<double> ratios;        // over the median of the row's block; a row's place is its rank in frequency
  double degrees = 0;                // m, from 1 to d
  double independent_variances = 1;  // n: from 1, all of the error is of one slice's data, to 2; the median row's
};

// from, to: the same rows in an earlier and a later slice, commonest first. Nothing if there are fewer than
// null_block_rows, or half of a block have not moved at all. O(rows d) + O(d^2) for at most 4096 of the rows.
[[nodiscard]] std::optional<ComparedRows> compare_rows(std::span<const RowMoment> from, std::span<const RowMoment> to);

class DriftNull {
 public:
  // consecutive: pairs of consecutive slices. Nothing if there are fewer than null_fewest_pairs. O(rows).
  [[nodiscard]] static std::optional<DriftNull> fit(std::span<const ComparedRows* const> consecutive);

  // The chance, for every row, that one that has not moved has so large a ratio or a larger one. O(rows).
  [[nodiscard]] std::vector<double> p_values(const ComparedRows& rows) const;

 private:
  DriftNull() = default;

  std::vector<double> variance_degrees_;  // k for n = 1, by group of blocks
};

// Benjamini & Hochberg (1995): q[i] is the expected share of false alarms if every row with a p-value up to p[i] is
// called. order: workspace, as many entries. O(n log n).
void false_discovery_rates(std::span<const double> p, std::span<std::uint32_t> order, std::span<double> q) noexcept;

}  // namespace gaugeline
