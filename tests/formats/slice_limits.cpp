// What decode_slice refuses: bytes that are no slice, slices past the limits, and well-formed FlatBuffers that mean
// nothing, made here by hand.
#include <doctest/doctest.h>
#include <slice_generated.h>

#include <limits>
#include <string>

#include <gaugeline/formats/slice_codec.hpp>

#include "example_slices.hpp"
#include "varint.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Builder = flatbuffers::FlatBufferBuilder;
using Column = std::vector<std::uint8_t>;

Column column(std::initializer_list<std::uint64_t> numbers) {
  Column bytes;
  for (const auto number : numbers) append_varint(bytes, number);
  return bytes;
}

// Fields of a FlatBuffer as they stand in it; the rest is that of a good slice with items a, b and contexts c, d, e.
struct RawSlice {
  std::uint32_t version = 1;
  std::vector<std::uint32_t> item_ends{1, 2};
  Column pair_gaps = column({1, 4});
  std::vector<float> float_weights;
  Column whole_weights = column({3, 4});
  Column sequence_ids;
  Column sequence_lengths;
  Column value_items = column({1});
  Column value_contexts = column({2});
  std::vector<float> values{.5F};
  bool window_falls = false;

  [[nodiscard]] std::vector<std::byte> bytes() const {
    Builder builder;
    const auto items = schema::CreateTokensDirect(builder, &item_bytes, &item_ends);
    const auto contexts = schema::CreateTokensDirect(builder, &context_bytes, &context_ends);
    const auto weights = schema::CreateNumbersDirect(builder, &whole_weights, &float_weights);
    builder.Finish(
        schema::CreateSliceDirect(builder, version, 0, 1, items, contexts, 0, 0, &sequence_ids, &sequence_lengths, 5,
                                  &pair_gaps, weights, false, &value_items, &value_contexts, &values, window_falls),
        schema::SliceIdentifier());
    const auto* begin = reinterpret_cast<const std::byte*>(builder.GetBufferPointer());
    return {begin, begin + builder.GetSize()};
  }

  std::vector<std::uint8_t> item_bytes{'a', 'b'};
  std::vector<std::uint8_t> context_bytes{'c', 'd', 'e'};
  std::vector<std::uint32_t> context_ends{1, 2, 3};
};

Error refusal(std::span<const std::byte> bytes, const SliceLimits& limits = {}) {
  const auto slice = decode_slice(bytes, limits);
  REQUIRE(!slice);
  return slice.error();
}

bool says(const Error& error, std::string_view words) { return error.message().find(words) != std::string_view::npos; }

}  // namespace

TEST_CASE("the slice that the others are made from is good") {
  const auto slice = decode_slice(RawSlice().bytes());
  REQUIRE(slice);
  REQUIRE(slice->pairs.size() == 2);
  CHECK(slice->pairs[1].item == 1);  // key 1 + 4 = 5 of 2 x 3
  CHECK(slice->pairs[1].context == 2);
  CHECK(slice->pairs[1].weight == 4);
}

TEST_CASE("a varint column that is wrong is named, with the position") {
  RawSlice raw;
  SUBCASE("cut off inside a gap") { raw.pair_gaps = {1, 4, 0x80}; }
  SUBCASE("a key past the last item") { raw.pair_gaps = column({1, 5}); }
  SUBCASE("gaps that would wrap around 64 bits") { raw.pair_gaps = column({5, ~std::uint64_t{0}}); }
  SUBCASE("a gap with a needless byte") { raw.pair_gaps = {1, 0x84, 0}; }
  const auto error = refusal(raw.bytes());
  CHECK(error.code() == ErrorCode::bad_data);
  CHECK(says(error, "pair_gaps["));
}

TEST_CASE("columns of one kind of observation have the same length") {
  RawSlice raw;
  SUBCASE("fewer weights") { raw.whole_weights = column({3}); }
  SUBCASE("more weights") { raw.whole_weights = column({3, 4, 5}); }
  SUBCASE("weights in both forms") { raw.float_weights = {1, 2}; }
  SUBCASE("no weights") { raw.whole_weights.clear(); }
  SUBCASE("fewer values") { raw.values.clear(); }
  SUBCASE("more contexts of values") { raw.value_contexts = column({2, 2}); }
  CHECK(refusal(raw.bytes()).code() == ErrorCode::bad_data);
}

