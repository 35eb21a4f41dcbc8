// What the bounds on event time cost is in the metrics and in the log.
#include "intake_losses.hpp"

#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

#include <gaugeline/slice.hpp>

#include "http_service.hpp"
#include "server_log.hpp"

namespace gaugeline::stream {
namespace {

TEST_CASE("losses are what has come between two counts, each kind a line of its own") {
  IntakeCounts before{.oversized_tokens = 1, .dropped_slices = 2, .closed_early = 3, .forgotten_sources = 4};
  IntakeCounts now = before;
  CHECK(losses_between(before, now) == IntakeLosses{});
  CHECK(lines_of({}).empty());
  now = {.events = 7, .oversized_tokens = 2, .dropped_slices = 4, .closed_early = 6, .forgotten_sources = 8};
  auto losses = losses_between(before, now);
  losses.why_dropped = "slice of 1970-01-01T00:00:00Z: more than 9 tokens";
  CHECK(lines_of(losses) ==
        std::vector<std::string>{
            "3 windows closed early, since the open ones passed --max-open-bytes: their later events are late",
            "2 windows too large to become a slice, and lost; the last: slice of 1970-01-01T00:00:00Z: more than 9 "
            "tokens",
            "4 sources forgotten, since there are more than are kept",
            "1 word of text left out, longer than a token may be"});
}

// Events of one hour each, of as many sources, every one with a word that is too long, until the windows are too much.
std::string costly_events(int hours) {
  std::string lines;
  for (int hour = 0; hour < hours; ++hour)
    lines += R"({"time": )" + std::to_string(3600 * hour) + R"(, "source": "source )" + std::to_string(hour) +
             R"(", "text": "sea ship )" + std::string(max_token_bytes + 1, 'a') + "\"}\n";
  return lines;
}

struct CostlyServer {
  ServerLog log;
  TemporaryDirectory directory;
  RunningServer server{options(), {.log = [this](std::string_view line) { log.add(line); }}};

  [[nodiscard]] ServerOptions options() const {
    auto made = server_options(directory);
    made.http.emplace();
    made.intake.slicing.period = {std::chrono::microseconds(std::chrono::hours{1})};
    made.intake.slicing.lateness = std::chrono::hours{100};  // keeps all windows open
    made.intake.max_open_bytes = 4096;
    made.intake.max_sources = 2;
    return made;
  }
};

TEST_CASE_FIXTURE(CostlyServer, "what the bounds cost is counted, and in the log") {
  HttpClient client(server.http_port());
  CHECK(client.ask("POST", "/v1/events", "Content-Type: application/x-ndjson\r\n", costly_events(6)).status == 200);
  // The losses are told before the next message is recorded.
  CHECK(client
            .ask("POST", "/v1/events", "Content-Type: application/x-ndjson\r\n",
                 R"({"time": 0, "source": "source 5", "watermark": true})")
            .status == 200);
  const std::string page = client.get("/metrics").body;
  CAPTURE(page);
  CHECK(page.find("\ngaugeline_sources_forgotten_total 4\n") != std::string::npos);
  CHECK(page.find("\ngaugeline_tokens_oversized_total 6\n") != std::string::npos);
  CHECK(page.find("\ngaugeline_windows_closed_early_total 0\n") == std::string::npos);
  CHECK(page.find("\ngaugeline_slices_dropped_total 0\n") != std::string::npos);
  CHECK(log.has("closed early, since the open ones passed --max-open-bytes"));
  CHECK(log.has("4 sources forgotten"));
  CHECK(log.has("6 words of text left out"));
}

}  // namespace
}  // namespace gaugeline::stream
