#include <gaugeline/stream/events.hpp>

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <cmath>

#include <gaugeline/slice.hpp>

#include "event_reader.hpp"

namespace gaugeline::stream {

Expected<> check_token(std::string_view token) noexcept {
  if (token.empty() || token.size() > max_token_bytes)
    return fail(ErrorCode::bad_data, "a token has 1 to ", max_token_bytes, " bytes, not ", token.size());
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; };
  bool any = false;  // without a branch a byte: as good as always there is none
  for (const char c : token) any |= is_control(c);
  if (!any) return {};
  const auto found = std::ranges::find_if(token, is_control);
  return fail(ErrorCode::bad_data, "a token has no control characters, but this one has ", static_cast<int>(*found),
              " at byte ", found - token.begin());
}

Expected<> check_value(double value) noexcept {
  constexpr double largest = 1e12;
  static_assert(static_cast<float>(largest) == max_figure);
  if (std::abs(value) <= largest) return {};
  return fail(ErrorCode::bad_data, value, " is not a number of magnitude <= ", largest);
}

Expected<Event> parse_event(std::string_view line, const EventLimits& limits) {
  if (line.size() > limits.line_bytes)
    return fail(ErrorCode::bad_data, "the line has ", line.size(), " bytes; the limit is ", limits.line_bytes);
  boost::json::basic_parser<EventReader> parser(boost::json::parse_options{}, limits);
  boost::json::error_code error;
  const std::size_t end = parser.write_some(false, line.data(), line.size(), error);
  if (const auto& refusal = parser.handler().refusal()) return std::unexpected(*refusal);
  if (error) return fail(ErrorCode::bad_data, "not JSON at byte ", end, ": ", error.message());
  if (end != line.size()) return fail(ErrorCode::bad_data, "more follows the event, at byte ", end);
  return parser.handler().take_event();
}

}  // namespace gaugeline::stream
