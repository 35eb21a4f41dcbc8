#include "log_limiter.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace gaugeline::stream {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

// Two lines of a kind in ten seconds; the test says how much time has passed.
struct Limited {
  Lines lines;
  LogLimiter limiter{2, 10s, [this](std::string_view line) { lines.emplace_back(line); }};
  LogLimiter::Clock::time_point begin{};

  void log(std::string_view kind, const std::string& line, LogLimiter::Clock::duration at) {
    limiter.log(kind, line, begin + at);
  }
};

TEST_CASE_FIXTURE(Limited, "so many lines of a kind pass, and the others are counted when the interval is over") {
  for (int i = 0; i < 1236; ++i) log("refused", "peer " + std::to_string(i), std::chrono::milliseconds(i));
  CHECK(lines == Lines{"peer 0", "peer 1"});
  limiter.end_intervals(begin + 9'999ms);
  CHECK(lines.size() == 2);
  limiter.end_intervals(begin + 10s);
  CHECK(lines == Lines{"peer 0", "peer 1", "refused: ... 1234 more like this"});
  limiter.end_intervals(begin + 30s);
  CHECK(lines.size() == 3);
}

TEST_CASE_FIXTURE(Limited, "one kind does not hold another back") {
  for (int i = 0; i < 5; ++i) log("refused", "refused", 0s);
  log("lost", "lost", 1s);
  CHECK(lines == Lines{"refused", "refused", "lost"});
}

TEST_CASE_FIXTURE(Limited, "after its interval a kind starts afresh, and the number comes before the next line") {
  for (int i = 0; i < 3; ++i) log("refused", "early", 0s);
  log("refused", "late", 10s);
  CHECK(lines == Lines{"early", "early", "refused: ... 1 more like this", "late"});
  log("refused", "later", 19s);
  log("refused", "latest", 19s);
  CHECK(lines.back() == "later");
}

TEST_CASE_FIXTURE(Limited, "where nothing was held back nothing is told") {
  log("refused", "once", 0s);
  log("refused", "twice", 5s);
  limiter.end_intervals(begin + 1h);
  CHECK(lines == Lines{"once", "twice"});
}

}  // namespace
}  // namespace gaugeline::stream
