// Slices that cannot be used are refused with the name of the field, and change nothing.
#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include <support/text_slice.hpp>

#include "c_learner.hpp"

namespace gaugeline::test {
namespace {

using testing::day;
using testing::OwnedTokens;
using testing::SequenceSlice;

// A whole slice of two tokens, which a test then spoils.
struct Example {
  OwnedTokens tokens = testing::numbered_tokens("t", 2);
  std::vector<float> uses{1, 1};
  std::vector<gaugeline_pair> pairs{{0, 1, 2}};
  std::vector<gaugeline_value> values{{1, 0, .5F}};
  std::vector<std::uint32_t> ids{0, 1, 0};
  std::vector<std::uint32_t> ends{3};

  [[nodiscard]] gaugeline_slice slice(std::int64_t t = 0) const {
    auto slice = sized<gaugeline_slice>();
    slice.begin = day(t).begin.time_since_epoch().count();
    slice.end = day(t).end.time_since_epoch().count();
    slice.item_tokens = in_c(tokens.list());
    slice.contexts_are_items = 1;
    slice.item_uses = uses.data();
    slice.sequence_ids = ids.data();
    slice.sequence_id_count = ids.size();
    slice.sequence_ends = ends.data();
    slice.sequence_count = ends.size();
    slice.window = 2;
    slice.pairs = pairs.data();
    slice.pair_count = pairs.size();
    return slice;
  }
};

void check_refused(const std::function<void(Example&, gaugeline_slice&)>& spoil, gaugeline_status status,
                   std::string_view part) {
  const CLearner learner = make_learner(small_c_options());
  Example example;
  gaugeline_slice slice = example.slice();
  spoil(example, slice);
  Call call;
  CHECK(gaugeline_learner_feed_slice(learner.get(), &slice, call) == status);
  CHECK_MESSAGE(call.message().find(part) != std::string::npos, call.message());
  std::uint64_t waiting = 9;
  REQUIRE(gaugeline_learner_waiting(learner.get(), &waiting, nullptr, call) == GAUGELINE_OK);
  CHECK(waiting == 0);
}

TEST_CASE("the example itself is learnt") {
  const CLearner learner = make_learner(small_c_options());
  const Example example;
  const gaugeline_slice slice = example.slice();
  Call call;
  REQUIRE(gaugeline_learner_feed_slice(learner.get(), &slice, call) == GAUGELINE_OK);
  CHECK(step(learner.get()).item_rows == 2);
}

TEST_CASE("arrays that are not there are named") {
  const auto bad = GAUGELINE_INVALID_ARGUMENT;
  check_refused([](auto&, auto& s) { s.pairs = nullptr; }, bad, "pairs is NULL, but has 1 entries");
  check_refused([](auto&, auto& s) { s.value_count = 3; }, bad, "values is NULL, but has 3 entries");
  check_refused([](auto&, auto& s) { s.sequence_ids = nullptr; }, bad, "sequence_ids is NULL");
  check_refused([](auto&, auto& s) { s.sequence_ends = nullptr; }, bad, "sequence_ends is NULL");
  check_refused([](auto&, auto& s) { s.item_tokens.ends = nullptr; }, bad, "item_tokens is NULL");
  check_refused([](auto&, auto& s) { s.item_tokens.bytes = nullptr; }, bad, "item_tokens is NULL");
  check_refused([](auto&, auto& s) { s.context_tokens.count = 1; }, bad, "context_tokens is NULL");
}

TEST_CASE("lengths beyond any limit are refused before anything is read") {
  const auto status = GAUGELINE_CAPACITY_EXCEEDED;
  constexpr std::size_t most = std::numeric_limits<std::size_t>::max();
  check_refused([](auto&, auto& s) { s.pair_count = most; }, status, "pairs has");
  check_refused([](auto&, auto& s) { s.sequence_id_count = most; }, status, "sequence_ids has");
  check_refused([](auto&, auto& s) { s.item_tokens.count = most; }, status, "item_tokens has");
  check_refused([](auto&, auto& s) { s.item_tokens.byte_count = most; }, status, "item_tokens has");
}

TEST_CASE("shapes, ids and figures are checked") {
  const auto bad = GAUGELINE_BAD_DATA;
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  check_refused([](auto&, auto& s) { s.end = s.begin; }, bad, "interval");
  check_refused([](auto&, auto& s) { s.begin = std::numeric_limits<std::int64_t>::max(); }, bad, "interval");
  check_refused([](auto&, auto& s) { s.item_tokens.byte_count = 3; }, bad, "item_tokens: the ends");
  check_refused([](auto& e, auto&) { e.tokens.ends[0] = 99; }, bad, "item_tokens: the ends");
  check_refused([](auto& e, auto&) { e.tokens.ends[0] = 0; }, bad, "item_tokens[0]: a token has 1 to 255 bytes");
  check_refused([](auto& e, auto&) { e.uses[1] = nan; }, bad, "item_uses[1]");
  check_refused([](auto& e, auto&) { e.ids[2] = 2; }, bad, "sequence_ids[2] is 2");
  check_refused([](auto& e, auto&) { e.ends[0] = 4; }, bad, "the sequences end at 4");
  check_refused([](auto&, auto& s) { s.window = 0; }, bad, "window is 0");
  check_refused([](auto&, auto& s) { s.window = 256; }, bad, "window is 256");
  check_refused([](auto& e, auto&) { e.pairs[0].context = 2; }, bad, "pairs[0].context is 2");
  check_refused([](auto& e, auto&) { e.pairs[0].weight = 0; }, bad, "pairs[0].weight is 0");
  check_refused([](auto& e, auto&) { e.pairs[0].weight = infinity; }, bad, "pairs[0].weight is inf");
  const auto with_value = [&](float value) {
    return [value](Example& e, gaugeline_slice& s) {
      e.values[0].value = value;
      s.values = e.values.data();
      s.value_count = 1;
    };
  };
  check_refused(with_value(nan), bad, "values[0].value is nan");
  check_refused(with_value(-infinity), bad, "values[0].value is -inf");
}

TEST_CASE("what is overlong is refused with its length") {
  const CLearner learner = make_learner(small_c_options());
  Example example;
  example.tokens = {};
  example.tokens.add(std::string(256, 'x'));
  example.tokens.add("short");
  const gaugeline_slice slice = example.slice();
  Call call;
  CHECK(gaugeline_learner_feed_slice(learner.get(), &slice, call) == GAUGELINE_BAD_DATA);
  CHECK(call.message() == "item_tokens[0]: a token has 1 to 255 bytes, not 256");
}

TEST_CASE("flags are 0 or 1, and the size is that of the struct") {
  const auto bad = GAUGELINE_INVALID_ARGUMENT;
  check_refused([](auto&, auto& s) { s.contexts_are_items = 2; }, bad, "contexts_are_items is 2, not 0 or 1");
  check_refused([](auto&, auto& s) { s.pairs_are_symmetric = -1; }, bad, "pairs_are_symmetric is -1");
  check_refused([](auto&, auto& s) { s.falling_weights = 7; }, bad, "falling_weights is 7");
  check_refused([](auto&, auto& s) { s.struct_size = 0; }, bad, "slice.struct_size is 0");
  check_refused([](auto&, auto& s) { s.struct_size = 1U << 20U; }, bad, "slice.struct_size is 1048576");
}

TEST_CASE("a field of a later header is refused if it says something, and taken for nothing if not") {
  const CLearner learner = make_learner(small_c_options());
  const Example example;
  struct Later {
    gaugeline_slice slice;
    std::uint64_t more;
  } later{example.slice(), 0};
  later.slice.struct_size = sizeof later;
  Call call;
  CHECK(gaugeline_learner_feed_slice(learner.get(), &later.slice, call) == GAUGELINE_OK);
  later.slice.begin = later.slice.end;
  later.slice.end += 1000;
  later.more = 1;
  CHECK(gaugeline_learner_feed_slice(learner.get(), &later.slice, call) == GAUGELINE_INVALID_ARGUMENT);
}

TEST_CASE("slices are fed in the order of time, whether they wait or are learnt") {
  const CLearner learner = make_learner(small_c_options());
  const Example example;
  const gaugeline_slice third = example.slice(2);
  const gaugeline_slice second = example.slice(1);
  Call call;
  REQUIRE(gaugeline_learner_feed_slice(learner.get(), &third, call) == GAUGELINE_OK);
  CHECK(gaugeline_learner_feed_slice(learner.get(), &second, call) == GAUGELINE_OUT_OF_ORDER);
  step(learner.get());
  CHECK(gaugeline_learner_feed_slice(learner.get(), &second, call) == GAUGELINE_OUT_OF_ORDER);
  CHECK(gaugeline_learner_feed_slice(learner.get(), &third, call) == GAUGELINE_OUT_OF_ORDER);
  auto earliest = example.slice();
  earliest.begin = std::numeric_limits<std::int64_t>::min();
  CHECK(gaugeline_learner_feed_slice(learner.get(), &earliest, call) == GAUGELINE_OUT_OF_ORDER);
}

TEST_CASE("a slice that the learner has no room for is dropped by the step, and the state is as it was") {
  const CLearner learner = make_learner(small_c_options("skipgram", {{"observation_capacity", "64"}}));
  const Example example;
  const gaugeline_slice small = example.slice();
  Call call;
  REQUIRE(gaugeline_learner_feed_slice(learner.get(), &small, call) == GAUGELINE_OK);
  step(learner.get());
  feed(learner.get(), SequenceSlice(1, 60).view());
  std::int32_t learnt = 7;
  CHECK(gaugeline_learner_step(learner.get(), nullptr, &learnt, call) == GAUGELINE_CAPACITY_EXCEEDED);
  CHECK(learnt == 0);
  CHECK(table(learner.get()).rows == 2);
  CHECK(gaugeline_learner_step(learner.get(), nullptr, &learnt, call) == GAUGELINE_OK);
  CHECK(learnt == 0);
}

}  // namespace
}  // namespace gaugeline::test
