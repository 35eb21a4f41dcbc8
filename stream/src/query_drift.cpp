#include <algorithm>

#include <gaugeline/drift_significance.hpp>
#include <gaugeline/stream/query.hpp>

#include "drift_rows.hpp"
#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

// Items known in either slice.
std::size_t known_items(const QuerySlice& from, const QuerySlice& to) {
  std::size_t known = 0;
  for (RowIndex row = 0; row < from.items().size(); ++row) known += from.known(row) ? 1 : 0;
  for (RowIndex row = 0; row < to.items().size(); ++row)
    known += to.known(row) && from.find(to.items().tokens[row]) == no_row ? 1 : 0;
  return known;
}

// The rows to compare, measured and tested.
struct TestedRows {
  std::vector<MeasuredRow> rows;  // commonest first
  Evidence evidence = Evidence::sufficient;
};

TestedRows test_for_movement(const QuerySlice& from, const QuerySlice& to, const SliceMovement& movement,
                             const RecentPairs& recent, float min_uses) {
  TestedRows tested;
  const auto pairs = comparable_rows(from, to, min_uses);
  for (const RowPair& pair : pairs) tested.rows.push_back({pair, movement.of(pair.from, pair.to), {}, {}});
  if (from.smoothed() || to.smoothed()) {
    tested.evidence = Evidence::smoothed;
    return tested;
  }
  const auto compared = compare_rows(from, to, pairs);
  const auto null = recent.null();
  if (!compared || !null) {
    tested.evidence = compared ? Evidence::few_slices : Evidence::few_items;
    return tested;
  }
  const auto p = null->p_values(*compared);
  for (std::size_t i = 0; i < p.size(); ++i) tested.rows[i].p_value = p[i];
  return tested;
}

void rate_discoveries(std::vector<MeasuredRow>& rows) {
  std::vector<double> p, q(rows.size());
  for (const MeasuredRow& row : rows) p.push_back(*row.p_value);
  std::vector<std::uint32_t> order(rows.size());
  false_discovery_rates(p, order, q);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].false_discovery_rate = q[i];
}

DriftStep step_of(const QuerySlice& before, RowIndex from, const QuerySlice& slice, RowIndex to,
                  const RecentPairs& recent, const TokenDriftQuestion& question) {
  const SliceMovement movement(before, slice);
  DriftStep step{before.stamp(),
                 slice.stamp(),
                 movement.of(from, to),
                 before.uses(from),
                 slice.uses(to),
                 Evidence::few_uses,
                 {},
                 {}};
  const TestedRows tested = test_for_movement(before, slice, movement, recent, question.min_uses);
  const auto row = std::ranges::find(tested.rows, from, &MeasuredRow::from);
  if (row == tested.rows.end()) return step;
  step.evidence = tested.evidence;
  step.p_value = row->p_value;
  step.change = change_of(neighbors_of(before, from, question.neighbors, question.min_uses),
                          neighbors_of(slice, to, question.neighbors, question.min_uses));
  return step;
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

  const auto recent = recent_pairs(store, range->back(), question.min_uses);
  if (!recent) return std::unexpected(recent.error());

  const SliceMovement movement(from, to);
  auto [rows, evidence] = test_for_movement(from, to, movement, *recent, question.min_uses);
  const std::size_t carried = evidence == Evidence::sufficient ? rows.size() : 0;
  const std::size_t insufficient = known_items(from, to) - carried;
  std::erase_if(rows, [&](const MeasuredRow& row) { return row.rank < question.skip_commonest; });
  if (evidence == Evidence::sufficient) rate_discoveries(rows);
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(question.count, rows.size()));
  std::partial_sort(rows.begin(), end, rows.end(), [](const MeasuredRow& a, const MeasuredRow& b) {
    return a.movement.displacement != b.movement.displacement ? a.movement.displacement > b.movement.displacement
                                                              : a.from < b.from;
  });

  DriftAnswer answer{from.stamp(), to.stamp(), movement.overdispersion(), rows.size(), insufficient, evidence, {}};
  answer.tokens = describe(from, to, {rows.begin(), end}, question.neighbors, question.min_uses);
  return answer;
}

Expected<std::vector<DriftStep>> follow_drift(const formats::SnapshotStore& store, const TokenDriftQuestion& question) {
  const auto slices = slice_range(store, question.from, question.to);
  if (!slices) return std::unexpected(slices.error());
  auto recent = recent_pairs(store, slices->front(), question.min_uses);
  if (!recent) return std::unexpected(recent.error());
  std::vector<DriftStep> steps;
  std::optional<QuerySlice> before;
  for (const std::uint64_t index : *slices) {
    auto snapshot = store.load(index);
    if (!snapshot) return std::unexpected(snapshot.error());
    QuerySlice slice(std::move(*snapshot));
    if (before) recent->add(*before, slice);
    const RowIndex from = before ? before->find(question.token) : no_row;
    const RowIndex to = from != no_row ? slice.find_life(*before, from) : no_row;
    if (to != no_row) steps.push_back(step_of(*before, from, slice, to, *recent, question));
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
