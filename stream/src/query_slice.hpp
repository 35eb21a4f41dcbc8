// A snapshot that is being asked: tokens to rows, rows to neighbours. Internal to the questions of query.hpp.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <gaugeline/drift.hpp>
#include <gaugeline/neighbors.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/stream/query.hpp>

namespace gaugeline::stream {

class QuerySlice {
 public:
  explicit QuerySlice(formats::Snapshot snapshot);

  [[nodiscard]] SliceStamp stamp() const noexcept;
  [[nodiscard]] bool smoothed() const noexcept { return view_.lineage.smoothed; }
  [[nodiscard]] const SideState<float>& items() const noexcept { return view_.state.items; }
  [[nodiscard]] const LearnerState<float>& state() const noexcept { return view_.state; }
  [[nodiscard]] std::uint32_t dimension() const noexcept { return view_.state.dimension; }
  [[nodiscard]] Likelihood likelihood() const noexcept { return view_.options.likelihood; }
  [[nodiscard]] float uses(RowIndex row) const noexcept { return items().uses[row]; }
  [[nodiscard]] std::span<const float> embedding(RowIndex row) const noexcept;
  [[nodiscard]] RowMoment moment(RowIndex row) const noexcept;

  // Learnt from by the end of this slice: a row that was only admitted stands nowhere yet.
  [[nodiscard]] bool known(RowIndex row) const noexcept;
  // The row of a known token, or no_row.
  [[nodiscard]] RowIndex find(std::string_view token) const noexcept;
  // The row of the same life of a token as `row` of `other`, or no_row: a token that lost its row and came back is
  // not what it was.
  [[nodiscard]] RowIndex find_life(const QuerySlice& other, RowIndex row) const noexcept;
  // The same as `find`, with an error that suggests close spellings.
  [[nodiscard]] Expected<RowIndex> require(std::string_view token) const;

  // The known rows, used at least min_uses times here, that are most similar to `query`; `except` is left out.
  [[nodiscard]] std::vector<ScoredToken> nearest(std::span<const float> query, std::size_t count, float min_uses,
                                                 RowIndex except = no_row) const;
  // The same for rows of this slice, each without itself.
  [[nodiscard]] std::vector<std::vector<ScoredToken>> nearest_to_rows(std::span<const RowIndex> rows, std::size_t count,
                                                                      float min_uses) const;
  // Per row whether it is no candidate: not known, or used less than min_uses times.
  [[nodiscard]] std::vector<char> left_out(float min_uses) const;

  // What similarities are measured in. Kept in one place: another notion of similarity changes only this.
  [[nodiscard]] const ConstTable<float>& similarity_table() const noexcept { return items().embeddings; }

 private:
  [[nodiscard]] std::vector<ScoredToken> scored(std::span<const Neighbor> found) const;

  std::unique_ptr<const formats::Snapshot> snapshot_;  // does not move, so that the view holds
  formats::SnapshotView view_;
  std::unordered_map<std::string_view, RowIndex> rows_;
};

// The indices of all slices; ErrorCode::not_found if there is none.
[[nodiscard]] Expected<std::vector<std::uint64_t>> existing_slices(const formats::SnapshotStore& store);

[[nodiscard]] Expected<QuerySlice> open_slice(const formats::SnapshotStore& store, std::string_view name);

// The indices of the slices from `from` to `to`, both included. ErrorCode::invalid_argument if from is later.
[[nodiscard]] Expected<std::vector<std::uint64_t>> slice_range(const formats::SnapshotStore& store,
                                                               std::string_view from, std::string_view to);

// How the rows of two slices of one run moved, each measured against its own uncertainty.
class SliceMovement {
 public:
  // All rows that are used in both slices say how much more than expected even rows that stand still move: a scale of
  // the two slices, whatever is asked about them.
  SliceMovement(const QuerySlice& from, const QuerySlice& to);
  [[nodiscard]] Movement of(RowIndex from_row, RowIndex to_row) const;
  [[nodiscard]] double overdispersion() const noexcept { return overdispersion_; }

 private:
  const QuerySlice* from_;
  const QuerySlice* to_;
  double overdispersion_ = 1;
};

}  // namespace gaugeline::stream
