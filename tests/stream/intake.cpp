#include <doctest/doctest.h>

#include <gaugeline/stream/intake.hpp>

#include "intake_events.hpp"

namespace gaugeline::stream {
namespace {

using Seconds = std::vector<std::int64_t>;

Fate add(Intake& intake, const Event& event, std::string_view sender = "") {
  const auto fate = intake.add(event, sender);
  REQUIRE_MESSAGE(fate.has_value(), std::string(fate ? "" : fate.error().message()));
  return *fate;
}

TEST_CASE("a window gives its slice when the watermark reaches its end, and not before") {
  auto intake = Intake::create(tens()).value();
  CHECK(!intake.watermark().has_value());
  CHECK(!intake.closed_until().has_value());
  add(intake, token(3));
  add(intake, token(9));
  CHECK(take_slices(intake).empty());
  CHECK(intake.open_windows() == 1);
  add(intake, token(10));
  const auto slices = take_slices(intake);
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].interval == TimeInterval{second(0), second(10)});
  CHECK(slices[0].item_uses == std::vector<float>{2});
  CHECK(intake.watermark() == second(10));
  CHECK(intake.closed_until() == second(10));
  CHECK(intake.counts().slices == 1);
}

TEST_CASE("lateness keeps windows open for that long") {
  auto intake = Intake::create(tens(5)).value();
  add(intake, token(9));
  add(intake, token(14));
  CHECK(intake.watermark() == second(9));
  CHECK(add(intake, token(3)) == Fate::counted);
  CHECK(take_slices(intake).empty());
  add(intake, token(15));
  CHECK(begins(take_slices(intake)) == Seconds{0});
}

TEST_CASE("windows without events give no slice, and slices come in the order of time") {
  auto intake = Intake::create(tens(100)).value();
  for (const std::int64_t time : {75, 1, 33, 36}) add(intake, token(time));
  add(intake, at(1000, WatermarkEvent{}));
  CHECK(begins(take_slices(intake)) == Seconds{0, 30, 70});
  CHECK(intake.closed_until() == second(1000));
}

TEST_CASE("a watermark of an event is taken as it stands, without lateness, and counts as no event") {
  auto intake = Intake::create(tens(100)).value();
  add(intake, token(5));
  CHECK(add(intake, at(10, WatermarkEvent{})) == Fate::watermark);
  CHECK(intake.watermark() == second(10));
  CHECK(begins(take_slices(intake)) == Seconds{0});
  CHECK(intake.counts().events == 1);
}

TEST_CASE("the slowest source that is not idle holds the watermark back") {
  auto intake = Intake::create(tens()).value();
  add(intake, token(5, "slow"));
  add(intake, token(50, "fast"));
  CHECK(intake.watermark() == second(5));
  intake.set_idle("slow");
  CHECK(intake.watermark() == second(50));
  CHECK(begins(take_slices(intake)) == Seconds{0});
  // Back again it is late, pulls nothing back, and holds the watermark where it is until it has caught up.
  CHECK(add(intake, token(6, "slow")) == Fate::late_counted);
  add(intake, token(70, "fast"));
  CHECK(intake.watermark() == second(50));
  add(intake, token(60, "slow"));
  CHECK(intake.watermark() == second(60));
}

TEST_CASE("if all sources are idle the watermark stays") {
  auto intake = Intake::create(tens()).value();
  add(intake, token(5, "one"));
  intake.set_idle("one");
  intake.set_idle("unknown");
  CHECK(intake.watermark() == second(5));
  CHECK(intake.sources() == 1);
}

const Event end_of_source{{}, "", "", WatermarkEvent{.end = true}};

TEST_CASE("the end of the only source closes its last window, whatever the period and the lateness, and nothing more") {
  for (const std::int64_t lateness : {0, 7, 100}) {
    CAPTURE(lateness);
    auto intake = Intake::create(tens(lateness)).value();
    for (const std::int64_t time : {3, 25, 20}) add(intake, token(time));
    CHECK(add(intake, end_of_source) == Fate::watermark);
    CHECK(begins(take_slices(intake)) == Seconds{0, 20});
    CHECK(intake.watermark() == second(30));
    CHECK(add(intake, end_of_source) == Fate::watermark);
    CHECK(intake.watermark() == second(30));
    CHECK(intake.active_sources().empty());
    CHECK(intake.counts().events == 3);
  }
}

