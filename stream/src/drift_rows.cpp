#include "drift_rows.hpp"

#include <algorithm>

namespace gaugeline::stream {
namespace {

// The tokens of `of` that are not in `others`.
std::vector<std::string> tokens_beyond(const std::vector<ScoredToken>& of, const std::vector<ScoredToken>& others) {
  std::vector<std::string> beyond;
  for (const ScoredToken& neighbor : of) {
    if (std::ranges::find(others, neighbor.token, &ScoredToken::token) == others.end())
      beyond.push_back(neighbor.token);
  }
  return beyond;
}

}  // namespace

std::vector<RowPair> comparable_rows(const QuerySlice& from, const QuerySlice& to, float min_uses) {
  std::vector<RowPair> rows;
  double total_from = 0, total_to = 0;
  for (RowIndex row = 0; row < from.items().size(); ++row) total_from += static_cast<double>(from.uses(row));
  for (RowIndex row = 0; row < to.items().size(); ++row) total_to += static_cast<double>(to.uses(row));
  for (RowIndex row = 0; row < from.items().size(); ++row) {
    const RowIndex later = from.known(row) ? to.find_life(from, row) : no_row;
    if (later != no_row) rows.push_back({row, later, 0});
  }
  // Slices differ in size: an item is common by its share of the uses, not by their number.
  const auto share = [&](const RowPair& row) {
    return static_cast<double>(from.uses(row.from)) / std::max(total_from, 1.) +
           static_cast<double>(to.uses(row.to)) / std::max(total_to, 1.);
  };
  std::ranges::sort(rows, [&](const RowPair& a, const RowPair& b) {
    return share(a) != share(b) ? share(a) > share(b) : a.from < b.from;
  });
  for (std::size_t rank = 0; rank < rows.size(); ++rank) rows[rank].rank = rank;
  std::erase_if(rows, [&](const RowPair& row) { return from.uses(row.from) < min_uses || to.uses(row.to) < min_uses; });
  return rows;
}

std::optional<ComparedRows> compare_rows(const QuerySlice& from, const QuerySlice& to,
                                         const std::vector<RowPair>& rows) {
  std::vector<RowMoment> before, after;
  for (const RowPair& row : rows) {
    before.push_back(from.moment(row.from));
    after.push_back(to.moment(row.to));
  }
  return gaugeline::compare_rows(before, after);
}

void RecentPairs::add(const QuerySlice& before, const QuerySlice& after) {
  pairs_.push_back(compare_rows(before, after, comparable_rows(before, after, min_uses_)));
  if (pairs_.size() > most) pairs_.pop_front();
}

std::optional<DriftNull> RecentPairs::null() const {
  std::vector<const ComparedRows*> comparable;
  for (const auto& pair : pairs_) {
    if (pair) comparable.push_back(&*pair);
  }
  return DriftNull::fit(comparable);
}

Expected<RecentPairs> recent_pairs(const formats::SnapshotStore& store, std::uint64_t last, float min_uses) {
  const auto slices = existing_slices(store);
  if (!slices) return std::unexpected(slices.error());
  const auto end = std::ranges::upper_bound(*slices, last);
  RecentPairs pairs(min_uses);
  std::optional<QuerySlice> before;
  for (auto slice = end - std::min<std::ptrdiff_t>(end - slices->begin(), RecentPairs::most + 1); slice != end;
       ++slice) {
    auto snapshot = store.load(*slice);
    if (!snapshot) return std::unexpected(snapshot.error());
    QuerySlice after(std::move(*snapshot));
    if (before) pairs.add(*before, after);
    before.emplace(std::move(after));
  }
  return pairs;
}

NeighborChange change_of(const std::vector<ScoredToken>& from, const std::vector<ScoredToken>& to) {
  return {tokens_beyond(to, from), tokens_beyond(from, to)};
}

std::vector<ScoredToken> neighbors_of(const QuerySlice& slice, RowIndex row, std::size_t count, float min_uses) {
  return slice.nearest(slice.embedding(row), count, min_uses, row);
}

std::vector<DriftingToken> describe(const QuerySlice& from, const QuerySlice& to, std::span<const MeasuredRow> rows,
                                    std::size_t neighbors, float min_uses) {
  std::vector<RowIndex> from_rows, to_rows;
  for (const MeasuredRow& row : rows) {
    from_rows.push_back(row.from);
    to_rows.push_back(row.to);
  }
  auto before = from.nearest_to_rows(from_rows, neighbors, min_uses);
  auto after = to.nearest_to_rows(to_rows, neighbors, min_uses);
  std::vector<DriftingToken> tokens;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const MeasuredRow& row = rows[i];
    auto change = change_of(before[i], after[i]);
    tokens.push_back({std::string(from.items().tokens[row.from]), row.movement, from.uses(row.from), to.uses(row.to),
                      std::move(before[i]), std::move(after[i]), std::move(change), row.p_value,
                      row.false_discovery_rate});
  }
  return tokens;
}

}  // namespace gaugeline::stream
