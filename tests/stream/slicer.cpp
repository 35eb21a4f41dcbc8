#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include <gaugeline/stream/slicer.hpp>

#include "recorded_slices.hpp"

namespace gaugeline::stream {
namespace {

SlicerOptions every(CalendarUnit unit) {
  SlicerOptions options;
  options.period = Period{unit};
  return options;
}

Event tokens_at(std::string_view time, std::vector<std::string> tokens) {
  return event_at(time, TokensEvent{std::move(tokens)});
}

TEST_CASE("events in any order of time go to the windows of their times; empty windows give no slice") {
  const auto slices = slice_events(
      every(CalendarUnit::year),
      {tokens_at("2003-05-05", {"c", "c"}), tokens_at("2000-01-01", {"a", "b"}), tokens_at("2003-01-01", {"d", "c"})});
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].interval == TimeInterval{parse_time("2000").value(), parse_time("2001").value()});
  CHECK(slices[0].items == TokenUses{{"a", 1}, {"b", 1}});
  CHECK(slices[1].interval == TimeInterval{parse_time("2003").value(), parse_time("2004").value()});
  CHECK(slices[1].sequences == std::vector<std::vector<std::string>>{{"c", "c"}, {"d", "c"}});
}

TEST_CASE("a slice lists its own tokens, the most used first, equal uses by text") {
  const auto slices =
      slice_events(every(CalendarUnit::year), {tokens_at("2000", {"z", "m", "z", "b"}), tokens_at("2001", {"m", "z"})});
  CHECK(slices[0].items == TokenUses{{"z", 2}, {"b", 1}, {"m", 1}});
  CHECK(slices[1].items == TokenUses{{"m", 1}, {"z", 1}});
}

TEST_CASE("text is cut into folded words") {
  auto slicer = Slicer::create(every(CalendarUnit::decade)).value();
  CHECK(slicer.add(event_at("1790-01-08", TextEvent{"War, war! " + std::string(300, 'x')})).has_value());
  CHECK(slicer.counts().oversized_tokens == 1);
  CHECK(finish(slicer).at(0).sequences == std::vector<std::vector<std::string>>{{"war", "war"}});
}

TEST_CASE("removed tokens are taken out before the window is applied") {
  auto options = every(CalendarUnit::year);
  options.stop_words = {"the"};
  options.window = 1;
  const auto slices = slice_events(options, {tokens_at("2000", {"fear", "the", "the", "war"})});
  CHECK(slices[0].items == TokenUses{{"fear", 1}, {"war", 1}});
  CHECK(slices[0].pairs == PairWeights{{{"fear", "war"}, 1}, {{"war", "fear"}, 1}});
}

TEST_CASE("a watermark is no event") {
  auto slicer = Slicer::create(every(CalendarUnit::year)).value();
  CHECK(slicer.add(event_at("2000", WatermarkEvent{})).has_value());
  CHECK(slicer.counts().events == 0);
  CHECK(finish(slicer).empty());
}

TEST_CASE("min_count counts over the whole input") {
  auto options = every(CalendarUnit::year);
  options.min_count = 2;
  const auto slices = slice_events(options, {tokens_at("2000", {"a", "b"}), tokens_at("2001", {"b", "c"})});
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].items == TokenUses{{"b", 1}});
  CHECK(slices[1].items == TokenUses{{"b", 1}});
}

TEST_CASE("the vocabulary keeps the most used tokens, of equal ones the first by text") {
  auto options = every(CalendarUnit::year);
  options.vocabulary = 2;
  const auto slices = slice_events(options, {tokens_at("2000", {"c", "b", "a", "d", "d"})});
  CHECK(slices[0].items == TokenUses{{"d", 2}, {"a", 1}});
}

TEST_CASE("a window whose tokens are all left out gives an empty slice") {
  auto options = every(CalendarUnit::year);
  options.min_count = 3;
  const auto slices = slice_events(options, {tokens_at("2000", {"a", "b"}), tokens_at("2001", {})});
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].items.empty());
  CHECK(slices[0].pairs.empty());
}

TEST_CASE("items and contexts have tables of their own; counts add up, values stay apart") {
  const auto slices = slice_events(every(CalendarUnit::year),
                                   {event_at("2000", PairEvent{"u", "f"}), event_at("2000", ValueEvent{"u", "g", 4.5}),
                                    event_at("2000", PairEvent{"u", "f"}), event_at("2000", ValueEvent{"f", "g", -1})});
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].items == TokenUses{{"u", 3}, {"f", 1}});
  CHECK(slices[0].contexts == TokenUses{{"f", 2}, {"g", 2}});
  CHECK(slices[0].pairs == PairWeights{{{"u", "f"}, 2}});
  REQUIRE(slices[0].values.size() == 2);
  CHECK(slices[0].values[0] == std::pair{std::pair<std::string, std::string>{"u", "g"}, 4.5});
  CHECK(slices[0].values[1] == std::pair{std::pair<std::string, std::string>{"f", "g"}, -1.0});
}