TEST_CASE("an end holds for its source: the windows that others fill stay open until they have ended, too") {
  auto intake = Intake::create(tens()).value();
  add(intake, token(5, "slow"));
  add(intake, token(35, "fast"));
  add(intake, end_of_source, "fast");
  CHECK(intake.watermark() == second(5));
  add(intake, token(17, "slow"));  // it alone holds the watermark now
  CHECK(begins(take_slices(intake)) == Seconds{0});
  add(intake, end_of_source, "slow");
  CHECK(begins(take_slices(intake)) == Seconds{10, 30});
  CHECK(intake.watermark() == second(40));
}

TEST_CASE("a source that was idle when it ended closes its window; one that is unknown changes nothing") {
  auto intake = Intake::create(tens(5)).value();
  add(intake, end_of_source);
  CHECK(!intake.watermark());
  add(intake, token(15));  // its watermark is where a window begins
  intake.set_idle("");
  add(intake, end_of_source);
  CHECK(begins(take_slices(intake)) == Seconds{10});
  intake.set_idle("");
  add(intake, end_of_source);
  CHECK(intake.watermark() == second(20));
}

TEST_CASE("an event takes the end of its source back") {
  auto intake = Intake::create(tens()).value();
  add(intake, token(5));
  add(intake, end_of_source);
  take_slices(intake);
  CHECK(add(intake, token(25)) == Fate::counted);
  CHECK(intake.active_sources() == std::vector<std::string>{""});
  add(intake, end_of_source);
  CHECK(begins(take_slices(intake)) == Seconds{20});
}

TEST_CASE("at the end of event time an end closes the last window, and the state can be read back") {
  auto intake = Intake::create(tens()).value();
  REQUIRE(intake.add({latest_time, "", "", TokensEvent{{"a"}}}, "").has_value());
  add(intake, end_of_source);
  CHECK(take_slices(intake).size() == 1);
  const auto bytes = intake.encode().value();
  CHECK(Intake::decode(tens(), bytes).value().encode().value() == bytes);
}

TEST_CASE("an event without a source is its sender's") {
  auto intake = Intake::create(tens()).value();
  add(intake, token(5), "sender");
  add(intake, token(50, "own"), "sender");
  CHECK(intake.sources() == 2);
  CHECK(intake.watermark() == second(5));
  add(intake, at(20, WatermarkEvent{}), "sender");
  CHECK(intake.watermark() == second(20));
  add(intake, at(40, WatermarkEvent{}, "own"), "sender");
  add(intake, at(30, WatermarkEvent{}, "sender"), "other");
  CHECK(intake.watermark() == second(30));
}

TEST_CASE("late events go into the oldest open window") {
  auto intake = Intake::create(tens()).value();
  add(intake, token(25, "slow"));
  add(intake, token(55, "fast"));
  take_slices(intake);
  CHECK(add(intake, token(9, "fast")) == Fate::late_counted);
  CHECK(intake.counts().late == 1);
  CHECK(intake.counts().events == 3);
  add(intake, at(100, WatermarkEvent{}, "slow"));
  add(intake, at(100, WatermarkEvent{}, "fast"));
  const auto slices = take_slices(intake);
  CHECK(begins(slices) == Seconds{20, 50});
  CHECK(slices[0].item_uses == std::vector<float>{2});
}

TEST_CASE("late events go into the window of the watermark if no window is open") {
  auto intake = Intake::create(tens()).value();
  add(intake, at(77, WatermarkEvent{}));
  CHECK(add(intake, token(9)) == Fate::late_counted);
  add(intake, at(80, WatermarkEvent{}));
  CHECK(begins(take_slices(intake)) == Seconds{70});
}

TEST_CASE("late events are dropped or left to the caller where the policy says so") {
  for (const auto& [policy, fate] :
       {std::pair(LatePolicy::drop, Fate::late_dropped), std::pair(LatePolicy::aside, Fate::late_aside)}) {
    auto options = tens();
    options.late = policy;
    auto intake = Intake::create(options).value();
    add(intake, token(25));
    CHECK(add(intake, token(9)) == fate);
    CHECK(add(intake, token(20)) == Fate::counted);
    CHECK(intake.counts().late == 1);
    CHECK(intake.counts().late_dropped == (policy == LatePolicy::drop ? 1 : 0));
    CHECK(intake.counts().late_aside == (policy == LatePolicy::aside ? 1 : 0));
    CHECK(intake.counts().events == 2);
  }
}

