// Nearest neighbours by cosine similarity, exactly, by one pass over the table.
#pragma once

#include <cstddef>
#include <span>

#include <gaugeline/types.hpp>

namespace gaugeline {

struct Neighbor {
  RowIndex row = no_row;
  float similarity = 0;  // cosine, in [-1, 1]
};

// cos(a, b); 0 if either vector is zero.
[[nodiscard]] float cosine_similarity(std::span<const float> a, std::span<const float> b) noexcept;

// Fills `found` with the rows most similar to `query`, best first (ties: lower row first), and returns how many there
// are: at most found.size(). Rows for which skip[row] is not 0 are left out (an empty skip leaves none out), and so are
// rows that are zero. query has as many entries as the table has columns. O(rows d + rows log k), no allocation.
std::size_t nearest_neighbors(const ConstTable<float>& table, std::span<const float> query, std::span<const char> skip,
                              std::span<Neighbor> found) noexcept;

}  // namespace gaugeline
