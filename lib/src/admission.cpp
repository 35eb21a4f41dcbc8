#include "admission.hpp"

#include <algorithm>

namespace gaugeline {

void count_uses(const SliceView& slice, Side side, std::span<float> uses) noexcept {
  if (const auto stated = slice.uses(side); !stated.empty()) {
    std::ranges::copy(stated, uses.begin());
    return;
  }
  std::ranges::fill(uses, 0.F);
  const auto id_of = [side](const auto& entry) { return side == Side::items ? entry.item : entry.context; };
  for (const std::uint32_t id : slice.sequence_ids) uses[id] += 1;
  for (const PairCount& pair : slice.pairs) {
    uses[id_of(pair)] += pair.weight;
    if (slice.pairs_are_symmetric && pair.item != pair.context)
      uses[side == Side::items ? pair.context : pair.item] += pair.weight;
  }
  for (const PairValue& value : slice.values) uses[id_of(value)] += 1;
}

void Admission::reserve(Arena& arena, const Options& options) noexcept {
  admission_uses_ = options.admission_uses;
  candidates_ = arena.take<std::uint32_t>(options.slice_token_capacity);
}

std::uint32_t Admission::run(Vocabulary& vocabulary, const TokenList& tokens, std::span<const float> uses,
                             std::span<RowIndex> rows) noexcept {
  std::size_t count = 0;
  std::uint32_t without_row = 0;
  for (std::uint32_t id = 0; id < tokens.size(); ++id) {
    rows[id] = vocabulary.find(tokens[id]);
    if (rows[id] != no_row || !(uses[id] > 0)) continue;
    ++without_row;
    // Weights may be fractions: one use means any.
    if (uses[id] > static_cast<float>(admission_uses_ - 1)) candidates_[count++] = id;
  }
  auto chosen = candidates_.first(count);
  if (const std::size_t room = vocabulary.capacity() - vocabulary.size(); count > room) {
    std::ranges::sort(chosen,
                      [&](std::uint32_t a, std::uint32_t b) { return uses[a] != uses[b] ? uses[a] > uses[b] : a < b; });
    chosen = chosen.first(room);
    std::ranges::sort(chosen);
  }
  for (const std::uint32_t id : chosen) {
    rows[id] = vocabulary.admit(tokens[id]);
    if (rows[id] != no_row) --without_row;
  }
  return without_row;
}

}  // namespace gaugeline
