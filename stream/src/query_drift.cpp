#include <algorithm>

#include <gaugeline/drift_significance.hpp>
#include <gaugeline/stream/query.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

// The same item in two slices.
struct RowPair {
  RowIndex from = no_row;
  RowIndex to = no_row;
  std::size_t rank = 0;  // 0: the commonest of all items known in both
  Movement movement;
  std::optional<double> p_value;
  std::optional<double> false_discovery_rate;
};

// Items known in both slices and used min_uses times in each, commonest first.
std::vector<RowPair> comparable_rows(const QuerySlice& from, const QuerySlice& to, float min_uses) {
  std::vector<RowPair> rows;
  double total_from = 0, total_to = 0;
  for (RowIndex row = 0; row < from.items().size(); ++row) total_from += static_cast<double>(from.uses(row));
  for (RowIndex row = 0; row < to.items().size(); ++row) total_to += static_cast<double>(to.uses(row));
  for (RowIndex row = 0; row < from.items().size(); ++row) {
    const RowIndex later = from.known(row) ? to.find_life(from, row) : no_row;
    if (later != no_row) rows.push_back({row, later, 0, {}, {}, {}});
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

// Items known in either slice.
std::size_t known_items(const QuerySlice& from, const QuerySlice& to) {
  std::size_t known = 0;
  for (RowIndex row = 0; row < from.items().size(); ++row) known += from.known(row) ? 1 : 0;
  for (RowIndex row = 0; row < to.items().size(); ++row)
    known += to.known(row) && from.find(to.items().tokens[row]) == no_row ? 1 : 0;
  return known;
}

// Measures all rows, and tells their p-values from a null fitted to them. rows: commonest first.
Evidence test_for_movement(const QuerySlice& from, const SliceMovement& movement, std::vector<RowPair>& rows) {
  std::vector<float> ratios;
  for (RowPair& row : rows) {
    row.movement = movement.of(row.from, row.to);
    ratios.push_back(static_cast<float>(row.movement.displacement * row.movement.displacement));
  }
  if (from.likelihood() == Likelihood::skipgram) return Evidence::uncalibrated;
  std::vector<double> work(ratios.size()), p(ratios.size());
  if (fit_p_values(ratios, from.dimension(), work, p) == 0) return Evidence::few_items;
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].p_value = p[i];
  return Evidence::sufficient;
}

void rate_discoveries(std::vector<RowPair>& rows) {
  std::vector<double> p, q(rows.size());
  for (const RowPair& row : rows) p.push_back(*row.p_value);
  std::vector<std::uint32_t> order(rows.size());
  false_discovery_rates(p, order, q);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].false_discovery_rate = q[i];
}

// The tokens of `of` that are not in `others`.
std::vector<std::string> tokens_beyond(const std::vector<ScoredToken>& of, const std::vector<ScoredToken>& others) {
  std::vector<std::string> beyond;
  for (const ScoredToken& neighbor : of) {
    if (std::ranges::find(others, neighbor.token, &ScoredToken::token) == others.end())
      beyond.push_back(neighbor.token);
  }
  return beyond;
}

NeighborChange change_of(const std::vector<ScoredToken>& from, const std::vector<ScoredToken>& to) {
  return {tokens_beyond(to, from), tokens_beyond(from, to)};
}

std::vector<ScoredToken> neighbors_of(const QuerySlice& slice, RowIndex row, std::size_t count, float min_uses) {
  return slice.nearest(slice.embedding(row), count, min_uses, row);
}

DriftingToken describe(const QuerySlice& from, const QuerySlice& to, const RowPair& row,
                       const DriftQuestion& question) {
  auto before = neighbors_of(from, row.from, question.neighbors, question.min_uses);
  auto after = neighbors_of(to, row.to, question.neighbors, question.min_uses);
  auto change = change_of(before, after);
  return {std::string(from.items().tokens[row.from]),
          row.movement,
          from.uses(row.from),
          to.uses(row.to),
          std::move(before),
          std::move(after),
          std::move(change),
          row.p_value,
          row.false_discovery_rate};
}

DriftStep step_of(const QuerySlice& before, RowIndex from, const QuerySlice& slice, RowIndex to,
                  const TokenDriftQuestion& question) {
  const SliceMovement movement(before, slice);
  DriftStep step{before.stamp(),
                 slice.stamp(),
                 movement.of(from, to),
                 before.uses(from),
                 slice.uses(to),
                 Evidence::few_uses,
                 {},
                 {}};
  auto rows = comparable_rows(before, slice, question.min_uses);
  const auto row = std::ranges::find(rows, from, &RowPair::from);
  if (row == rows.end()) return step;
  step.evidence = test_for_movement(before, movement, rows);
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

  auto rows = comparable_rows(from, to, question.min_uses);
  const SliceMovement movement(from, to);
  const Evidence evidence = test_for_movement(from, movement, rows);
  const std::size_t carried = evidence == Evidence::few_items ? 0 : rows.size();
  const std::size_t insufficient = known_items(from, to) - carried;
  std::erase_if(rows, [&](const RowPair& row) { return row.rank < question.skip_commonest; });
  if (evidence == Evidence::sufficient) rate_discoveries(rows);
  const auto end = rows.begin() + static_cast<std::ptrdiff_t>(std::min(question.count, rows.size()));
  std::partial_sort(rows.begin(), end, rows.end(), [](const RowPair& a, const RowPair& b) {
    return a.movement.displacement != b.movement.displacement ? a.movement.displacement > b.movement.displacement
                                                              : a.from < b.from;
  });

  DriftAnswer answer{from.stamp(), to.stamp(), movement.overdispersion(), rows.size(), insufficient, evidence, {}};
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
    if (to != no_row) steps.push_back(step_of(*before, from, slice, to, question));
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
