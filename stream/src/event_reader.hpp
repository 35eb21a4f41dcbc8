// What parse_event asks of the JSON parser: an EventReader is handed each piece of the line as it is parsed, and keeps
// what an event may need. So limits hold before memory is taken, and numbers are read from their own digits.
#pragma once

#include <array>
#include <boost/json/basic_parser.hpp>
#include <boost/json/error.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {

// The handler of a boost::json::basic_parser. Every on_... function returns false where the line is refused.
class EventReader {
 public:
  explicit EventReader(const EventLimits& limits) noexcept : limits_(limits) {}

  // Why the reader stopped the parser; nullopt if it did not.
  [[nodiscard]] const std::optional<Error>& refusal() const noexcept { return refusal_; }
  // The event, after the whole line was parsed. Moves from what was read.
  [[nodiscard]] Expected<Event> take_event();

  // The parser's interface.
  using ErrorCondition = boost::json::error_code;
  using Text = boost::json::string_view;
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  bool on_document_begin(ErrorCondition&) noexcept { return true; }
  bool on_document_end(ErrorCondition&) noexcept { return true; }
  bool on_object_begin(ErrorCondition& error);
  bool on_object_end(std::size_t, ErrorCondition&) noexcept { return leave(); }
  bool on_array_begin(ErrorCondition& error);
  bool on_array_end(std::size_t, ErrorCondition&) noexcept { return leave(); }
  bool on_key_part(Text part, std::size_t, ErrorCondition&);
  bool on_key(Text part, std::size_t, ErrorCondition& error);
  bool on_string_part(Text part, std::size_t, ErrorCondition&);
  bool on_string(Text part, std::size_t, ErrorCondition& error);
  bool on_number_part(Text, ErrorCondition&) noexcept { return true; }  // a line comes in one piece: never called
  bool on_int64(std::int64_t, Text digits, ErrorCondition& error) { return on_number(digits, error); }
  bool on_uint64(std::uint64_t, Text digits, ErrorCondition& error) { return on_number(digits, error); }
  bool on_double(double, Text digits, ErrorCondition& error) { return on_number(digits, error); }
  bool on_bool(bool truth, ErrorCondition& error);
  bool on_null(ErrorCondition& error) { return on_other("null", error); }
  bool on_comment_part(Text, ErrorCondition&) noexcept { return true; }  // comments are not JSON: never called
  bool on_comment(Text, ErrorCondition&) noexcept { return true; }

 private:
  enum class Field : std::uint8_t { unknown, time, source, id, text, tokens, bag, item, context, value, watermark };
  static constexpr std::array<std::string_view, 11> names{"",    "time", "source",  "id",    "text",     "tokens",
                                                          "bag", "item", "context", "value", "watermark"};
  static constexpr std::string_view name(Field field) noexcept { return names[static_cast<std::size_t>(field)]; }
  static constexpr bool is_list(Field field) noexcept { return field == Field::tokens || field == Field::bag; }

  // Where the parser is: outside any object, at the value of a known field, at an element of its list, or within
  // something that is ignored.
  enum class Place : std::uint8_t { outside, value, element, ignored };
  [[nodiscard]] Place place() const noexcept;

  [[nodiscard]] bool given(Field field) const noexcept { return given_[static_cast<std::size_t>(field)]; }
  std::string& string(Field field) noexcept { return strings_[static_cast<std::size_t>(field)]; }
  void enter() noexcept { ++depth_; }
  bool leave() noexcept;
  bool on_number(std::string_view digits, ErrorCondition& error);
  bool on_other(std::string_view found, ErrorCondition& error);
  Expected<> keep_string();
  Expected<> keep_element(std::string_view token);
  Expected<> keep_number(std::string_view digits);
  // The error for a value of the wrong kind, here.
  [[nodiscard]] std::unexpected<Error> wrong_kind(std::string_view found) const;
  // Passes `result` on to the parser.
  bool proceed(const Expected<>& result, ErrorCondition& error);
  [[nodiscard]] Expected<> check_form() const;

  EventLimits limits_;
  std::optional<Error> refusal_;
  std::size_t depth_ = 0;         // of objects and arrays around the parser's place
  Field field_ = Field::unknown;  // whose value is being read
  std::string scratch_;           // the key or string so far
  std::array<bool, names.size()> given_{};
  std::array<std::string, names.size()> strings_;
  std::vector<std::string> tokens_;  // of "tokens" or "bag"
  Time time_{};
  bool end_ = false;  // "watermark" is "end"
  double value_ = 0;
};

}  // namespace gaugeline::stream
