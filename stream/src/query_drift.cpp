#include <algorithm>

#include <gaugeline/stream/query.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

// The same item in two slices.
struct RowPair {
  RowIndex from = no_row;
  RowIndex to = no_row;
  Movement movement;
};

// Items that meet the conditions of the question, in no particular order.
std::vector<RowPair> comparable_rows(const QuerySlice& from, const QuerySlice& to, float min_uses,
                                     std::size_t skip_commonest) {
  std::vector<RowPair> rows;
  double total_from = 0, total_to = 0;
  for (RowIndex row = 0; row < from.items().size(); ++row) total_from += static_cast<double>(from.uses(row));
  for (RowIndex row = 0; row < to.items().size(); ++row) total_to += static_cast<double>(to.uses(row));
  for (RowIndex row = 0; row < from.items().size(); ++row) {
    const RowIndex later = from.known(row) ? to.find_life(from, row) : no_row;
    if (later != no_row) rows.push_back({row, later, {}});
  }
  // Slices differ in size: an item is common by its share of the uses, not by their number.
  const auto share = [&](const RowPair& row) {
    return static_cast<double>(from.uses(row.from)) / std::max(total_from, 1.) +
           static_cast<double>(to.uses(row.to)) / std::max(total_to, 1.);
  };
  const auto kept = rows.begin() + static_cast<std::ptrdiff_t>(std::min(skip_commonest, rows.size()));
  std::partial_sort(rows.begin(), kept, rows.end(),
                    [&](const RowPair& a, const RowPair& b) { return share(a) > share(b); });
  rows.erase(rows.begin(), kept);
  std::erase_if(rows, [&](const RowPair& row) { return from.uses(row.from) < min_uses || to.uses(row.to) < min_uses; });
  return rows;
}

DriftingToken describe(const QuerySlice& from, const QuerySlice& to, const RowPair& row,
                       const DriftQuestion& question) {
  return {std::string(from.items().tokens[row.from]),
          row.movement,
          from.uses(row.from),
          to.uses(row.to),
          from.nearest(from.embedding(row.from), question.neighbors, question.min_uses, row.from),
          to.nearest(to.embedding(row.to), question.neighbors, question.min_uses, row.to)};
}

}  // namespace

Expected<DriftAnswer> find_drift(const formats::SnapshotStore& store, const DriftQuestion& question) {
  const auto range = slice_range(store, question.from, question.to);
  if (!range) return std::unexpected(range.error());
  if (range->size() < 2) return fail(ErrorCode::invalid_argument, "drift needs two slices, and from and to are one");
  auto first = store.load(range->front());
  if (!first) return std::unexpected(first.error());
  auto last = store.load(range->back());
  if (!last) return std::unexpected(last.error());
  const QuerySlice from(std::move(*first));
  const QuerySlice to(std::move(*last));

  auto rows = comparable_rows(from, to, question.min_uses, question.skip_commonest);
  const SliceMovement movement(from, to);
  for (RowPair& row : rows) row.movement = movement.of(row.from, row.to);
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(question.count, rows.size()));
  std::partial_sort(rows.begin(), end, rows.end(), [](const RowPair& a, const RowPair& b) {
    return a.movement.displacement != b.movement.displacement ? a.movement.displacement > b.movement.displacement
                                                              : a.from < b.from;
  });

  DriftAnswer answer{from.stamp(), to.stamp(), movement.overdispersion(), rows.size(), {}};
  for (auto row = rows.begin(); row != end; ++row) answer.tokens.push_back(describe(from, to, *row, question));
  return answer;
}

Expected<std::vector<DriftStep>> follow_drift(const formats::SnapshotStore& store, const TokenDriftQuestion& question) {
  const auto slices = slice_range(store, question.from, question.to);
  if (!slices) return std::unexpected(slices.error());
  std::vector<DriftStep> steps;
  std::optional<QuerySlice> before;
  for (const std::uint64_t index : *slices) {
    auto snapshot = store.load(index);
    if (!snapshot) return std::unexpected(snapshot.error());
    QuerySlice slice(std::move(*snapshot));
    const RowIndex from = before ? before->find(question.token) : no_row;
    const RowIndex to = from != no_row ? slice.find_life(*before, from) : no_row;
    if (to != no_row) {
      const SliceMovement movement(*before, slice);
      steps.push_back({before->stamp(), slice.stamp(), movement.of(from, to), before->uses(from), slice.uses(to)});
    }
    before.emplace(std::move(slice));
  }
  if (steps.empty()) {
    if (const auto row = before->require(question.token); !row) return std::unexpected(row.error());
    return fail(
        ErrorCode::not_found, "the token '", question.token,
        "' is nowhere known in two consecutive ones of these slices: it is new in the last, or had lost its row and "
        "begun anew, and two lives of a token cannot be compared");
  }
  return steps;
}

}  // namespace gaugeline::stream
