// gaugeline::validate(SliceView): each broken rule is named.
#include <doctest/doctest.h>

#include <limits>
#include <string>

#include <gaugeline/slice.hpp>
#include <support/tokens.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

struct Valid {
  OwnedTokens tokens = numbered_tokens("t", 3);
  std::vector<float> uses = {1, 2, 0};
  std::vector<std::uint32_t> ids = {0, 1, 2, 1};
  std::vector<std::uint32_t> ends = {2, 4};
  std::vector<PairCount> pairs = {{0, 1, 2}, {2, 2, .5F}};
  std::vector<PairValue> values = {{0, 2, -1}};

  [[nodiscard]] SliceView view() const {
    SliceView slice;
    slice.interval = day(0);
    slice.item_tokens = tokens.list();
    slice.contexts_are_items = true;
    slice.item_uses = uses;
    slice.sequence_ids = ids;
    slice.sequence_ends = ends;
    slice.window = 5;
    slice.pairs = pairs;
    slice.values = values;
    return slice;
  }
};

std::string reason(const SliceView& slice) {
  const auto ok = validate(slice);
  if (ok) return "";
  CHECK(ok.error().code() == ErrorCode::bad_data);
  return std::string(ok.error().message());
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a slice of sequences, pairs and values is valid, and so is an empty one") {
  const Valid valid;
  CHECK(reason(valid.view()).empty());
  SliceView empty;
  empty.interval = day(0);
  CHECK(reason(empty).empty());
}

TEST_CASE("time: a slice ends after it begins") {
  SliceView slice;
  CHECK(contains(reason(slice), "interval"));
  slice.interval = {day(1).end, day(1).begin};
  CHECK(contains(reason(slice), "interval"));
}

TEST_CASE("ids are below the number of tokens") {
  Valid valid;
  SUBCASE("of sequences") {
    valid.ids[3] = 3;
    CHECK(contains(reason(valid.view()), "sequence_ids[3] is 3"));
    for (const std::uint32_t id : {0x7FFFFFFFU, 0x80000000U, 0x80000001U, 0xFFFFFFFFU}) {
      valid.ids[3] = id;
      CHECK(contains(reason(valid.view()), "sequence_ids[3] is " + std::to_string(id)));
    }
  }
  SUBCASE("of pairs") {
    valid.pairs[1].context = 7;
    CHECK(contains(reason(valid.view()), "pairs[1].context is 7"));
  }
  SUBCASE("of values") {
    valid.values[0].item = 9;
    CHECK(contains(reason(valid.view()), "values[0].item is 9"));
  }
}

TEST_CASE("weights are positive, values finite, uses not negative, and none is absurd") {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  for (const float bad : {0.F, -1.F, nan, infinity, 2e12F}) {
    Valid valid;
    valid.pairs[1].weight = bad;
    CHECK(contains(reason(valid.view()), "pairs[1].weight"));
  }
  for (const float bad : {nan, infinity, -infinity, 2e12F, -2e12F}) {
    Valid valid;
    valid.values[0].value = bad;
    CHECK(contains(reason(valid.view()), "values[0].value"));
  }
  for (const float bad : {-1.F, nan, infinity}) {
    Valid valid;
    valid.uses[2] = bad;
    CHECK(contains(reason(valid.view()), "item_uses[2]"));
  }
}

TEST_CASE("shapes fit each other") {
  Valid valid;
  SliceView slice = valid.view();
  SUBCASE("uses") {
    slice.item_uses = slice.item_uses.first(2);
    CHECK(contains(reason(slice), "item_uses has 2 entries for 3 tokens"));
  }
  SUBCASE("ends of sequences") {
    slice.sequence_ends = slice.sequence_ends.first(1);
    CHECK(contains(reason(slice), "the sequences end at 2"));
  }
  SUBCASE("falling ends") {
    valid.ends = {3, 2};
    CHECK(contains(reason(valid.view()), "sequence_ends[1] falls"));
  }
  SUBCASE("window") {
    slice.window = 0;
    CHECK(contains(reason(slice), "window is 0"));
    slice.window = 256;
    CHECK(contains(reason(slice), "window is 256"));
  }
  SUBCASE("sequences and symmetric pairs are about one set of tokens") {
    slice.contexts_are_items = false;
    CHECK(contains(reason(slice), "contexts_are_items"));
  }
  SUBCASE("context tokens of their own where they are the items'") {
    slice.context_tokens = valid.tokens.list();
    CHECK(contains(reason(slice), "context_tokens"));
  }
}

TEST_CASE("tokens have 1 to 255 bytes, and their ends fit") {
  Valid valid;
  SUBCASE("empty") {
    valid.tokens.add("");
    valid.uses.push_back(0);
    CHECK(contains(reason(valid.view()), "item_tokens[3]"));
  }
  SUBCASE("too long") {
    valid.tokens.add(std::string(256, 'x'));
    valid.uses.push_back(0);
    CHECK(contains(reason(valid.view()), "not 256"));
  }
  SUBCASE("ends past the bytes") {
    valid.tokens.ends.back() += 1;
    CHECK(contains(reason(valid.view()), "ends of the tokens"));
  }
}
