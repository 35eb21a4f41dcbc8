// The laws of event time, over seeds: an Intake gives the slices of a Slicer; order within the lateness does not show;
// the watermark never falls; and a state that was encoded and decoded goes on as the first one.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <tuple>

#include <gaugeline/stream/intake.hpp>

#include "intake_events.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::int64_t lateness = 25;

// In the order of time.
std::vector<Event> random_events(std::uint64_t seed, Form form, std::size_t count) {
  Random random(seed);
  std::vector<Event> events;
  std::int64_t time = -500;
  for (std::size_t i = 0; i < count; ++i) {
    time += static_cast<std::int64_t>(random.bits() % (i % 40 == 0 ? 60 : 4));  // now and then a gap of some windows
    events.push_back(random_event(random, form, time));
  }
  return events;
}

// Each event comes at most `lateness` of event time too late.
void shuffle_within_lateness(std::vector<Event>& events, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::pair<Time, std::size_t>> arrivals;
  for (std::size_t i = 0; i < events.size(); ++i)
    arrivals.emplace_back(events[i].time + std::chrono::seconds{random.bits() % (lateness + 1)}, i);
  std::ranges::sort(arrivals);
  std::vector<Event> shuffled;
  for (const auto& [time, i] : arrivals) shuffled.push_back(std::move(events[i]));
  events = std::move(shuffled);
}

std::vector<formats::SliceData> intake_slices(const IntakeOptions& options, const std::vector<Event>& events) {
  auto intake = Intake::create(options).value();
  std::vector<formats::SliceData> slices;
  const auto take = [&] { std::ranges::move(take_slices(intake), std::back_inserter(slices)); };
  for (const Event& event : events) {
    REQUIRE(intake.add(event, "").value() == Fate::counted);
    take();
  }
  REQUIRE(intake.add(at(1'000'000, WatermarkEvent{}), "").has_value());
  take();
  CHECK(intake.open_windows() == 0);
  CHECK(intake.open_bytes() == 0);
  return slices;
}

std::vector<Bytes> intake_bytes(const IntakeOptions& options, const std::vector<Event>& events) {
  std::vector<Bytes> bytes;
  for (const auto& slice : intake_slices(options, events)) bytes.push_back(slice_bytes(slice.view()));
  return bytes;
}

std::vector<Bytes> slicer_bytes(SlicerOptions options, const std::vector<Event>& events) {
  options.lateness.reset();
  auto slicer = Slicer::create(options).value();
  for (const Event& event : events) REQUIRE(slicer.add(event).has_value());
  std::vector<Bytes> bytes;
  const auto done = slicer.finish([&](const SliceView& slice) -> Expected<> {
    bytes.push_back(slice_bytes(slice));
    return {};
  });
  REQUIRE(done.has_value());
  return bytes;
}

TEST_CASE("without vocabulary options the slices are those of a Slicer, bit for bit, in order and within lateness") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    const Form form = all_forms[seed % 5];
    CAPTURE(seed);
    auto options = tens(lateness);
    options.slicing.form = seed % 2 == 0 ? SequenceForm::pairs : SequenceForm::sequences;
    options.slicing.window_weights = seed % 3 == 0 ? WindowWeights::falling : WindowWeights::full;
    options.slicing.window = 1 + static_cast<std::uint32_t>(seed % 4);
    if (seed % 7 == 0) options.slicing.stop_words = {"w3", "w5"};
    if (seed % 4 == 0) options.slicing.period = Period{CalendarUnit::hour};
    auto events = random_events(seed, form, 300);
    const auto in_order = intake_bytes(options, events);
    CHECK(in_order.size() > (seed % 4 == 0 ? 0 : 20));
    CHECK(in_order == slicer_bytes(options.slicing, events));
    shuffle_within_lateness(events, seed);
    CHECK(intake_bytes(options, events) == slicer_bytes(options.slicing, events));
  }
}

TEST_CASE("order within the lateness does not show in pairs, bags and sequences as pairs") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    auto options = tens(lateness);
    options.slicing.form = SequenceForm::pairs;
    options.slicing.min_count = 1 + static_cast<std::uint32_t>(seed % 3);
    options.slicing.vocabulary = seed % 4 == 0 ? 5 : 0;
    auto events = random_events(seed, all_forms[seed % 4], 300);
    const auto in_order = intake_bytes(options, events);
    shuffle_within_lateness(events, seed);
    CHECK(intake_bytes(options, events) == in_order);
  }
}

TEST_CASE("order within the lateness shows in the order of values only") {
  const auto sorted = [](std::vector<formats::SliceData> slices) {
    std::vector<Bytes> bytes;
    for (auto& slice : slices) {
      std::ranges::sort(slice.values, {}, [](const PairValue& v) { return std::tuple(v.item, v.context, v.value); });
      bytes.push_back(slice_bytes(slice.view()));
    }
    return bytes;
  };
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    auto events = random_events(seed, Form::value, 300);
    const auto in_order = sorted(intake_slices(tens(lateness), events));
    shuffle_within_lateness(events, seed);
    CHECK(sorted(intake_slices(tens(lateness), events)) == in_order);
  }
}

// One call of a random run: sources that fall behind, duplicates, watermarks, idleness and slices from elsewhere.
using Call = std::function<void(Intake&)>;

