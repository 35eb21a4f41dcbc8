// Times from the future: what lies too far ahead of the daemon's clock is refused, and a replay needs no clock.
#include <doctest/doctest.h>

#include <atomic>
#include <span>
#include <string>

#include <gaugeline/stream/events.hpp>

#include "loopback.hpp"

namespace gaugeline::stream {
namespace {

std::string refusal(std::string_view line, Time latest) {
  EventLimits limits;
  limits.latest = latest;
  const auto event = parse_event(line, limits);
  return event ? "" : std::string(event.error().message());
}

TEST_CASE("an event or a watermark later than the latest is refused with both times; an end has no time") {
  const Time latest = parse_time("1970-01-02T12:00:00Z").value();
  const std::string reason =
      "\"time\" is 9999-12-31T00:00:00Z, too far ahead: the latest that is taken is 1970-01-02T12:00:00Z";
  CHECK(refusal(R"({"time": "9999-12-31", "tokens": ["a"]})", latest) == reason);
  CHECK(refusal(R"({"time": "9999-12-31", "watermark": true})", latest) == reason);
  CHECK(refusal(R"({"time": "1970-01-02T12:00:00Z", "tokens": ["a"]})", latest).empty());
  CHECK(refusal(R"({"time": "9999-12-31", "tokens": ["a"]})", latest_time).empty());
  CHECK(refusal(R"({"watermark": "end"})", earliest_time).empty());
}

// A daemon whose clock stands at an hour of 1970 until it is moved.
struct Clocked {
  TemporaryDirectory directory;
  std::atomic<int> hour = 0;

  [[nodiscard]] ServerOptions options() {
    auto made = server_options(directory);
    made.intake.slicing.period = {std::chrono::microseconds(std::chrono::hours{1})};
    made.idle_seconds = 0;
    made.max_ahead_seconds = 7200;
    made.clock = [this] { return Time{std::chrono::hours{hour.load()}}; };
    return made;
  }
};

Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}
Bytes events_of_hours(std::initializer_list<int> hours) {
  std::string lines;
  for (const int hour : hours)
    lines += "{\"time\": " + std::to_string(3600 * hour) + ", \"tokens\": [\"sea\", \"ship\"]}\n";
  return bytes_of(lines);
}

EventsTaken send_events(RawClient& client, std::uint64_t sequence, const Bytes& body) {
  client.send(FrameType::events, sequence, body);
  auto answer = client.receive();
  while (answer && answer->type == FrameType::verdict) answer = client.receive();
  REQUIRE(answer);
  REQUIRE(answer->type == FrameType::ack);
  return decode_events_taken(answer->body).value();
}

TEST_CASE_FIXTURE(Clocked, "lines too far ahead of the clock are refused and told, and close nothing") {
  RunningServer server(options());
  RawClient client(server.port());
  static_cast<void>(client.greet("here"));
  const auto taken = send_events(client, 1, events_of_hours({0, 3, 2}));
  CHECK(taken.counted == 2);
  CHECK(taken.refused == 1);
  CHECK(taken.first_refused_line == 2);
  CHECK(taken.first_reason ==
        "\"time\" is 1970-01-01T03:00:00Z, too far ahead: the latest that is taken is 1970-01-01T02:00:00Z");
  client.send(FrameType::events, 2, events_of_hours({9}));
  auto answer = client.receive();
  while (answer && answer->type == FrameType::verdict) answer = client.receive();
  CHECK(answer.value().type == FrameType::reject);
  hour = 7;
  CHECK(send_events(client, 3, events_of_hours({9})).counted == 1);
}

TEST_CASE_FIXTURE(Clocked, "a slice that begins too far ahead is refused") {
  RunningServer server(options());
  RawClient client(server.port());
  static_cast<void>(client.greet("here"));
  client.send(FrameType::slice, 1, encoded_slice(9));
  const auto answer = client.receive().value();
  CHECK(answer.type == FrameType::reject);
  CHECK(decode_refusal(answer.body).value().message() ==
        "the slice begins at 2000-01-10T00:00:00Z, too far ahead: the latest that is taken is 1970-01-01T02:00:00Z");
}

TEST_CASE("a restart takes what was taken and leaves what was refused, whatever its clock says") {
  for (const int later : {0, 100}) {  // at 0 what was taken would be too far ahead, at 100 what was refused would not
    CAPTURE(later);
    Clocked clocked;
    clocked.hour = 2;
    {
      RunningServer server(clocked.options());
      RawClient client(server.port());
      static_cast<void>(client.greet("here"));
      CHECK(send_events(client, 1, events_of_hours({4, 50, 4})).counted == 2);
    }
    clocked.hour = later;
    RunningServer server(clocked.options());
    RawClient client(server.port());
    CHECK(client.greet("here").last_sequence == 1);
    CHECK(send_events(client, 2, bytes_of("{\"watermark\": \"end\"}\n")).slices == 1);
    CHECK(client.receive().value().type == FrameType::verdict);
    const auto learnt = latest_snapshot(clocked.directory.path());
    CHECK(learnt.view().report.slice == 0);
    CHECK(learnt.view().report.interval.begin == Time{std::chrono::hours{4}});
  }
}

}  // namespace
}  // namespace gaugeline::stream