TEST_CASE("the vocabulary holds for each table by itself, and a pair goes with either of its tokens") {
  auto options = every(CalendarUnit::year);
  options.vocabulary = 1;
  const auto slices =
      slice_events(options, {event_at("2000", PairEvent{"u", "f"}), event_at("2000", PairEvent{"u", "g"}),
                             event_at("2000", PairEvent{"v", "f"})});
  CHECK(slices[0].items == TokenUses{{"u", 1}});
  CHECK(slices[0].contexts == TokenUses{{"f", 1}});
}

TEST_CASE("one input holds one kind of event; one of the other kind is refused and changes nothing") {
  auto slicer = Slicer::create(every(CalendarUnit::year)).value();
  REQUIRE(slicer.add(tokens_at("2000", {"a", "b"})).has_value());
  const auto refused = slicer.add(event_at("2001", PairEvent{"u", "f"}));
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::bad_data);
  CHECK(slicer.counts().events == 1);
  CHECK(finish(slicer).size() == 1);

  auto other = Slicer::create(every(CalendarUnit::year)).value();
  REQUIRE(other.add(event_at("2001", PairEvent{"u", "f"})).has_value());
  CHECK(!other.add(event_at("2001", TextEvent{"words"})));
  CHECK(!other.add(event_at("2001", BagEvent{{"a", "b"}})));
}

TEST_CASE("what parse_event would refuse is refused here too") {
  auto slicer = Slicer::create(every(CalendarUnit::year)).value();
  CHECK(!slicer.add({latest_time + std::chrono::microseconds{1}, "", "", TextEvent{"a"}}));
  CHECK(!slicer.add(tokens_at("2000", {"a", ""})));
  CHECK(!slicer.add(event_at("2000", BagEvent{{std::string(256, 'x')}})));
  CHECK(!slicer.add(event_at("2000", PairEvent{"u", ""})));
  CHECK(!slicer.add(event_at("2000", ValueEvent{"u", "f", std::numeric_limits<double>::quiet_NaN()})));
  CHECK(!slicer.add(event_at("2000", ValueEvent{"u", "f", -4.5e13})));
  CHECK(slicer.counts().events == 0);
  CHECK(finish(slicer).empty());
}

TEST_CASE("without lateness, time may run backwards at will") {
  auto slicer = Slicer::create(every(CalendarUnit::year)).value();
  for (const auto* const year : {"2005", "1990", "2005"}) REQUIRE(slicer.add(tokens_at(year, {"a"})).has_value());
  CHECK(slicer.counts().late == 0);
  CHECK(finish(slicer).size() == 2);
}

TEST_CASE("with lateness, an event whose window lies wholly behind goes to the newest window") {
  auto options = every(CalendarUnit::day);
  options.lateness = std::chrono::hours{6};
  auto slicer = Slicer::create(options).value();
  REQUIRE(slicer.add(tokens_at("2000-01-02T05:59:59Z", {"newest"})).has_value());
  REQUIRE(slicer.add(tokens_at("2000-01-01T00:00:00Z", {"behind", "in", "time"})).has_value());
  CHECK(slicer.counts().late == 0);
  REQUIRE(slicer.add(tokens_at("2000-01-02T06:00:00Z", {"newest"})).has_value());
  REQUIRE(slicer.add(tokens_at("2000-01-01T23:59:59Z", {"late"})).has_value());
  CHECK(slicer.counts().late == 1);
  const auto slices = finish(slicer);
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].items == TokenUses{{"behind", 1}, {"in", 1}, {"time", 1}});
  CHECK(slices[1].items == TokenUses{{"newest", 2}, {"late", 1}});
}

TEST_CASE("options out of range are refused by name") {
  const auto refusal = [](const SlicerOptions& options) {
    const auto slicer = Slicer::create(options);
    REQUIRE(!slicer);
    CHECK(slicer.error().code() == ErrorCode::invalid_argument);
    return std::string(slicer.error().message().substr(0, 6));
  };
  SlicerOptions options;
  options.window = 0;
  CHECK(refusal(options) == "window");
  options.window = 256;
  CHECK(refusal(options) == "window");
  options.window = 255;
  options.period = Period{std::chrono::microseconds{0}};
  CHECK(refusal(options) == "period");
  options.period = Period{max_duration + std::chrono::microseconds{1}};
  CHECK(refusal(options) == "period");
  options.period = {};
  options.lateness = std::chrono::microseconds{-1};
  CHECK(refusal(options) == "latene");
}

TEST_CASE("finish stops at the first error of its receiver, and gives it back") {
  auto slicer = Slicer::create(every(CalendarUnit::year)).value();
  for (const auto* const year : {"2000", "2001", "2002"}) REQUIRE(slicer.add(tokens_at(year, {"a"})).has_value());
  int taken = 0;
  const auto done = slicer.finish([&](const SliceView&) -> Expected<> {
    if (++taken == 2) return fail(ErrorCode::io_error, "disk full");
    return {};
  });
  REQUIRE(!done);
  CHECK(done.error().message() == "disk full");
  CHECK(taken == 2);
}

TEST_CASE("no events give no slices") {
  auto slicer = Slicer::create({}).value();
  CHECK(finish(slicer).empty());
}

}  // namespace
}  // namespace gaugeline::stream
