// The rows of two slices that can be compared, how they moved, and what rows at rest do. Internal to the questions
// about movement.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include <gaugeline/drift_significance.hpp>
#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {

// The same item in two slices.
struct RowPair {
  RowIndex from = no_row;
  RowIndex to = no_row;
  std::size_t rank = 0;  // 0: the commonest of all items known in both
};

struct MeasuredRow : RowPair {
  Movement movement;
  std::optional<double> p_value;
  std::optional<double> false_discovery_rate;
};

// Items known in both slices and used min_uses times in each, commonest first.
[[nodiscard]] std::vector<RowPair> comparable_rows(const QuerySlice& from, const QuerySlice& to, float min_uses);

[[nodiscard]] NeighborChange change_of(const std::vector<ScoredToken>& from, const std::vector<ScoredToken>& to);
[[nodiscard]] std::vector<ScoredToken> neighbors_of(const QuerySlice& slice, RowIndex row, std::size_t count,
                                                    float min_uses);
// With the neighbours of each, at both times.
[[nodiscard]] std::vector<DriftingToken> describe(const QuerySlice& from, const QuerySlice& to,
                                                  std::span<const MeasuredRow> rows, std::size_t neighbors,
                                                  float min_uses);

// Nothing if they are too few, or too alike.
[[nodiscard]] std::optional<ComparedRows> compare_rows(const QuerySlice& from, const QuerySlice& to,
                                                       const std::vector<RowPair>& rows);

// The last pairs of consecutive slices up to one: what a null is read off. With 4 or 8 the nominal rates are kept to as
// well (docs/experiments.md).
class RecentPairs {
 public:
  static constexpr std::size_t most = 16;

  explicit RecentPairs(float min_uses) noexcept : min_uses_(min_uses) {}
  void add(const QuerySlice& before, const QuerySlice& after);
  [[nodiscard]] std::optional<DriftNull> null() const;

 private:
  float min_uses_;
  std::deque<std::optional<ComparedRows>> pairs_;
};

// Those up to slice `last`, which exists.
[[nodiscard]] Expected<RecentPairs> recent_pairs(const formats::SnapshotStore& store, std::uint64_t last,
                                                 float min_uses);

}  // namespace gaugeline::stream
