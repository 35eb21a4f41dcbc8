// One event of a stream, as people write it: one JSON object a line (NDJSON), in one of these forms.
//
//   {"time": "1790-01-08T00:00:00Z", "text": "Fellow-Citizens of the Senate ..."}        TextEvent
//   {"time": 1167609600, "tokens": ["login", "open", "read", "logout"]}                    TokensEvent
//   {"time": 1167609600, "bag": ["lib/url.c", "lib/http.c"]}                               BagEvent
//   {"time": 1167609600.5, "item": "user:17", "context": "film:42"}                        PairEvent
//   {"time": 1167609600.5, "item": "user:17", "context": "film:42", "value": 4.5}          ValueEvent
//   {"time": "2024-05-01T09:30:00Z", "watermark": true}                                    WatermarkEvent
//   {"watermark": "end"}                                                                   its end
//
// `source` and `id`, both strings, may be added; keys that are not named here are ignored.
//
// The functions are pure: any number of threads may call them. What they refuse is ErrorCode::bad_data.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::stream {

struct TextEvent {
  std::string text;
};  // words -> skip-gram pairs
struct TokensEvent {
  std::vector<std::string> tokens;
};  // any sequence -> skip-gram pairs within the window
struct BagEvent {
  std::vector<std::string> tokens;
};  // no order -> all pairs; a repeated token counts once
struct PairEvent {
  std::string item, context;
};  // a count of one
struct ValueEvent {
  std::string item, context;
  double value = 0;
};
// Punctuation, no observation.
struct WatermarkEvent {
  bool end = false;  // nothing at all will come from its source, else nothing earlier than its time; it needs no time
};

struct Event {
  Time time{};         // earliest_time to latest_time
  std::string source;  // empty if not given
  std::string id;      // likewise
  std::variant<TextEvent, TokensEvent, BagEvent, PairEvent, ValueEvent, WatermarkEvent> body;
};

// Events happen in the years 0001 to 9999 of the proleptic Gregorian calendar: the times that RFC 3339 can write. It
// also catches milliseconds where seconds are meant.
inline constexpr Time earliest_time = std::chrono::sys_days{std::chrono::year{1} / 1 / 1};
inline constexpr Time latest_time =
    std::chrono::sys_days{std::chrono::year{10000} / 1 / 1} - std::chrono::microseconds{1};

struct EventLimits {
  std::size_t line_bytes = std::size_t{16} << 20U;
  std::size_t tokens = std::size_t{1} << 20U;  // of one sequence
  std::size_t bag = 4096;                      // of one bag, whose pairs grow with its square
  Time latest = latest_time;                   // an event, or a watermark, that is later is refused
};

// Parses and checks one line, without its line break. The error says what is wrong and in which field. Refused are
// also: a field given twice, more than one form, ill-formed UTF-8, a token that check_token or a value that check_value
// refuses. O(bytes of the line); a limit ends the parse where it is passed.
[[nodiscard]] Expected<Event> parse_event(std::string_view line, const EventLimits& limits = {});

// A token has 1 to max_token_bytes bytes and no control characters (U+0000 to U+001F, U+007F), so that it can be
// written into one field of one line of any export.
[[nodiscard]] Expected<> check_token(std::string_view token) noexcept;
// A value has at most max_figure in magnitude, as a slice asks: one that a slice would refuse must not get so far,
// since all else in the slice would be refused with it.
[[nodiscard]] Expected<> check_value(double value) noexcept;

// RFC 3339 date-time ("1790-01-08T00:00:00Z", offsets and fractions allowed), or a date, or a year and month, or a
// year: the shorter forms mean their first instant, UTC. Fractions are rounded to the nearest microsecond, halves away
// from zero. Days that do not exist and leap seconds (":60", see Time) are refused.
[[nodiscard]] Expected<Time> parse_time(std::string_view text);
// "1790-01-08T00:00:00Z"; with microseconds ("...:00.000001Z") only if they are not zero. A time outside
// [earliest_time, latest_time] is written as seconds since 1970.
[[nodiscard]] std::string format_time(Time time);

}  // namespace gaugeline::stream