TEST_CASE("figures of a slice from outside are checked") {
  RawSlice raw;
  SUBCASE("a weight of zero") { raw.whole_weights = column({3, 0}); }
  SUBCASE("a weight past 32 bits") { raw.whole_weights = column({3, std::uint64_t{1} << 32U}); }
  SUBCASE("a weight that is not a number") {
    raw.whole_weights.clear();
    raw.float_weights = {1, std::numeric_limits<float>::quiet_NaN()};
  }
  SUBCASE("a negative weight") {
    raw.whole_weights.clear();
    raw.float_weights = {1, -1};
  }
  SUBCASE("an infinite value") { raw.values = {std::numeric_limits<float>::infinity()}; }
  SUBCASE("an item that is not there") { raw.value_items = column({2}); }
  SUBCASE("an id past 32 bits") { raw.value_items = column({(std::uint64_t{1} << 32U) + 1}); }
  SUBCASE("tokens whose ends fall") { raw.item_ends = {2, 1}; }
  SUBCASE("an empty token") { raw.item_ends = {0, 2}; }
  SUBCASE("sequences where contexts are not the items") {
    raw.sequence_ids = column({0, 1});
    raw.sequence_lengths = column({2});
  }
  SUBCASE("a sequence longer than its ids") { raw.sequence_lengths = column({1}); }
  CHECK(refusal(raw.bytes()).code() == ErrorCode::bad_data);
}

TEST_CASE("another version is named, and not read") {
  RawSlice raw;
  SUBCASE("0") { raw.version = 0; }
  SUBCASE("3") { raw.version = 3; }
  const auto error = refusal(raw.bytes());
  CHECK(error.code() == ErrorCode::unsupported_version);
  CHECK(says(error, "version " + std::to_string(raw.version)));
}

TEST_CASE("a slice whose window falls has a version of its own, that older readers refuse; others keep the first") {
  const auto version_of = [](const SliceData& slice) {
    return schema::GetSlice(encode_slice(slice.view()).value().data())->version();
  };
  auto slice = text_slice();
  slice.window_weights = WindowWeights::full;
  CHECK(version_of(slice) == 1);
  slice.window_weights = WindowWeights::falling;
  CHECK(version_of(slice) == 2);

  RawSlice raw;
  raw.window_falls = true;
  const auto error = refusal(raw.bytes());
  CHECK(error.code() == ErrorCode::bad_data);
  CHECK(says(error, "window_falls"));
  raw.version = 2;
  CHECK(decode_slice(raw.bytes()).value().window_weights == WindowWeights::falling);
}

TEST_CASE("limits are checked") {
  const auto bytes = encode_slice(text_slice().view()).value();  // 4 tokens, 6 ids, 4 pairs, 3 values
  SliceLimits limits;
  SUBCASE("of tokens") { limits.tokens = 3; }
  SUBCASE("of observations") { limits.observations = 5; }
  SUBCASE("of bytes") { limits.bytes = bytes.size() - 1; }
  CHECK(refusal(bytes, limits).code() == ErrorCode::capacity_exceeded);
}

TEST_CASE("limits that are just met let the slice through") {
  const auto bytes = encode_slice(text_slice().view()).value();
  CHECK(decode_slice(bytes, {.tokens = 4, .observations = 6, .bytes = bytes.size()}));
}

TEST_CASE("bytes that are no slice are refused") {
  CHECK(refusal({}).code() == ErrorCode::bad_data);
  const std::vector<std::byte> zeros(100);
  CHECK(says(refusal(zeros), "GLSL"));
}

TEST_CASE("no cut and no changed byte of a FlatBuffer makes the decoder read outside of it") {
  // No checksum guards these bytes, so a change may go unnoticed; what matters is that nothing breaks.
  const auto bytes = encode_slice(text_slice().view()).value();
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::vector<std::byte> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    (void)decode_slice(cut);
  }
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      auto changed = bytes;
      changed[i] ^= std::byte(flip);
      if (!decode_slice(changed)) ++refused;
    }
  }
  CHECK(refused > bytes.size());
}
