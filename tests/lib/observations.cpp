// Pair counting: sequences, symmetric pairs and explicit pairs against counting by hand.
#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include <gaugeline/random.hpp>
#include <support/text_slice.hpp>

#include "../../lib/src/observations.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

using Counted = std::map<std::pair<RowIndex, RowIndex>, float>;

class Bench {
 public:
  explicit Bench(std::uint32_t capacity, Likelihood likelihood = Likelihood::skipgram) {
    Options options = small_options(likelihood);
    options.observation_capacity = capacity;
    Arena measure;
    observations.reserve(measure, options);
    memory_.resize(measure.used() / sizeof(std::max_align_t) + arena_alignment);
    Arena arena(reinterpret_cast<std::byte*>(memory_.data()));
    observations.reserve(arena, options);
  }
  Expected<> build(const SliceView& slice, std::size_t tokens) {
    std::vector<RowIndex> rows(tokens);
    for (std::size_t i = 0; i < tokens; ++i) rows[i] = i == without_row ? no_row : static_cast<RowIndex>(i);
    return observations.build(slice, {rows, rows}, tokens, tokens);
  }
  Expected<> build(const SliceView& slice, const std::vector<RowIndex>& items, const std::vector<RowIndex>& contexts) {
    return observations.build(slice, {items, contexts}, items.size(), contexts.size());
  }
  [[nodiscard]] Counted counted(Side side, std::size_t tokens) const {
    Counted all;
    for (std::size_t row = 0; row < tokens; ++row) {
      RowIndex last = 0;
      for (const Observed& o : observations.of(side, row)) {
        CHECK(o.other >= last);
        last = o.other;
        const auto r = static_cast<RowIndex>(row);
        all[side == Side::items ? std::pair(r, o.other) : std::pair(o.other, r)] += o.weight;
      }
    }
    return all;
  }
  Observations observations;
  std::size_t without_row = 1U << 30U;

 private:
  std::vector<std::max_align_t> memory_;
};

Counted by_hand(const SliceView& slice) {
  Counted counts;
  std::size_t begin = 0;
  for (const std::uint32_t end : slice.sequence_ends) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::size_t j = begin; j < end; ++j) {
        const std::size_t apart = i < j ? j - i : i - j;
        if (apart >= 1 && apart <= slice.window)
          counts[{slice.sequence_ids[i], slice.sequence_ids[j]}] +=
              slice.window_weights == WindowWeights::full
                  ? 1.F
                  : 1 - static_cast<float>(apart - 1) / static_cast<float>(slice.window);
      }
    }
    begin = end;
  }
  return counts;
}

}  // namespace

TEST_CASE("sequences count every ordered pair of positions within the window, from both sides alike") {
  const SequenceSlice slice(0, 50);
  const Counted expected = by_hand(slice.view());
  // Once with ample room, once so tight that equal pairs must be added up on the way.
  for (const std::uint32_t capacity : {1U << 15U, static_cast<std::uint32_t>(expected.size() * 5 / 4)}) {
    Bench bench(capacity);
    REQUIRE(bench.build(slice.view(), 50));
    CHECK(bench.counted(Side::items, 50) == expected);
    CHECK(bench.counted(Side::contexts, 50) == expected);
    CHECK(bench.observations.size() == expected.size());
  }
}

TEST_CASE("sequences count the same where a token's rows differ, or one of them is lacking") {
  constexpr std::size_t tokens = 50;
  const SequenceSlice slice(0, tokens);
  std::vector<RowIndex> items(tokens);
  std::iota(items.begin(), items.end(), RowIndex{0});
  std::vector<RowIndex> turned = items;
  std::ranges::rotate(turned, turned.begin() + 20);
  std::vector<RowIndex> fewer = items;
  fewer[0] = no_row;
  for (const auto& contexts : {turned, fewer}) {
    Counted expected;
    for (const auto& [pair, weight] : by_hand(slice.view())) {
      if (contexts[pair.second] != no_row) expected[{pair.first, contexts[pair.second]}] = weight;
    }
    Bench bench(1U << 15U);
    REQUIRE(bench.build(slice.view(), items, contexts));
    CHECK(bench.counted(Side::items, tokens) == expected);
    CHECK(bench.counted(Side::contexts, tokens) == expected);
    REQUIRE(bench.build(slice.view(), items, items));  // as if nothing had been
    CHECK(bench.counted(Side::contexts, tokens) == by_hand(slice.view()));
    REQUIRE(bench.build(slice.view(), contexts, items));
    CHECK(bench.counted(Side::items, tokens) == bench.counted(Side::contexts, tokens));
  }
}

