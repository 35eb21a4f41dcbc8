// Nearest neighbours by cosine similarity, exactly, by one pass over the table, as fast as memory hands it over.
//
// A similarity is a dot product in float over the square root of two squared norms in float, clamped to [-1, 1]. A
// vector is exactly as similar to itself as can be, 1, and the similarity of two vectors is the same to the last bit
// whichever function says it. Vectors whose squared norm is not finite, or 0, are similar to nothing.
// Thread-safety: the functions have no state.
#pragma once

#include <cstddef>
#include <span>

#include <gaugeline/types.hpp>

namespace gaugeline {

struct Neighbor {
  RowIndex row = no_row;
  float similarity = 0;  // cosine, in [-1, 1]
};

// cos(a, b); 0 if either vector is zero or not finite.
[[nodiscard]] float cosine_similarity(std::span<const float> a, std::span<const float> b) noexcept;

// Fills `found` with the rows most similar to `query`, best first (ties: lower row first), and returns how many there
// are: at most found.size(). Rows for which skip[row] is not 0 are left out (an empty skip leaves none out), and so are
// rows that are zero or not finite. query has as many entries as the table has columns. O(rows d + rows log k), no
// allocation.
std::size_t nearest_neighbors(const ConstTable<float>& table, std::span<const float> query, std::span<const char> skip,
                              std::span<Neighbor> found) noexcept;

struct NeighborQuery {
  std::span<const float> vector;
  std::span<Neighbor> found;
  RowIndex except = no_row;  // a row left out of this query alone
  std::size_t count = 0;     // the result
};

// The same for several queries, each with the result that it has alone; one read of the table serves 32 of them.
void nearest_neighbors(const ConstTable<float>& table, std::span<NeighborQuery> queries,
                       std::span<const char> skip) noexcept;

struct RankQuery {
  std::span<const float> vector;
  RowIndex expected = no_row;
  std::size_t rank = 0;  // the result
};

// The rank of each query's expected row, whether skipped or not: 1 + the number of rows not left out, as above, that
// are strictly more similar to its vector. The sums are those of nearest_neighbors, and so is the cost.
void similarity_ranks(const ConstTable<float>& table, std::span<RankQuery> queries,
                      std::span<const char> skip) noexcept;

}  // namespace gaugeline
