#include <gaugeline/stream/snapshot_difference.hpp>

#include <algorithm>

#include <gaugeline/formats/comparability.hpp>

#include "drift_rows.hpp"
#include "query_slice.hpp"
#include "snapshot_turn.hpp"

namespace gaugeline::stream {
namespace {

// The known tokens of `of` that `other` does not know, most used first; equal ones by row.
std::vector<UsedToken> tokens_missing(const QuerySlice& of, const QuerySlice& other) {
  std::vector<UsedToken> missing;
  for (RowIndex row = 0; row < of.items().size(); ++row) {
    const std::string_view token = of.items().tokens[row];
    if (of.known(row) && other.find(token) == no_row) missing.push_back({std::string(token), of.uses(row)});
  }
  std::ranges::stable_sort(missing, std::greater{}, &UsedToken::uses);
  return missing;
}

template <class T>
void keep_first(std::vector<T>& values, std::size_t count) {
  if (values.size() > count) values.erase(values.begin() + static_cast<std::ptrdiff_t>(count), values.end());
}

std::vector<MeasuredRow> movements(const QuerySlice& from, const QuerySlice& to, const SliceMovement& movement,
                                   float min_uses) {
  std::vector<MeasuredRow> rows;
  for (const RowPair& pair : comparable_rows(from, to, min_uses))
    rows.push_back({pair, movement.of(pair.from, pair.to), {}, {}});
  std::ranges::sort(rows, [](const MeasuredRow& a, const MeasuredRow& b) {
    return a.movement.displacement != b.movement.displacement ? a.movement.displacement > b.movement.displacement
                                                              : a.from < b.from;
  });
  return rows;
}

}  // namespace

Expected<SnapshotDifference> compare_snapshots(formats::Snapshot from, formats::Snapshot to,
                                               const DifferenceOptions& options) {
  const auto comparable = formats::check_comparable(formats::frame_of(from.view()), formats::frame_of(to.view()));
  if (!comparable) return std::unexpected(comparable.error());
  if (from.view().report.slice >= to.view().report.slice)
    return fail(ErrorCode::invalid_argument, "the first snapshot, of slice ", from.view().report.slice,
                ", is not earlier than the second, of slice ", to.view().report.slice);
  SnapshotDifference difference;
  difference.link = turn_between(from.view(), to.view()).link;
  const QuerySlice before(std::move(from)), after(std::move(to));
  difference.from = before.stamp();
  difference.to = after.stamp();
  difference.added_tokens = tokens_missing(after, before);
  difference.lost_tokens = tokens_missing(before, after);
  difference.added = difference.added_tokens.size();
  difference.lost = difference.lost_tokens.size();
  keep_first(difference.added_tokens, options.count);
  keep_first(difference.lost_tokens, options.count);
  for (RowIndex row = 0; row < before.items().size(); ++row) {
    if (!before.known(row) || after.find(before.items().tokens[row]) == no_row) continue;
    ++(after.find_life(before, row) == no_row ? difference.begun_anew : difference.kept);
  }
  const SliceMovement movement(before, after);
  difference.overdispersion = movement.overdispersion();
  auto rows = movements(before, after, movement, options.min_uses);
  difference.compared = rows.size();
  keep_first(rows, options.count);
  difference.moved = describe(before, after, rows, options.neighbors, options.min_uses);
  return difference;
}

}  // namespace gaugeline::stream