TEST_CASE("where the window falls, pairs count by their distance") {
  const SequenceSlice sequences(0, 50);
  SliceView slice = sequences.view();
  slice.window = 4;  // so that every weight is a whole number of quarters
  slice.window_weights = WindowWeights::falling;
  Bench bench(1U << 15U);
  REQUIRE(bench.build(slice, 50));
  CHECK(bench.counted(Side::items, 50) == by_hand(slice));
  CHECK(bench.counted(Side::contexts, 50) == by_hand(slice));
}

TEST_CASE("sequences longer than there is room for at a time are counted in parts, beside pairs that are given") {
  constexpr std::uint32_t tokens = 30;
  constexpr std::size_t without = 7;
  const OwnedTokens names = numbered_tokens("t", tokens);
  Random random(4);
  std::vector<std::uint32_t> ids(20000);
  for (std::uint32_t& id : ids) id = static_cast<std::uint32_t>(tokens * random.uniform() * random.uniform());
  std::vector<std::uint32_t> ends{1, 1, 2, 9000};  // one that is empty, and one that is longer than a part
  while (ends.back() < ids.size()) {
    const auto length = static_cast<std::uint32_t>(1 + 40 * random.uniform());
    ends.push_back(std::min(ends.back() + length, static_cast<std::uint32_t>(ids.size())));
  }
  const std::vector<PairCount> pairs = {{0, 29, .5F}, {without, 2, 4}, {29, 29, 2}, {3, 4, 1}};
  for (const auto weights : {WindowWeights::full, WindowWeights::falling}) {
    SliceView slice;
    slice.item_tokens = names.list();
    slice.contexts_are_items = true;
    slice.sequence_ids = ids;
    slice.sequence_ends = ends;
    slice.window = 4;
    slice.window_weights = weights;
    slice.pairs = pairs;
    Counted expected = by_hand(slice);
    for (const PairCount& pair : pairs) expected[{pair.item, pair.context}] += pair.weight;
    double left_out = 0;
    std::erase_if(expected, [&](const auto& entry) {
      const bool leaves = entry.first.first == without || entry.first.second == without;
      if (leaves) left_out += static_cast<double>(entry.second);
      return leaves;
    });
    for (const std::uint32_t capacity : {1U << 15U, static_cast<std::uint32_t>(expected.size())}) {
      Bench bench(capacity);
      bench.without_row = without;
      REQUIRE(bench.build(slice, tokens));
      CHECK(bench.counted(Side::items, tokens) == expected);
      CHECK(bench.counted(Side::contexts, tokens) == expected);
      CHECK(bench.observations.left_out() == left_out);
    }
    Bench small(static_cast<std::uint32_t>(expected.size()) - 1);
    small.without_row = without;
    CHECK(!small.build(slice, tokens));
    SliceView rest = slice;  // nothing of what was refused is left
    rest.sequence_ids = rest.sequence_ends = {};
    REQUIRE(small.build(rest, tokens));
    CHECK(small.observations.size() == 3);
  }
}

TEST_CASE("counted in parts, where sums are rounded, an observation weighs the same from both sides to the last bit") {
  constexpr std::uint32_t tokens = 30;
  SequenceSlice slice(2, tokens, 1000);
  slice.ends = {static_cast<std::uint32_t>(slice.ids.size())};
  SliceView view = slice.view();
  view.window_weights = WindowWeights::falling;  // in units of a third
  Bench bench(1000);                             // room for 4,096 positions at a time
  REQUIRE(bench.build(view, tokens));
  CHECK(bench.counted(Side::items, tokens) == bench.counted(Side::contexts, tokens));
}