TEST_CASE("an event that came before changes nothing but a count") {
  auto intake = Intake::create(tens()).value();
  CHECK(add(intake, token(1, "s", "7")) == Fate::counted);
  CHECK(add(intake, token(30, "s", "7")) == Fate::duplicate);
  CHECK(intake.watermark() == second(1));
  CHECK(intake.counts().duplicates == 1);
  CHECK(intake.counts().events == 1);
  // Another source, by name or by sender, and another id.
  CHECK(add(intake, token(1, "t", "7")) == Fate::counted);
  CHECK(add(intake, token(1, "s", "8")) == Fate::counted);
  CHECK(add(intake, token(1, "", "7"), "u") == Fate::counted);
  CHECK(add(intake, token(1, "u", "7"), "v") == Fate::duplicate);
  // Source and id are told apart wherever the cut is.
  CHECK(add(intake, token(1, "x", "yz")) == Fate::counted);
  CHECK(add(intake, token(1, "xy", "z")) == Fate::counted);
}

TEST_CASE("events without an id, or without any source, are never taken for duplicates") {
  auto intake = Intake::create(tens()).value();
  for (int i = 0; i < 2; ++i) {
    CHECK(add(intake, token(1, "s")) == Fate::counted);
    CHECK(add(intake, token(1, "", "7")) == Fate::counted);
  }
}

TEST_CASE("ids are remembered as far as the horizon") {
  auto options = tens();
  options.duplicate_horizon = 3;
  auto intake = Intake::create(options).value();
  for (const auto* const id : {"1", "2", "3"}) CHECK(add(intake, token(1, "s", id)) == Fate::counted);
  CHECK(add(intake, token(1, "s", "1")) == Fate::duplicate);
  CHECK(add(intake, token(1, "s", "4")) == Fate::counted);
  CHECK(add(intake, token(1, "s", "2")) == Fate::duplicate);
  CHECK(add(intake, token(1, "s", "1")) == Fate::counted);
  options.duplicate_horizon = 0;
  auto forgetful = Intake::create(options).value();
  for (int i = 0; i < 2; ++i) CHECK(add(forgetful, token(1, "s", "1")) == Fate::counted);
}

TEST_CASE("a slice from elsewhere closes windows") {
  auto intake = Intake::create(tens(100)).value();
  add(intake, token(5));
  add(intake, token(25));
  REQUIRE(intake.close_until(second(20)).has_value());
  CHECK(intake.closed_until() == second(20));
  CHECK(begins(take_slices(intake)) == Seconds{0});
  CHECK(add(intake, token(19)) == Fate::late_counted);
  REQUIRE(intake.close_until(second(15)).has_value());
  CHECK(intake.watermark() == second(20));
  // In the middle of a window: that one stays open.
  REQUIRE(intake.close_until(second(29)).has_value());
  CHECK(intake.closed_until() == second(20));
  CHECK(add(intake, token(21)) == Fate::counted);
}

TEST_CASE("a slice that ends after event time closes nothing") {
  auto intake = Intake::create(tens()).value();
  CHECK(intake.close_until(Time::max()).error().code() == ErrorCode::bad_data);
  CHECK(intake.close_until(Time::min()).has_value());
  CHECK(!intake.watermark().has_value());
  REQUIRE(intake.close_until(latest_time + std::chrono::microseconds{1}).has_value());
  CHECK(add(intake, token(5)) == Fate::late_dropped);  // no window is left
  CHECK(intake.counts().late_dropped == 1);
}

TEST_CASE("events of the ends of event time are taken") {
  auto intake = Intake::create(tens(1)).value();
  CHECK(add(intake, {earliest_time, "", "", TokensEvent{{"a"}}}) == Fate::counted);
  CHECK(!intake.closed_until().has_value());
  CHECK(add(intake, {latest_time, "", "", TokensEvent{{"a"}}}) == Fate::counted);
  CHECK(take_slices(intake).size() == 1);
}

TEST_CASE("the first event decides what kind all others have") {
  auto intake = Intake::create(tens()).value();
  add(intake, at(1, PairEvent{"u", "f"}));
  for (const Event& event : {at(1, ValueEvent{"u", "f", 1}), at(1, TextEvent{"a"}), at(1, BagEvent{{"a"}})})
    CHECK(intake.add(event, "").error().code() == ErrorCode::bad_data);
  CHECK(intake.add(at(1, ValueEvent{"u", "f", 1}), "").error().message() ==
        "the event has an item and a context with a value, but this stream began with an item and a context without "
        "a value");
  CHECK(add(intake, at(1, PairEvent{"u", "g"})) == Fate::counted);
}

