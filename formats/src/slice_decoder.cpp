#include <slice_generated.h>

#include <limits>

#include <gaugeline/formats/slice_codec.hpp>

#include "flatbuffer.hpp"
#include "slice_format.hpp"
#include "varint.hpp"

namespace gaugeline::formats {
namespace {

using Column = std::span<const std::uint8_t>;

constexpr std::uint64_t max_uint32 = std::numeric_limits<std::uint32_t>::max();

Expected<> within_limit(std::size_t count, std::size_t limit, const char* field) {
  if (count <= limit) return {};
  return fail(ErrorCode::capacity_exceeded, "slice: ", field, ": ", count, " are over the limit of ", limit);
}

Expected<> same_number(std::size_t found, std::size_t expected, const char* field) {
  if (found == expected) return {};
  return fail(ErrorCode::bad_data, "slice: ", field, " has ", found, " entries where ", expected, " belong");
}

// Calls take(number) for every number of the column, in order. A false from `take` is an error too.
template <class Take>
Expected<> for_each_varint(Column column, std::uint64_t largest, const char* field, Take take) {
  VarintReader reader(column);
  for (std::size_t position = 0; !reader.at_end(); ++position) {
    const auto number = reader.next(largest);
    if (!number || !take(*number))
      return fail(ErrorCode::bad_data, "slice: ", field, "[", position, "] is cut off or out of range");
  }
  return {};
}

class SliceDecoder {
 public:
  SliceDecoder(const schema::Slice& source, const SliceLimits& limits) : source_(source), limits_(limits) {}

