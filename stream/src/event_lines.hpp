// Lines of events (NDJSON) as one message carries them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {

struct RefusedLine {
  std::uint64_t line = 0;  // from 1
  std::string reason;
};

// How many refused lines are told by number and reason; all are counted.
inline constexpr std::size_t max_told_lines = 100;

struct EventLines {
  struct Line {
    std::uint64_t number = 0;        // in the message, from 1
    std::size_t begin = 0, end = 0;  // in `text`
    Event event;
  };
  std::vector<Line> lines;  // that can be used
  std::string text;         // of these, each with its line break: what the journal keeps
  std::uint64_t refused = 0;
  std::vector<RefusedLine> told;  // the first of these
};

// Empty lines are none. O(bytes).
[[nodiscard]] EventLines read_event_lines(std::string_view text, const EventLimits& limits = {});

}  // namespace gaugeline::stream
