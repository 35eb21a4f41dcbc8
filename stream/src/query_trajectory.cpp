#include <gaugeline/neighbors.hpp>
#include <gaugeline/stream/query.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

std::vector<std::optional<float>> similarities_to(const QuerySlice& slice, RowIndex row,
                                                  const std::vector<std::string>& others) {
  std::vector<std::optional<float>> similarities;
  for (const std::string& other : others) {
    const RowIndex other_row = slice.find(other);
    similarities.push_back(other_row == no_row
                               ? std::nullopt
                               : std::optional(cosine_similarity(slice.embedding(row), slice.embedding(other_row))));
  }
  return similarities;
}

TrajectoryPoint point(const QuerySlice& first, const QuerySlice& slice, RowIndex row,
                      const TrajectoryQuestion& question) {
  TrajectoryPoint point;
  point.slice = slice.stamp();
  point.uses = slice.uses(row);
  point.born = slice.items().born[row];
  const RowIndex first_row = first.find(question.token);
  point.since_first = SliceMovement(first, slice).of(first_row, row);
  point.similarities = similarities_to(slice, row, question.others);
  if (question.others.empty()) {
    point.neighbors = slice.nearest(slice.embedding(row), question.count, question.min_uses, row);
  }
  return point;
}

}  // namespace

Expected<std::vector<TrajectoryPoint>> follow_trajectory(const formats::SnapshotStore& store,
                                                         const TrajectoryQuestion& question) {
  const auto slices = slice_range(store, question.from, question.to);
  if (!slices) return std::unexpected(slices.error());
  std::vector<TrajectoryPoint> points;
  std::optional<QuerySlice> first;
  std::optional<QuerySlice> slice;
  for (const std::uint64_t index : *slices) {
    auto snapshot = store.load(index);
    if (!snapshot) return std::unexpected(snapshot.error());
    slice.emplace(std::move(*snapshot));
    const RowIndex row = slice->find(question.token);
    if (row == no_row) continue;
    if (!first || slice->find_life(*first, first->find(question.token)) == no_row) {  // a life begins
      first.emplace(std::move(*slice));
      slice.reset();
    }
    points.push_back(point(*first, slice ? *slice : *first, row, question));
  }
  // What was never known has a last slice to be looked up in: its error suggests spellings.
  const QuerySlice& last = slice ? *slice : *first;
  if (points.empty()) return std::unexpected(last.require(question.token).error());
  for (const std::string& other : question.others) {
    if (const auto row = last.require(other); !row) return std::unexpected(row.error());
  }
  return points;
}

}  // namespace gaugeline::stream
