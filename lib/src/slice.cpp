#include <gaugeline/slice.hpp>

#include <algorithm>
#include <cmath>

namespace gaugeline {

Expected<> check_tokens(const TokenList& tokens, std::string_view field) noexcept {
  if (!tokens.well_formed()) return fail(ErrorCode::bad_data, field, ": the ends of the tokens do not fit their bytes");
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].empty() || tokens[i].size() > max_token_bytes)
      return fail(ErrorCode::bad_data, field, "[", i, "]: a token has 1 to ", max_token_bytes, " bytes, not ",
                  tokens[i].size());
  }
  return {};
}

namespace {

Expected<> check_uses(std::span<const float> uses, std::size_t tokens, std::string_view field) noexcept {
  if (!uses.empty() && uses.size() != tokens)
    return fail(ErrorCode::bad_data, field, " has ", uses.size(), " entries for ", tokens, " tokens");
  for (std::size_t i = 0; i < uses.size(); ++i) {
    if (!(uses[i] >= 0 && uses[i] <= max_figure))
      return fail(ErrorCode::bad_data, field, "[", i, "] is ", uses[i], ", not a number >= 0 and <= ", max_figure);
  }
  return {};
}

// May say false of so many tokens that no learner has them. Faster than to ask of each, or for the largest.
bool all_below(std::span<const std::uint32_t> ids, std::size_t tokens) noexcept {
  constexpr std::uint32_t top = 0x80000000U;
  if (tokens == 0 || tokens > top) return false;
  const auto last = static_cast<std::uint32_t>(tokens - 1);
  std::uint32_t outside = 0;
  for (const std::uint32_t id : ids) outside |= id | (last - id);  // the top bit, in one of the two, if id > last
  return (outside & top) == 0;
}

Expected<> check_sequences(const SliceView& slice) noexcept {
  if (slice.sequence_ids.empty() && slice.sequence_ends.empty()) return {};
  if (!slice.contexts_are_items)
    return fail(ErrorCode::bad_data, "sequences need contexts_are_items: their contexts are the items' tokens");
  if (slice.window < 1 || slice.window > max_window)
    return fail(ErrorCode::bad_data, "window is ", slice.window, ", not 1 to ", max_window);
  std::size_t last = 0;
  for (std::size_t s = 0; s < slice.sequence_ends.size(); ++s) {
    if (slice.sequence_ends[s] < last) return fail(ErrorCode::bad_data, "sequence_ends[", s, "] falls");
    last = slice.sequence_ends[s];
  }
  if (last != slice.sequence_ids.size())
    return fail(ErrorCode::bad_data, "the sequences end at ", last, ", but there are ", slice.sequence_ids.size(),
                " ids");
  if (slice.sequence_ids.empty() || all_below(slice.sequence_ids, slice.item_tokens.size())) return {};
  const auto is_bad = [&](std::uint32_t id) { return id >= slice.item_tokens.size(); };
  const auto bad = std::ranges::find_if(slice.sequence_ids, is_bad);
  if (bad == slice.sequence_ids.end()) return {};
  return fail(ErrorCode::bad_data, "sequence_ids[", bad - slice.sequence_ids.begin(), "] is ", *bad, ", but there are ",
              slice.item_tokens.size(), " tokens");
}

template <class Entry>
Expected<> check_ids(std::span<const Entry> entries, std::size_t items, std::size_t contexts,
                     std::string_view field) noexcept {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].item >= items)
      return fail(ErrorCode::bad_data, field, "[", i, "].item is ", entries[i].item, ", but there are ", items,
                  " items");
    if (entries[i].context >= contexts)
      return fail(ErrorCode::bad_data, field, "[", i, "].context is ", entries[i].context, ", but there are ", contexts,
                  " contexts");
  }
  return {};
}

Expected<> check_figures(const SliceView& slice) noexcept {
  for (std::size_t i = 0; i < slice.pairs.size(); ++i) {
    const float weight = slice.pairs[i].weight;
    if (!(weight > 0 && weight <= max_figure))
      return fail(ErrorCode::bad_data, "pairs[", i, "].weight is ", weight, ", not a number > 0 and <= ", max_figure);
  }
  for (std::size_t i = 0; i < slice.values.size(); ++i) {
    if (!(std::abs(slice.values[i].value) <= max_figure))
      return fail(ErrorCode::bad_data, "values[", i, "].value is ", slice.values[i].value,
                  ", not a number of magnitude <= ", max_figure);
  }
  return {};
}

}  // namespace

Expected<> validate(const SliceView& slice) noexcept {
  if (slice.interval.begin >= slice.interval.end)
    return fail(ErrorCode::bad_data, "interval: a slice ends after it begins, but it is [",
                slice.interval.begin.time_since_epoch().count(), ", ", slice.interval.end.time_since_epoch().count(),
                ") microseconds");
  if (slice.contexts_are_items && (!slice.context_tokens.empty() || !slice.context_uses.empty()))
    return fail(ErrorCode::bad_data, "context_tokens: none are given where the contexts are the items");
  if (slice.pairs_are_symmetric && !slice.contexts_are_items)
    return fail(ErrorCode::bad_data, "pairs_are_symmetric needs contexts_are_items");
  const std::size_t items = slice.item_tokens.size();
  const std::size_t contexts = slice.tokens(Side::contexts).size();
  if (auto ok = check_tokens(slice.item_tokens, "item_tokens"); !ok) return ok;
  if (auto ok = check_tokens(slice.context_tokens, "context_tokens"); !ok) return ok;
  if (auto ok = check_uses(slice.item_uses, items, "item_uses"); !ok) return ok;
  if (auto ok = check_uses(slice.context_uses, contexts, "context_uses"); !ok) return ok;
  if (auto ok = check_sequences(slice); !ok) return ok;
  if (auto ok = check_ids(slice.pairs, items, contexts, "pairs"); !ok) return ok;
  if (auto ok = check_ids(slice.values, items, contexts, "values"); !ok) return ok;
  return check_figures(slice);
}

}  // namespace gaugeline
