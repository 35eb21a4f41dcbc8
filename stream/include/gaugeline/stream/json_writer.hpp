// Writes JSON as a stream of tokens; commas and colons come by themselves. Numbers have the fewest digits that read
// back to the same value; what is not finite becomes null; bytes that are not UTF-8 become U+FFFD.
#pragma once

#include <concepts>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/stream/query.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::stream {

// Text as it can be shown: well-formed UTF-8 without control characters, each of which becomes U+FFFD.
[[nodiscard]] std::string printable(std::string_view text);

class JsonWriter {
 public:
  explicit JsonWriter(std::ostream& out) : out_(out) {}

  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(float number);
  JsonWriter& value(double number);
  template <std::integral Integer>
  JsonWriter& value(Integer number) {
    if constexpr (std::same_as<Integer, bool>) return raw(number ? "true" : "false");
    return raw(std::to_string(number));
  }
  JsonWriter& null() { return raw("null"); }

  template <class Value>
  JsonWriter& member(std::string_view name, const Value& content) {
    return key(name).value(content);
  }
  // {"begin": ..., "end": ...} as members of the object that is open.
  JsonWriter& interval(const TimeInterval& interval);
  // name: {"index": ..., "begin": ..., "end": ...}
  JsonWriter& slice(std::string_view name, const SliceStamp& slice);

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& raw(std::string_view text);
  void separate();

  std::ostream& out_;
  std::vector<bool> begun_;  // per open bracket: something stands in it
  bool after_key_ = false;
};

}  // namespace gaugeline::stream
