#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>

#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/random.hpp>

#include "example_slices.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

template <class Entry>
bool same(const std::vector<Entry>& a, const std::vector<Entry>& b) {
  return std::ranges::equal(a, b, [](const Entry& x, const Entry& y) {
    if constexpr (requires { x.weight; })
      return x.item == y.item && x.context == y.context && x.weight == y.weight;
    else
      return x.item == y.item && x.context == y.context && x.value == y.value;
  });
}

void check_same(const SliceData& found, const SliceData& expected) {
  CHECK(found.interval == expected.interval);
  CHECK(found.item_token_bytes == expected.item_token_bytes);
  CHECK(found.item_token_ends == expected.item_token_ends);
  CHECK(found.context_token_bytes == expected.context_token_bytes);
  CHECK(found.context_token_ends == expected.context_token_ends);
  CHECK(found.contexts_are_items == expected.contexts_are_items);
  CHECK(found.item_uses == expected.item_uses);
  CHECK(found.context_uses == expected.context_uses);
  CHECK(found.sequence_ids == expected.sequence_ids);
  CHECK(found.sequence_ends == expected.sequence_ends);
  CHECK(found.window == expected.window);
  CHECK(found.window_weights == expected.window_weights);
  CHECK(same(found.pairs, expected.pairs));
  CHECK(found.pairs_are_symmetric == expected.pairs_are_symmetric);
  CHECK(same(found.values, expected.values));
}

SliceData round_trip(const SliceData& slice) {
  const auto bytes = encode_slice(slice.view());
  REQUIRE_MESSAGE(bytes, std::string(bytes ? "" : bytes.error().message()));
  auto decoded = decode_slice(*bytes);
  REQUIRE_MESSAGE(decoded, std::string(decoded ? "" : decoded.error().message()));
  return std::move(*decoded);
}

}  // namespace

TEST_CASE("a slice comes back as it was") {
  SUBCASE("empty") { check_same(round_trip(empty_slice()), empty_slice()); }
  SUBCASE("sequences, symmetric pairs and values over shared tokens") {
    check_same(round_trip(text_slice()), text_slice());
  }
  SUBCASE("two sides, fractional weights, equal pairs") {
    check_same(round_trip(two_sided_slice()), two_sided_slice());
  }
  SUBCASE("tokens without observations") {
    auto slice = two_sided_slice();
    slice.pairs.clear();
    slice.values.clear();
    check_same(round_trip(slice), slice);
  }
  SUBCASE("tokens without uses") {
    auto slice = text_slice();
    slice.item_uses.clear();
    check_same(round_trip(slice), slice);
  }
  SUBCASE("contexts without a token are still contexts of their own") {
    auto slice = empty_slice();
    append_tokens(slice.item_token_bytes, slice.item_token_ends, {"alone"});
    check_same(round_trip(slice), slice);
  }
  SUBCASE("the longest and the shortest token, and bytes that are no text") {
    auto slice = empty_slice();
    const std::string longest(max_token_bytes, 'x');
    append_tokens(slice.item_token_bytes, slice.item_token_ends, {longest, "y", std::string_view("\0\xFF\n", 3)});
    check_same(round_trip(slice), slice);
  }
  SUBCASE("the ends of time") {
    auto slice = empty_slice();
    slice.interval = {Time::min(), Time::max()};
    check_same(round_trip(slice), slice);
  }
}

TEST_CASE("pairs come out sorted by item and context, equal pairs as they came") {
  auto slice = two_sided_slice();
  slice.pairs = {{1, 2, 1}, {0, 1, 2}, {1, 0, 3}, {0, 1, 4}, {1, 2, .5F}};
  const std::vector<PairCount> sorted{{0, 1, 2}, {0, 1, 4}, {1, 0, 3}, {1, 2, 1}, {1, 2, .5F}};
  CHECK(same(round_trip(slice).pairs, sorted));
}

