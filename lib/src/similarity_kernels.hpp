// The loops of a search by cosine: dot products of queries with rows together with the rows' squared norms, and which
// of them may count. In versions for the units that the processor has, as those of kernels.hpp.
//
// Each sum is added up in one order that depends only on the units and the dimension: not on the other rows or queries,
// and a dot product of a vector with itself is its squared norm to the last bit. NaN and infinity propagate.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "kernels.hpp"

namespace gaugeline::kernels {

// As many rows as stay in the first cache with the sums of as many queries as one read of the rows can serve.
inline constexpr std::size_t rows_at_once = 64;
inline constexpr std::size_t queries_at_once = 32;

struct RowBlock {
  const float* data = nullptr;
  std::size_t count = 0;      // at most rows_at_once
  std::size_t dimension = 0;  // also from one row to the next
};

using RowFigures = std::array<float, rows_at_once>;

// dots[q][r] = queries[q] . rows[r] and norms[r] = |rows[r]|^2; 0 for r from rows.count on.
void similarity_sums(std::span<RowFigures> dots, RowFigures& norms, std::span<const float* const> queries,
                     const RowBlock& rows, Units units = widest_units()) noexcept;

// Whether dots[r] |dots[r]| > bound norms[r] for any r. False for a row that is NaN or, if `bound` is infinite, zero.
[[nodiscard]] bool any_above(const RowFigures& dots, const RowFigures& norms, double bound,
                             Units units = widest_units()) noexcept;

}  // namespace gaugeline::kernels