TEST_CASE("symmetric pairs stand for both directions, those of a token with itself for one") {
  Bench bench(100);
  const OwnedTokens tokens = numbered_tokens("t", 3);
  const std::vector<PairCount> pairs = {{0, 1, 2}, {1, 1, 3}, {2, 0, .5F}, {0, 1, 1}};
  SliceView slice;
  slice.item_tokens = tokens.list();
  slice.contexts_are_items = true;
  slice.pairs = pairs;
  slice.pairs_are_symmetric = true;
  REQUIRE(bench.build(slice, 3));
  const Counted expected = {{{0, 1}, 3}, {{1, 0}, 3}, {{1, 1}, 3}, {{2, 0}, .5F}, {{0, 2}, .5F}};
  CHECK(bench.counted(Side::items, 3) == expected);
  CHECK(bench.counted(Side::contexts, 3) == expected);
}

TEST_CASE("the order of pairs in a slice changes nothing, to the last bit") {
  const OwnedTokens tokens = numbered_tokens("t", 20);
  std::vector<PairCount> pairs;
  Random random(8);
  for (int k = 0; k < 600; ++k) {
    const auto token = [&] { return static_cast<std::uint32_t>(20 * random.uniform()); };
    pairs.push_back({.item = token(), .context = token(), .weight = static_cast<float>(random.uniform())});
  }
  SliceView slice;
  slice.item_tokens = slice.context_tokens = tokens.list();
  slice.pairs = pairs;
  Bench bench(1000);
  REQUIRE(bench.build(slice, 20));
  const Counted counted = bench.counted(Side::items, 20);
  CHECK(bench.counted(Side::contexts, 20) == counted);
  std::ranges::reverse(pairs);
  REQUIRE(bench.build(slice, 20));
  CHECK(bench.counted(Side::items, 20) == counted);
}

TEST_CASE("what has no row is left out and counted") {
  Bench bench(100);
  bench.without_row = 1;
  const OwnedTokens tokens = numbered_tokens("t", 3);
  const std::vector<PairCount> pairs = {{0, 1, 2}, {1, 2, 3}, {2, 0, 5}};
  SliceView slice;
  slice.item_tokens = slice.context_tokens = tokens.list();
  slice.pairs = pairs;
  REQUIRE(bench.build(slice, 3));
  CHECK(bench.counted(Side::items, 3) == Counted{{{2, 0}, 5}});
  CHECK(bench.observations.left_out() == 5);
}

TEST_CASE("values of one pair stay apart") {
  Bench bench(100, Likelihood::gaussian);
  const OwnedTokens tokens = numbered_tokens("t", 2);
  const std::vector<PairValue> values = {{1, 0, 2}, {1, 0, -1}, {0, 1, 0}};
  SliceView slice;
  slice.item_tokens = slice.context_tokens = tokens.list();
  slice.values = values;
  REQUIRE(bench.build(slice, 2));
  REQUIRE(bench.observations.of(Side::items, 1).size() == 2);
  CHECK(bench.observations.of(Side::items, 1)[0].weight == -1);
  CHECK(bench.observations.of(Side::contexts, 0)[1].weight == 2);
  CHECK(bench.observations.of(Side::contexts, 1).size() == 1);
}

TEST_CASE("more distinct pairs than there is room for is an error that says what to do") {
  const SequenceSlice slice(0, 50);
  Bench bench(static_cast<std::uint32_t>(by_hand(slice.view()).size() - 1));
  const auto ok = bench.build(slice.view(), 50);
  REQUIRE(!ok);
  CHECK(ok.error().code() == ErrorCode::capacity_exceeded);
  CHECK(ok.error().message().find("observation_capacity") != std::string_view::npos);
  CHECK(bench.observations.size() == 0);
}