Call random_call(Random& random, Form form, std::int64_t now) {
  const std::string source = "s" + std::to_string(random.bits() % 6);
  const auto add = [](Event event) -> Call { return [event](Intake& intake) { (void)intake.add(event, "sender"); }; };
  switch (random.bits() % 26) {
    case 0:
      return [source](Intake& intake) { intake.set_idle(source); };
    case 1:
      return add(at(now - static_cast<std::int64_t>(random.bits() % 100), WatermarkEvent{}, source));
    case 2: {
      const Time end = second(now - static_cast<std::int64_t>(random.bits() % 200));
      return [end](Intake& intake) { REQUIRE(intake.close_until(end).has_value()); };
    }
    case 3:
      return add(Event{{}, source, "", WatermarkEvent{.end = true}});
    default: {
      Event event = random_event(random, form, now - static_cast<std::int64_t>(random.bits() % 80));
      if (random.bits() % 4 != 0) event.source = source;
      if (random.bits() % 2 == 0) event.id = std::to_string(random.bits() % 50);
      return add(std::move(event));
    }
  }
}

std::vector<Call> random_calls(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<Call> calls;
  std::int64_t now = 0;
  for (std::size_t i = 0; i < count; ++i) {
    now += static_cast<std::int64_t>(random.bits() % 8);
    const Form form = seed % 3 == 0 ? all_forms[random.bits() % 3] : seed % 3 == 1 ? Form::pair : Form::value;
    calls.push_back(random_call(random, form, now));
  }
  return calls;
}

// Tight limits, so that a run meets them all.
IntakeOptions tight(std::uint64_t seed) {
  auto options = tens(lateness);
  options.late = static_cast<LatePolicy>(seed % 4 % 3);
  options.duplicate_horizon = seed % 5 == 0 ? 0 : 20;
  options.max_open_bytes = seed % 2 == 0 ? 8192 : 1U << 20U;
  options.max_sources = 2 + seed % 4;
  options.slicing.min_count = 1 + static_cast<std::uint32_t>(seed % 2);
  options.slicing.stop_words = {"w1", "w7", "w8"};
  return options;
}

TEST_CASE("the watermark never falls, what is closed stays closed, and limits are kept") {
  IntakeCounts all;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const auto options = tight(seed);
    auto intake = Intake::create(options).value();
    Time watermark = Time::min();
    Time closed = Time::min();
    Time sliced = Time::min();
    for (const Call& call : random_calls(seed, 400)) {
      call(intake);
      REQUIRE(intake.watermark().value_or(Time::min()) >= watermark);
      watermark = intake.watermark().value_or(watermark);
      REQUIRE(intake.closed_until().value_or(Time::min()) >= closed);
      closed = intake.closed_until().value_or(closed);
      for (const auto& slice : take_slices(intake)) {
        REQUIRE(slice.interval.begin >= sliced);
        REQUIRE(slice.interval.end <= closed);
        sliced = slice.interval.end;
      }
      REQUIRE(intake.open_bytes() <= options.max_open_bytes);
      REQUIRE(intake.sources() <= options.max_sources);
    }
    const IntakeCounts& counts = intake.counts();
    all.late += counts.late;
    all.late_dropped += counts.late_dropped;
    all.late_aside += counts.late_aside;
    all.duplicates += counts.duplicates;
    all.closed_early += counts.closed_early;
    all.forgotten_sources += counts.forgotten_sources;
  }
  for (const std::uint64_t count :
       {all.late, all.late_dropped, all.late_aside, all.duplicates, all.closed_early, all.forgotten_sources})
    CHECK(count > 0);  // the runs were not too tame
}

TEST_CASE("a state that is encoded and decoded at any step goes on bit for bit as one that is not") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    const auto options = tight(seed);
    const auto calls = random_calls(seed, 250);
    auto uninterrupted = Intake::create(options).value();
    auto restored = Intake::create(options).value();  // after every call
    std::vector<Bytes> slices;
    std::vector<Bytes> restored_slices;
    Random random(seed);
    for (const Call& call : calls) {
      call(uninterrupted);
      call(restored);
      const bool takes = random.bits() % 4 != 0;  // closed windows are part of the state until they are taken
      if (takes) {
        append_slices(uninterrupted, slices);
        append_slices(restored, restored_slices);
      }
      REQUIRE(restored_slices == slices);
      const auto bytes = restored.encode().value();
      REQUIRE(bytes == uninterrupted.encode().value());
      auto decoded = Intake::decode(options, bytes);
      REQUIRE_MESSAGE(decoded.has_value(), std::string(decoded ? "" : decoded.error().message()));
      restored = *std::move(decoded);
      REQUIRE(restored.encode().value() == bytes);
      REQUIRE(restored.open_bytes() == uninterrupted.open_bytes());
      REQUIRE(restored.open_windows() == uninterrupted.open_windows());
      REQUIRE(restored.counts() == uninterrupted.counts());
    }
    CHECK(slices.size() > 5);
  }
}

TEST_CASE("a state decoded once goes on for ever as the one that it was made of") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const auto options = tight(seed);
    const auto calls = random_calls(seed, 400);
    auto one = Intake::create(options).value();
    const std::size_t cut = seed * 8;
    std::vector<Bytes> slices;
    for (std::size_t i = 0; i < cut; ++i) calls[i](one);
    auto other = Intake::decode(options, one.encode().value()).value();
    std::vector<Bytes> other_slices;
    for (std::size_t i = cut; i < calls.size(); ++i) {
      calls[i](one);
      calls[i](other);
      append_slices(one, slices);
      append_slices(other, other_slices);
    }
    CHECK(other_slices == slices);
    CHECK(other.encode().value() == one.encode().value());
  }
}

}  // namespace
}  // namespace gaugeline::stream