TEST_CASE("an event that is refused changes nothing") {
  auto intake = Intake::create(tens()).value();
  add(intake, token(1, "s", "1"));
  const auto before = intake.encode().value();
  for (const Event& event :
       {at(1, TokensEvent{{""}}, "s", "2"), at(1, BagEvent{{"a", "\n"}}, "s", "2"),
        at(1, PairEvent{"i", "c"}, "t", "2"), at(1, TextEvent{"x"}, std::string(256, 's')),
        at(1, WatermarkEvent{}, "a\nb"), Event{latest_time + std::chrono::seconds{1}, "", "", WatermarkEvent{}},
        Event{earliest_time - std::chrono::seconds{1}, "", "", TextEvent{"x"}}}) {
    const auto refused = intake.add(event, "");
    REQUIRE(!refused.has_value());
    CHECK(refused.error().code() == ErrorCode::bad_data);
    CHECK(intake.encode().value() == before);
  }
}

TEST_CASE("the vocabulary options hold for each slice by itself") {
  auto options = tens();
  options.slicing.min_count = 2;
  options.slicing.stop_words = {"the"};
  auto intake = Intake::create(options).value();
  add(intake, at(1, TextEvent{"the war the war peace"}));
  add(intake, at(11, TextEvent{"the war"}));
  add(intake, at(20, WatermarkEvent{}));
  const auto slices = take_slices(intake);
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].item_uses == std::vector<float>{2});
  CHECK(slices[1].item_uses.empty());
}

TEST_CASE("beyond max_sources the one with the lowest watermark is forgotten, an idle one first") {
  auto options = tens();
  options.max_sources = 3;
  auto intake = Intake::create(options).value();
  add(intake, token(10, "low"));
  add(intake, token(20, "middle"));
  add(intake, token(30, "high"));
  intake.set_idle("high");
  add(intake, token(40, "new"));
  CHECK(intake.watermark() == second(10));  // the idle one has gone
  CHECK(intake.sources() == 3);
  add(intake, token(50, "newer"));
  CHECK(intake.watermark() == second(20));  // now the lowest one
  CHECK(intake.counts().forgotten_sources == 2);
}

TEST_CASE("above max_open_bytes the oldest windows are closed early") {
  auto options = tens(1'000'000);
  options.max_open_bytes = 8192;
  auto intake = Intake::create(options).value();
  std::size_t taken = 0;
  for (std::int64_t i = 0; i < 500; ++i) {
    add(intake, at(7 * i, TokensEvent{{"w" + std::to_string(i % 50), "common"}}));
    CHECK(intake.open_bytes() <= options.max_open_bytes);
    CHECK(intake.open_windows() > 0);
    const auto slices = take_slices(intake);
    taken += slices.size();
    if (!slices.empty()) CHECK(intake.watermark() == slices.back().interval.end);
  }
  CHECK(taken > 100);
  CHECK(intake.counts().closed_early == taken);
  CHECK(intake.counts().late == 0);
}

TEST_CASE("a window that is above max_open_bytes alone is closed all the same") {
  auto options = tens(1'000'000);
  options.max_open_bytes = 4096;
  auto intake = Intake::create(options).value();
  add(intake, at(5, TokensEvent{std::vector<std::string>(1000, "a")}));
  CHECK(intake.open_bytes() == 0);
  CHECK(begins(take_slices(intake)) == Seconds{0});
  CHECK(intake.watermark() == second(10));
}

TEST_CASE("an option out of range is named") {
  const auto refusal = [](auto change) {
    IntakeOptions options;
    change(options);
    const auto intake = Intake::create(options);
    REQUIRE(!intake.has_value());
    CHECK(intake.error().code() == ErrorCode::invalid_argument);
    return std::string(intake.error().message());
  };
  CHECK(refusal([](auto& options) { options.slicing.window = 0; }).starts_with("window is 0"));
  CHECK(refusal([](auto& options) { options.slicing.lateness = std::chrono::seconds{-1}; }).starts_with("lateness is"));
  CHECK(refusal([](auto& options) { options.max_sources = 0; }).starts_with("max_sources is 0"));
  CHECK(refusal([](auto& options) { options.max_open_bytes = 1; }).starts_with("max_open_bytes is 1"));
  CHECK(refusal([](auto& options) { options.duplicate_horizon = 1U << 25U; }).starts_with("duplicate_horizon is"));
}

}  // namespace
}  // namespace gaugeline::stream
