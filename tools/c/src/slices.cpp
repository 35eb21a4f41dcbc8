#include "slices.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include "border.hpp"

namespace gaugeline::c {
namespace {

constexpr formats::SliceLimits limits;

// The struct as this library knows it. What a longer one says besides cannot be heeded, so it must say nothing.
Expected<gaugeline_slice> known_part(const gaugeline_slice& given) {
  const std::size_t size = given.struct_size;
  if (auto ok = check_struct_size(size, least_size<gaugeline_slice>, "slice"); !ok) return std::unexpected(ok.error());
  gaugeline_slice known{};
  std::memcpy(&known, &given, std::min(size, sizeof known));
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&given);
  if (std::any_of(bytes + std::min(size, sizeof known), bytes + size, [](unsigned char byte) { return byte != 0; }))
    return fail(ErrorCode::invalid_argument, "slice has a field that this version (", GAUGELINE_VERSION,
                ") does not know");
  return known;
}

template <class Entry, class Out, class Convert>
Expected<> copy(const Entry* entries, std::size_t count, std::size_t most, std::string_view name, std::vector<Out>& to,
                Convert convert) {
  const auto array = array_of(entries, count, most, name);
  if (!array) return std::unexpected(array.error());
  to.resize(array->size());
  std::ranges::transform(*array, to.begin(), convert);
  return {};
}

template <class Entry>
Expected<> copy(const Entry* entries, std::size_t count, std::size_t most, std::string_view name,
                std::vector<Entry>& to) {
  return copy(entries, count, most, name, to, [](Entry entry) { return entry; });
}

Expected<> copy_tokens(const gaugeline_tokens& from, std::string_view name, std::vector<char>& bytes,
                       std::vector<std::uint32_t>& ends) {
  const auto tokens = tokens_of(from, name);
  if (!tokens) return std::unexpected(tokens.error());
  bytes.assign(tokens->bytes().begin(), tokens->bytes().end());
  ends.assign(tokens->ends().begin(), tokens->ends().end());
  return {};
}

Expected<> copy_uses(const float* uses, std::size_t tokens, std::string_view name, std::vector<float>& to) {
  return uses == nullptr ? Expected<>() : copy(uses, tokens, limits.tokens, name, to);
}

Expected<bool> flag(std::int32_t value, std::string_view name) {
  if (value == 0 || value == 1) return value == 1;
  return fail(ErrorCode::invalid_argument, name, " is ", value, ", not 0 or 1");
}

Expected<> copy_flags(const gaugeline_slice& slice, formats::SliceData& data) {
  const auto shared = flag(slice.contexts_are_items, "contexts_are_items");
  if (!shared) return std::unexpected(shared.error());
  const auto symmetric = flag(slice.pairs_are_symmetric, "pairs_are_symmetric");
  if (!symmetric) return std::unexpected(symmetric.error());
  const auto falling = flag(slice.falling_weights, "falling_weights");
  if (!falling) return std::unexpected(falling.error());
  data.contexts_are_items = *shared;
  data.pairs_are_symmetric = *symmetric;
  data.window_weights = *falling ? WindowWeights::falling : WindowWeights::full;
  data.window = slice.window;
  return {};
}

Expected<> copy_vocabulary(const gaugeline_slice& slice, formats::SliceData& data) {
  if (auto ok = copy_tokens(slice.item_tokens, "item_tokens", data.item_token_bytes, data.item_token_ends); !ok)
    return ok;
  if (auto ok = copy_tokens(slice.context_tokens, "context_tokens", data.context_token_bytes, data.context_token_ends);
      !ok)
    return ok;
  if (auto ok = copy_uses(slice.item_uses, slice.item_tokens.count, "item_uses", data.item_uses); !ok) return ok;
  return copy_uses(slice.context_uses, slice.context_tokens.count, "context_uses", data.context_uses);
}

Expected<> copy_observations(const gaugeline_slice& slice, formats::SliceData& data) {
  const std::size_t most = limits.observations;
  if (auto ok = copy(slice.sequence_ids, slice.sequence_id_count, most, "sequence_ids", data.sequence_ids); !ok)
    return ok;
  if (auto ok = copy(slice.sequence_ends, slice.sequence_count, most, "sequence_ends", data.sequence_ends); !ok)
    return ok;
  const auto pair = [](const gaugeline_pair& p) { return PairCount{p.item, p.context, p.weight}; };
  if (auto ok = copy(slice.pairs, slice.pair_count, most, "pairs", data.pairs, pair); !ok) return ok;
  const auto value = [](const gaugeline_value& v) { return PairValue{v.item, v.context, v.value}; };
  return copy(slice.values, slice.value_count, most, "values", data.values, value);
}

std::int64_t microseconds(Time time) { return time.time_since_epoch().count(); }

}  // namespace

Expected<TokenList> tokens_of(const gaugeline_tokens& tokens, std::string_view name) noexcept {
  const auto ends = array_of(tokens.ends, tokens.count, limits.tokens, name);
  if (!ends) return std::unexpected(ends.error());
  const auto bytes = array_of(tokens.bytes, tokens.byte_count, max_token_bytes * limits.tokens, name);
  if (!bytes) return std::unexpected(bytes.error());
  const TokenList list(*bytes, *ends);
  if (!list.well_formed()) return fail(ErrorCode::bad_data, name, ": the ends of the tokens do not fit their bytes");
  return list;
}

Expected<formats::SliceData> slice_of(const gaugeline_slice& given) {
  const auto slice = known_part(given);
  if (!slice) return std::unexpected(slice.error());
  formats::SliceData data;
  data.interval = {Time(std::chrono::microseconds(slice->begin)), Time(std::chrono::microseconds(slice->end))};
  if (auto ok = copy_flags(*slice, data); !ok) return std::unexpected(ok.error());
  if (auto ok = copy_vocabulary(*slice, data); !ok) return std::unexpected(ok.error());
  if (auto ok = copy_observations(*slice, data); !ok) return std::unexpected(ok.error());
  if (auto ok = validate(data.view()); !ok) return std::unexpected(ok.error());
  return data;
}

gaugeline_tokens in_c(const TokenList& tokens) noexcept {
  return {.bytes = tokens.bytes().data(),
          .byte_count = tokens.bytes().size(),
          .ends = tokens.ends().data(),
          .count = tokens.size()};
}

gaugeline_report in_c(const SliceReport& report) noexcept {
  return {.struct_size = sizeof(gaugeline_report),
          .slice = report.slice,
          .begin = microseconds(report.interval.begin),
          .end = microseconds(report.interval.end),
          .elapsed_units = report.elapsed_units,
          .observations = report.observations,
          .distinct = report.distinct,
          .scored = report.scored,
          .score = report.score,
          .baseline_score = report.baseline_score,
          .rotation_angle = report.rotation_angle,
          .holonomy_angle = report.holonomy_angle,
          .gauge_residual = report.gauge_residual,
          .item_rows = report.item_rows,
          .context_rows = report.context_rows,
          .new_item_rows = report.new_item_rows,
          .new_context_rows = report.new_context_rows,
          .unadmitted_tokens = report.unadmitted_tokens,
          .unadmitted_observations = report.unadmitted_observations};
}

}  // namespace gaugeline::c