  Expected<SliceData> decode() {
    read_header();
    for (const auto step : {&SliceDecoder::check_limits, &SliceDecoder::read_tokens, &SliceDecoder::read_uses,
                            &SliceDecoder::read_sequences, &SliceDecoder::read_pairs, &SliceDecoder::read_values}) {
      if (const auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    if (const auto valid = validate(data_.view()); !valid) return std::unexpected(valid.error().within("slice"));
    return std::move(data_);
  }

 private:
  void read_header() {
    data_.interval = {Time(std::chrono::microseconds(source_.begin())), Time(std::chrono::microseconds(source_.end()))};
    data_.contexts_are_items = source_.context_tokens() == nullptr;
    data_.window = source_.window();
    data_.window_weights = source_.window_falls() ? WindowWeights::falling : WindowWeights::full;
    data_.pairs_are_symmetric = source_.pairs_are_symmetric();
  }

  // Numbers are counted in place, so nothing has been allocated when a limit is found to be passed.
  Expected<> check_limits() {
    struct Count {
      std::size_t count;
      std::size_t limit;
      const char* field;
    };
    for (const auto& [count, limit, field] :
         {Count{token_count(source_.item_tokens()), limits_.tokens, "item_tokens"},
          Count{token_count(source_.context_tokens()), limits_.tokens, "context_tokens"},
          Count{VarintReader::count(elements(source_.sequence_ids())), limits_.observations, "sequence_ids"},
          Count{VarintReader::count(elements(source_.sequence_lengths())), limits_.observations, "sequence_lengths"},
          Count{VarintReader::count(elements(source_.pair_gaps())), limits_.observations, "pair_gaps"},
          Count{VarintReader::count(elements(source_.value_items())), limits_.observations, "value_items"}}) {
      if (auto ok = within_limit(count, limit, field); !ok) return ok;
    }
    return {};
  }

  static std::size_t token_count(const schema::Tokens* tokens) noexcept {
    return tokens == nullptr ? 0 : elements(tokens->ends()).size();
  }

  Expected<> read_tokens() {
    copy_tokens(source_.item_tokens(), data_.item_token_bytes, data_.item_token_ends);
    copy_tokens(source_.context_tokens(), data_.context_token_bytes, data_.context_token_ends);
    return {};
  }

  static void copy_tokens(const schema::Tokens* tokens, std::vector<char>& bytes, std::vector<std::uint32_t>& ends) {
    if (tokens == nullptr) return;
    const auto source_bytes = elements(tokens->bytes());
    const auto source_ends = elements(tokens->ends());
    bytes.assign(source_bytes.begin(), source_bytes.end());
    ends.assign(source_ends.begin(), source_ends.end());
  }

  Expected<> read_uses() {
    if (source_.item_uses() != nullptr) {
      if (auto ok = read_numbers(*source_.item_uses(), data_.item_token_ends.size(), "item_uses", data_.item_uses); !ok)
        return ok;
    }
    if (source_.context_uses() == nullptr) return {};
    return read_numbers(*source_.context_uses(), data_.context_token_ends.size(), "context_uses", data_.context_uses);
  }

  Expected<> read_numbers(const schema::Numbers& source, std::size_t expected, const char* field,
                          std::vector<float>& numbers) {
    const auto floats = elements(source.floats());
    const auto column = elements(source.varints());
    const std::size_t count = VarintReader::count(column);
    if (!floats.empty() && !column.empty())
      return fail(ErrorCode::bad_data, "slice: ", field, " has both varints and floats");
    if (auto ok = same_number(floats.size() + count, expected, field); !ok) return ok;
    numbers.assign(floats.begin(), floats.end());
    numbers.reserve(expected);
    return for_each_varint(column, max_uint32, field, [&](std::uint64_t number) {
      numbers.push_back(static_cast<float>(number));
      return true;
    });
  }

  Expected<> read_sequences() {
    auto ok = read_ids(elements(source_.sequence_ids()), "sequence_ids", data_.sequence_ids);
    if (!ok) return ok;
    const auto column = elements(source_.sequence_lengths());
    data_.sequence_ends.reserve(VarintReader::count(column));
    std::uint64_t end = 0;
    return for_each_varint(column, max_uint32, "sequence_lengths", [&](std::uint64_t length) {
      end += length;
      data_.sequence_ends.push_back(static_cast<std::uint32_t>(end));
      return end <= data_.sequence_ids.size();
    });
  }

  Expected<> read_ids(Column column, const char* field, std::vector<std::uint32_t>& ids) {
    ids.reserve(VarintReader::count(column));
    return for_each_varint(column, max_uint32, field, [&](std::uint64_t id) {
      ids.push_back(static_cast<std::uint32_t>(id));
      return true;
    });
  }

  Expected<> read_pairs() {
    const auto gaps = elements(source_.pair_gaps());
    const std::size_t count = VarintReader::count(gaps);
    std::vector<float> weights;
    if (source_.pair_weights() != nullptr) {
      if (auto ok = read_numbers(*source_.pair_weights(), count, "pair_weights", weights); !ok) return ok;
    }
    if (auto ok = same_number(weights.size(), count, "pair_weights"); !ok) return ok;
    const std::uint64_t contexts = data_.view().tokens(Side::contexts).size();
    const std::uint64_t keys = data_.item_token_ends.size() * contexts;
    data_.pairs.reserve(count);
    std::uint64_t key = 0;
    return for_each_varint(gaps, keys, "pair_gaps", [&](std::uint64_t gap) {
      key += gap;  // both are at most `keys`, which is far from 2^64
      if (key >= keys) return false;
      data_.pairs.push_back({static_cast<std::uint32_t>(key / contexts), static_cast<std::uint32_t>(key % contexts),
                             weights[data_.pairs.size()]});
      return true;
    });
  }

  Expected<> read_values() {
    std::vector<std::uint32_t> items;
    std::vector<std::uint32_t> contexts;
    if (auto ok = read_ids(elements(source_.value_items()), "value_items", items); !ok) return ok;
    const auto context_column = elements(source_.value_contexts());
    if (auto ok = same_number(VarintReader::count(context_column), items.size(), "value_contexts"); !ok) return ok;
    if (auto ok = read_ids(context_column, "value_contexts", contexts); !ok) return ok;
    const auto values = elements(source_.values());
    if (auto ok = same_number(values.size(), items.size(), "values"); !ok) return ok;
    data_.values.reserve(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) data_.values.push_back({items[i], contexts[i], values[i]});
    return {};
  }

  const schema::Slice& source_;
  SliceLimits limits_;
  SliceData data_;
};

}  // namespace

SliceView SliceData::view() const noexcept {
  return {.interval = interval,
          .item_tokens = {item_token_bytes, item_token_ends},
          .context_tokens = {context_token_bytes, context_token_ends},
          .contexts_are_items = contexts_are_items,
          .item_uses = item_uses,
          .context_uses = context_uses,
          .sequence_ids = sequence_ids,
          .sequence_ends = sequence_ends,
          .window = window,
          .window_weights = window_weights,
          .pairs = pairs,
          .pairs_are_symmetric = pairs_are_symmetric,
          .values = values};
}

Expected<SliceData> decode_slice(std::span<const std::byte> bytes, const SliceLimits& limits) {
  if (auto ok = within_limit(bytes.size(), limits.bytes, "bytes"); !ok) return std::unexpected(ok.error());
  const AlignedBytes aligned(bytes);
  const auto slice = verified_root<schema::Slice>(aligned, schema::SliceIdentifier(), "slice");
  if (!slice) return std::unexpected(slice.error());
  const std::uint32_t version = (*slice)->version();
  if (version < first_slice_version || version > latest_slice_version)
    return fail(ErrorCode::unsupported_version, "slice: format version ", version, ", but this program reads ",
                first_slice_version, " to ", latest_slice_version);
  if (version < falling_window_version && (*slice)->window_falls())
    return fail(ErrorCode::bad_data, "slice: window_falls is set, which format version ", version, " does not have");
  return SliceDecoder(**slice, limits).decode();
}

}  // namespace gaugeline::formats