TEST_CASE("whole weights beyond 2^24, and the largest below 2^32, come back exactly") {
  auto slice = two_sided_slice();
  slice.pairs = {{0, 0, 16777216.F}, {0, 1, 4294967040.F}, {0, 2, 1}};
  CHECK(same(round_trip(slice).pairs, slice.pairs));
  slice.pairs[1].weight = 4294967296.F;  // 2^32 itself goes as a float
  CHECK(same(round_trip(slice).pairs, slice.pairs));
}

TEST_CASE(
    "a slice that is decoded in the place of another is as one decoded by itself, in the same memory if it is no "
    "longer") {
  const std::vector<SliceData> slices{empty_slice(), text_slice(), two_sided_slice()};
  for (const SliceData& before : slices) {
    for (const SliceData& slice : slices) {
      SliceData data;
      REQUIRE(decode_slice(*encode_slice(before.view()), data));
      REQUIRE(decode_slice(*encode_slice(slice.view()), data));
      check_same(data, slice);
      CHECK_FALSE(decode_slice({}, data));
    }
  }
  SliceData data;
  REQUIRE(decode_slice(*encode_slice(text_slice().view()), data));
  const auto* ids = data.sequence_ids.data();
  REQUIRE(decode_slice(*encode_slice(empty_slice().view()), data));
  REQUIRE(decode_slice(*encode_slice(text_slice().view()), data));
  CHECK(data.sequence_ids.data() == ids);
}

TEST_CASE("uses of minus zero keep their sign") {
  auto slice = two_sided_slice();
  slice.item_uses = {-0.F, 1};
  CHECK(std::signbit(round_trip(slice).item_uses[0]));
}

TEST_CASE("the same slice gives the same bytes") {
  CHECK(*encode_slice(text_slice().view()) == *encode_slice(text_slice().view()));
}

TEST_CASE("bytes need no alignment") {
  const auto bytes = encode_slice(text_slice().view()).value();
  for (std::size_t shift = 0; shift < 8; ++shift) {
    std::vector<std::byte> shifted(shift);
    shifted.insert(shifted.end(), bytes.begin(), bytes.end());
    const auto decoded = decode_slice(std::span(shifted).subspan(shift));
    REQUIRE(decoded);
    CHECK(same(decoded->pairs, text_slice().pairs));
  }
}

TEST_CASE("large random slices come back, and counts take little more than two bytes a pair") {
  Random random(7);
  SliceData slice = empty_slice();
  slice.contexts_are_items = true;
  slice.pairs_are_symmetric = true;
  constexpr std::uint32_t tokens = 1000;
  for (std::uint32_t i = 0; i < tokens; ++i)
    append_tokens(slice.item_token_bytes, slice.item_token_ends, {std::to_string(i)});
  for (std::uint32_t i = 0; i < tokens; ++i)
    for (std::uint32_t j = i; j < tokens; ++j)
      if (random.uniform() < .1) slice.pairs.push_back({i, j, static_cast<float>(1 + random.bits() % 3)});
  const auto bytes = encode_slice(slice.view());
  REQUIRE(bytes);
  CHECK(bytes->size() < slice.pairs.size() * 21 / 10 + 10000);
  CHECK(same(decode_slice(*bytes)->pairs, slice.pairs));
}

TEST_CASE("what validate refuses is not encoded") {
  auto slice = text_slice();
  SUBCASE("a weight of zero") { slice.pairs[0].weight = 0; }
  SUBCASE("a weight that is not a number") { slice.pairs[0].weight = std::numeric_limits<float>::quiet_NaN(); }
  SUBCASE("an infinite value") { slice.values[0].value = std::numeric_limits<float>::infinity(); }
  SUBCASE("an id past the tokens") { slice.sequence_ids[0] = 4; }
  SUBCASE("an interval of no length") { slice.interval.end = slice.interval.begin; }
  const auto bytes = encode_slice(slice.view());
  REQUIRE(!bytes);
  CHECK(bytes.error().code() == ErrorCode::bad_data);
}
