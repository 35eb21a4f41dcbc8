#include <flatbuffers/flatbuffers.h>
#include <slice_generated.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include <gaugeline/formats/slice_codec.hpp>

#include "flatbuffer.hpp"
#include "slice_format.hpp"
#include "varint.hpp"

namespace gaugeline::formats {
namespace {

using flatbuffers::Offset;
using PackedColumn = std::vector<std::uint8_t>;

bool before(const PairCount& a, const PairCount& b) noexcept {
  return std::tie(a.item, a.context) < std::tie(b.item, b.context);
}

// Equal pairs stay in the order in which they came. (Clang warns of what libstdc++'s stable_sort is made of.)
std::vector<PairCount> sorted(std::span<const PairCount> pairs) {
  std::vector<std::size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    return std::tie(pairs[a].item, pairs[a].context, a) < std::tie(pairs[b].item, pairs[b].context, b);
  });
  std::vector<PairCount> result;
  result.reserve(pairs.size());
  for (const std::size_t i : order) result.push_back(pairs[i]);
  return result;
}

// -0 would come back as +0, so it counts as not whole.
bool is_count(float number) noexcept {
  return !std::signbit(number) && number < 0x1p32F && number == std::floor(number);
}

PackedColumn varints(std::span<const std::uint32_t> numbers) {
  PackedColumn column;
  column.reserve(numbers.size());
  for (const std::uint32_t number : numbers) append_varint(column, number);
  return column;
}

PackedColumn lengths(std::span<const std::uint32_t> ends) {
  PackedColumn column;
  column.reserve(ends.size());
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    append_varint(column, end - begin);
    begin = end;
  }
  return column;
}

class SliceEncoder {
 public:
  explicit SliceEncoder(const SliceView& slice) : slice_(slice) {
    if (std::ranges::is_sorted(slice.pairs, before)) return;
    sorted_ = sorted(slice.pairs);
    slice_.pairs = sorted_;
  }

  Expected<std::vector<std::byte>> encode() {
    const PackedColumn pair_gaps = gaps();
    const PackedColumn sequence_ids = varints(slice_.sequence_ids);
    const PackedColumn sequence_lengths = lengths(slice_.sequence_ends);
    const PackedColumn value_items = column_of_values(&PairValue::item);
    const PackedColumn value_contexts = column_of_values(&PairValue::context);
    const std::size_t at_most = pair_gaps.size() + sequence_ids.size() + sequence_lengths.size() + value_items.size() +
                                value_contexts.size() + bytes_of_tokens_and_floats();
    if (at_most > max_flatbuffer_bytes)
      return fail(ErrorCode::capacity_exceeded, "slice: ", at_most, " bytes are over the limit of ",
                  max_flatbuffer_bytes, " of one FlatBuffer");

    const auto item_tokens = tokens(slice_.item_tokens);
    const auto context_tokens = slice_.contexts_are_items ? 0 : tokens(slice_.context_tokens);
    const auto item_uses = numbers(slice_.item_uses);
    const auto context_uses = numbers(slice_.context_uses);
    const auto pair_weights = numbers(weights());
    const auto ids = column(sequence_ids);
    const auto sequence_length_column = column(sequence_lengths);
    const auto pair_gap_column = column(pair_gaps);
    const auto value_item_column = column(value_items);
    const auto value_context_column = column(value_contexts);
    const auto values = slice_.values.empty() ? 0 : builder_.CreateVector(values_alone());
    builder_.Finish(schema::CreateSlice(builder_, slice_version_for(slice_.window_weights),
                                        slice_.interval.begin.time_since_epoch().count(),
                                        slice_.interval.end.time_since_epoch().count(), item_tokens, context_tokens,
                                        item_uses, context_uses, ids, sequence_length_column, slice_.window,
                                        pair_gap_column, pair_weights, slice_.pairs_are_symmetric, value_item_column,
                                        value_context_column, values, slice_.window_weights == WindowWeights::falling),
                    schema::SliceIdentifier());
    const auto* bytes = reinterpret_cast<const std::byte*>(builder_.GetBufferPointer());
    return std::vector<std::byte>(bytes, bytes + builder_.GetSize());
  }

 private:
  [[nodiscard]] PackedColumn gaps() const {
    const std::uint64_t contexts = slice_.tokens(Side::contexts).size();
    PackedColumn column;
    column.reserve(slice_.pairs.size() + slice_.pairs.size() / 4);
    std::uint64_t last = 0;
    for (const PairCount& pair : slice_.pairs) {
      const std::uint64_t key = pair.item * contexts + pair.context;
      append_varint(column, key - last);
      last = key;
    }
    return column;
  }

  [[nodiscard]] std::vector<float> weights() const {
    std::vector<float> column;
    column.reserve(slice_.pairs.size());
    for (const PairCount& pair : slice_.pairs) column.push_back(pair.weight);
    return column;
  }

  [[nodiscard]] PackedColumn column_of_values(std::uint32_t PairValue::* field) const {
    PackedColumn column;
    for (const PairValue& value : slice_.values) append_varint(column, value.*field);
    return column;
  }

  [[nodiscard]] std::vector<float> values_alone() const {
    std::vector<float> column;
    column.reserve(slice_.values.size());
    for (const PairValue& value : slice_.values) column.push_back(value.value);
    return column;
  }

  // Whole numbers take at most 5 bytes as varints, others 4 as floats.
  [[nodiscard]] std::size_t bytes_of_tokens_and_floats() const noexcept {
    std::size_t bytes = 5 * (slice_.item_uses.size() + slice_.context_uses.size() + slice_.pairs.size()) +
                        sizeof(float) * slice_.values.size();
    for (const TokenList& list : {slice_.item_tokens, slice_.context_tokens})
      bytes += list.bytes().size() + sizeof(std::uint32_t) * list.size();
    return bytes;
  }

  Offset<schema::Tokens> tokens(const TokenList& list) {
    const auto bytes =
        builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(list.bytes().data()), list.bytes().size());
    const auto ends = builder_.CreateVector(list.ends().data(), list.ends().size());
    return schema::CreateTokens(builder_, bytes, ends);
  }

  Offset<schema::Numbers> numbers(std::span<const float> values) {
    if (values.empty()) return 0;
    if (!std::ranges::all_of(values, is_count))
      return schema::CreateNumbers(builder_, 0, builder_.CreateVector(values.data(), values.size()));
    PackedColumn column;
    column.reserve(values.size());
    for (const float value : values) append_varint(column, static_cast<std::uint64_t>(value));
    return schema::CreateNumbers(builder_, builder_.CreateVector(column));
  }

  Offset<flatbuffers::Vector<std::uint8_t>> column(const PackedColumn& bytes) {
    return bytes.empty() ? 0 : builder_.CreateVector(bytes);
  }

  SliceView slice_;
  std::vector<PairCount> sorted_;
  flatbuffers::FlatBufferBuilder builder_;
};

}  // namespace

Expected<std::vector<std::byte>> encode_slice(const SliceView& slice) {
  if (const auto valid = validate(slice); !valid) return std::unexpected(valid.error());
  return SliceEncoder(slice).encode();
}

}  // namespace gaugeline::formats
