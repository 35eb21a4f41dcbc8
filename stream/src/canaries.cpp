#include "canaries.hpp"

#include <algorithm>
#include <numeric>

namespace gaugeline::stream {
namespace {

// Rows move only where tokens are forgotten. no_row: the token has no row any more, or began anew.
RowIndex row_of(const SideState<float>& items, std::string_view token, std::uint32_t born, RowIndex last_row) {
  const auto is_there = [&](RowIndex row) { return items.born[row] == born && items.tokens[row] == token; };
  if (last_row < items.size() && is_there(last_row)) return last_row;
  for (RowIndex row = 0; row < items.size(); ++row) {
    if (is_there(row)) return row;
  }
  return no_row;
}

std::vector<float> copy_of(const ConstTable<float>& table, Eigen::Index row) {
  return {table.row(row).data(), table.row(row).data() + table.cols()};
}

}  // namespace

void Canaries::choose(const LearnerState<float>& before) {
  const SideState<float>& items = before.items;
  std::vector<float> known(items.size());
  for (std::size_t row = 0; row < items.size(); ++row)
    known[row] = items.precision[row] * items.embeddings.row(static_cast<Eigen::Index>(row)).squaredNorm();
  std::vector<RowIndex> order(items.size());
  std::iota(order.begin(), order.end(), RowIndex{0});
  const auto count =
      static_cast<std::ptrdiff_t>(std::min<std::size_t>(items.size(), 2 * std::size_t{before.dimension}));
  std::ranges::partial_sort(order, order.begin() + count,
                            [&](RowIndex a, RowIndex b) { return known[a] != known[b] ? known[a] > known[b] : a < b; });
  order.resize(static_cast<std::size_t>(count));
  std::ranges::sort(order);
  canaries_.clear();
  for (const RowIndex row : order)
    canaries_.push_back({.row = row,
                         .born = items.born[row],
                         .token = std::string(items.tokens[row]),
                         .embedding = copy_of(items.embeddings, static_cast<Eigen::Index>(row))});
}

void Canaries::restore(const formats::SnapshotView& snapshot) {
  const SideState<float>& items = snapshot.state.items;
  canaries_.clear();
  for (std::size_t c = 0; c < snapshot.canaries.rows.size(); ++c) {
    const RowIndex row = snapshot.canaries.rows[c];
    canaries_.push_back({.row = row,
                         .born = items.born[row],
                         .token = std::string(items.tokens[row]),
                         .embedding = copy_of(snapshot.canaries.before, static_cast<Eigen::Index>(c))});
  }
}

formats::CanariesView Canaries::among(const LearnerState<float>& now) {
  for (Canary& canary : canaries_) canary.row = row_of(now.items, canary.token, canary.born, canary.row);
  std::erase_if(canaries_, [](const Canary& canary) { return canary.row == no_row; });
  std::ranges::sort(canaries_, {}, &Canary::row);
  rows_.clear();
  before_.clear();
  for (const Canary& canary : canaries_) {
    rows_.push_back(canary.row);
    before_.insert(before_.end(), canary.embedding.begin(), canary.embedding.end());
  }
  return {
      .rows = rows_,
      .before = {before_.data(), static_cast<Eigen::Index>(rows_.size()), static_cast<Eigen::Index>(now.dimension)}};
}

}  // namespace gaugeline::stream
