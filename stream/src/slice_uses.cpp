#include "slice_uses.hpp"

#include <algorithm>

#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

void add_uses(const SideState<float>& items, SliceUses& counted) {
  for (std::size_t row = 0; row < items.size(); ++row) {
    const std::uint32_t id = counted.tokens.intern(items.tokens[row]);
    if (id == counted.uses.size()) counted.uses.push_back(0);
    counted.uses[id] += double{items.uses[row]};
  }
}

}  // namespace

std::vector<std::uint32_t> SliceUses::frequent(float min_uses) const {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < uses.size(); ++id) {
    if (uses[id] >= double{min_uses}) ids.push_back(id);
  }
  std::ranges::sort(ids, [this](std::uint32_t a, std::uint32_t b) {
    return uses[a] != uses[b] ? uses[a] > uses[b] : tokens.token(a) < tokens.token(b);
  });
  return ids;
}

Expected<SliceUses> count_uses(const formats::SnapshotStore& store) {
  const auto slices = existing_slices(store);
  if (!slices) return std::unexpected(slices.error());
  SliceUses counted;
  for (const std::uint64_t slice : *slices) {
    const auto snapshot = store.load(slice);
    if (!snapshot) return std::unexpected(snapshot.error());
    const formats::SnapshotView view = snapshot->view();
    if (counted.slices.empty()) {
      counted.dimension = view.state.dimension;
      counted.likelihood = view.options.likelihood;
    } else if (view.state.dimension != counted.dimension) {
      return fail(ErrorCode::bad_data, "slice ", slice, " has ", view.state.dimension, " dimensions, slice ",
                  counted.slices.front().index, " has ", counted.dimension, ": they are not of one run");
    }
    counted.slices.push_back({view.report.slice, view.state.interval});
    add_uses(view.state.items, counted);
  }
  return counted;
}

std::vector<RowIndex> rows_by_id(const TokenList& tokens, const Lexicon& lexicon) {
  std::vector<RowIndex> rows(lexicon.size(), no_row);
  for (RowIndex row = 0; row < tokens.size(); ++row) {
    if (const auto id = lexicon.find(tokens[row])) rows[*id] = row;
  }
  return rows;
}

}  // namespace gaugeline::stream
