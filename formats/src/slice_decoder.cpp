#include <slice_generated.h>

#include <limits>

#include <gaugeline/formats/slice_codec.hpp>

#include "flatbuffer.hpp"
#include "short_varints.hpp"
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
  const auto bad = first_bad_varint(column, largest, take);
  if (bad) return fail(ErrorCode::bad_data, "slice: ", field, "[", *bad, "] is cut off or out of range");
  return {};
}

// Every field of `data` is written, in memory that it holds already as far as that goes.
class SliceDecoder {
 public:
  SliceDecoder(const schema::Slice& source, const SliceLimits& limits, SliceData& data)
      : source_(source), limits_(limits), data_(data) {}

  Expected<> decode() {
    read_header();
    for (const auto step : {&SliceDecoder::check_limits, &SliceDecoder::read_tokens, &SliceDecoder::read_uses,
                            &SliceDecoder::read_sequences, &SliceDecoder::read_pairs, &SliceDecoder::read_values}) {
      if (const auto done = (this->*step)(); !done) return done;
    }
    if (const auto valid = validate(data_.view()); !valid) return std::unexpected(valid.error().within("slice"));
    return {};
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
    sequence_ids_ = VarintReader::count(elements(source_.sequence_ids()));
    struct Count {
      std::size_t count;
      std::size_t limit;
      const char* field;
    };
    for (const auto& [count, limit, field] :
         {Count{token_count(source_.item_tokens()), limits_.tokens, "item_tokens"},
          Count{token_count(source_.context_tokens()), limits_.tokens, "context_tokens"},
          Count{sequence_ids_, limits_.observations, "sequence_ids"},
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
    const auto source_bytes = tokens == nullptr ? Column() : elements(tokens->bytes());
    const auto source_ends = tokens == nullptr ? std::span<const std::uint32_t>() : elements(tokens->ends());
    bytes.assign(source_bytes.begin(), source_bytes.end());
    ends.assign(source_ends.begin(), source_ends.end());
  }

  Expected<> read_uses() {
    const auto read = [](const schema::Numbers* source, std::size_t tokens, const char* field,
                         std::vector<float>& uses) -> Expected<> {
      uses.resize(source == nullptr ? 0 : tokens);
      return source == nullptr
                 ? Expected<>()
                 : read_numbers(*source, field, tokens, [&](std::size_t i, float number) { uses[i] = number; });
    };
    auto ok = read(source_.item_uses(), data_.item_token_ends.size(), "item_uses", data_.item_uses);
    return ok ? read(source_.context_uses(), data_.context_token_ends.size(), "context_uses", data_.context_uses) : ok;
  }

  // Calls put(index, number) for each of `expected` numbers.
  template <class Put>
  static Expected<> read_numbers(const schema::Numbers& source, const char* field, std::size_t expected, Put put) {
    const auto floats = elements(source.floats());
    const auto column = elements(source.varints());
    if (!floats.empty() && !column.empty())
      return fail(ErrorCode::bad_data, "slice: ", field, " has both varints and floats");
    if (auto ok = same_number(floats.size() + VarintReader::count(column), expected, field); !ok) return ok;
    for (std::size_t i = 0; i < floats.size(); ++i) put(i, floats[i]);
    std::size_t i = 0;
    return for_each_varint(column, max_uint32, field, [&](std::uint64_t number) {
      put(i++, static_cast<float>(number));
      return true;
    });
  }

  // Calls put(index, id) for each id, which are as many as VarintReader::count says.
  template <class Put>
  static Expected<> read_ids(Column column, const char* field, Put put) {
    std::size_t i = 0;
    return for_each_varint(column, max_uint32, field, [&](std::uint64_t id) {
      put(i++, static_cast<std::uint32_t>(id));
      return true;
    });
  }

  Expected<> read_sequences() {
    const auto ids = elements(source_.sequence_ids());
    data_.sequence_ids.resize(sequence_ids_);
    if (!decode_short_varints(ids, data_.sequence_ids)) {
      auto ok = read_ids(ids, "sequence_ids", [&](std::size_t i, std::uint32_t id) { data_.sequence_ids[i] = id; });
      if (!ok) return ok;
    }
    const auto column = elements(source_.sequence_lengths());
    data_.sequence_ends.resize(VarintReader::count(column));
    std::uint64_t end = 0;
    std::size_t i = 0;
    return for_each_varint(column, max_uint32, "sequence_lengths", [&](std::uint64_t length) {
      end += length;
      data_.sequence_ends[i++] = static_cast<std::uint32_t>(end);
      return end <= data_.sequence_ids.size();
    });
  }

  Expected<> read_pairs() {
    const auto gaps = elements(source_.pair_gaps());
    const std::uint64_t contexts = data_.view().tokens(Side::contexts).size();
    const std::uint64_t keys = data_.item_token_ends.size() * contexts;
    data_.pairs.resize(VarintReader::count(gaps));
    const std::size_t weights = source_.pair_weights() == nullptr ? 0 : data_.pairs.size();
    if (auto ok = same_number(weights, data_.pairs.size(), "pair_weights"); !ok) return ok;
    if (source_.pair_weights() != nullptr) {
      auto ok = read_numbers(*source_.pair_weights(), "pair_weights", weights,
                             [&](std::size_t i, float weight) { data_.pairs[i].weight = weight; });
      if (!ok) return ok;
    }
    std::uint64_t key = 0;
    std::size_t i = 0;
    return for_each_varint(gaps, keys, "pair_gaps", [&](std::uint64_t gap) {
      key += gap;  // both are at most `keys`, which is far from 2^64
      if (key >= keys) return false;
      data_.pairs[i].item = static_cast<std::uint32_t>(key / contexts);
      data_.pairs[i++].context = static_cast<std::uint32_t>(key % contexts);
      return true;
    });
  }

  Expected<> read_values() {
    const auto items = elements(source_.value_items());
    const auto contexts = elements(source_.value_contexts());
    const auto values = elements(source_.values());
    data_.values.resize(VarintReader::count(items));
    if (auto ok = same_number(VarintReader::count(contexts), data_.values.size(), "value_contexts"); !ok) return ok;
    if (auto ok = same_number(values.size(), data_.values.size(), "values"); !ok) return ok;
    auto ok = read_ids(items, "value_items", [&](std::size_t i, std::uint32_t id) { data_.values[i].item = id; });
    if (ok)
      ok = read_ids(contexts, "value_contexts", [&](std::size_t i, std::uint32_t id) { data_.values[i].context = id; });
    for (std::size_t i = 0; i < values.size(); ++i) data_.values[i].value = values[i];
    return ok;
  }

  const schema::Slice& source_;
  SliceLimits limits_;
  SliceData& data_;
  std::size_t sequence_ids_ = 0;  // how many
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
  SliceData data;
  if (const auto decoded = decode_slice(bytes, data, limits); !decoded) return std::unexpected(decoded.error());
  return data;
}

Expected<> decode_slice(std::span<const std::byte> bytes, SliceData& data, const SliceLimits& limits) {
  if (auto ok = within_limit(bytes.size(), limits.bytes, "bytes"); !ok) return ok;
  const AlignedBytes aligned(bytes);
  const auto slice = verified_root<schema::Slice>(aligned, schema::SliceIdentifier(), "slice");
  if (!slice) return std::unexpected(slice.error());
  const std::uint32_t version = (*slice)->version();
  if (version < first_slice_version || version > latest_slice_version)
    return fail(ErrorCode::unsupported_version, "slice: format version ", version, ", but this program reads ",
                first_slice_version, " to ", latest_slice_version);
  if (version < falling_window_version && (*slice)->window_falls())
    return fail(ErrorCode::bad_data, "slice: window_falls is set, which format version ", version, " does not have");
  return SliceDecoder(**slice, limits, data).decode();
}

}  // namespace gaugeline::formats
