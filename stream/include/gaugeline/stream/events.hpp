// One event of a stream, as people write it: a line of NDJSON (the forms are in the README).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::stream {

struct TextEvent { std::string text; };                    // words -> skip-gram pairs
struct TokensEvent { std::vector<std::string> tokens; };   // any sequence -> skip-gram pairs within the window
struct BagEvent { std::vector<std::string> tokens; };      // no order -> all pairs
struct PairEvent { std::string item, context; };           // a count of one
struct ValueEvent { std::string item, context; double value = 0; };

struct Event {
  Time time{};
  std::string source;  // empty if not given
  std::string id;      // likewise
  std::variant<TextEvent, TokensEvent, BagEvent, PairEvent, ValueEvent> body;
};

struct EventLimits {
  std::size_t line_bytes = std::size_t{16} << 20U;
  std::size_t tokens = std::size_t{1} << 20U;  // of one sequence
  std::size_t bag = 4096;                      // of one bag, whose pairs grow with its square
};

// Parses and checks one line, without its line break. The error says what is wrong and in which field.
[[nodiscard]] Expected<Event> parse_event(std::string_view line, const EventLimits& limits = {});

// RFC 3339 date-time ("1790-01-08T00:00:00Z", offsets and fractions allowed), or a date, or a year and month, or a year:
// the shorter forms mean their first instant, UTC.
[[nodiscard]] Expected<Time> parse_time(std::string_view text);
// "1790-01-08T00:00:00Z"; with microseconds only if they are not zero.
[[nodiscard]] std::string format_time(Time time);

}  // namespace gaugeline::stream
