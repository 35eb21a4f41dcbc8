#include <gaugeline/stream/json_writer.hpp>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";

// The length of the well-formed UTF-8 sequence that text begins with; 0 if there is none (Unicode 15, table 3-7).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    return follows(1, lead == 0xE0 ? 0xA0 : 0x80, lead == 0xED ? 0x9F : 0xBF) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    return follows(1, lead == 0xF0 ? 0x90 : 0x80, lead == 0xF4 ? 0x8F : 0xBF) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

template <class Number>
std::string shortest(Number number) {
  std::array<char, 40> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr};
}

}  // namespace

std::string printable(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = sequence_length(text.substr(i));
    const bool control = static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7F;
    shown += length == 0 || control ? replacement : text.substr(i, length);
    i += length == 0 ? 1 : length;
  }
  return shown;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_ << '"' << name << "\": ";
  after_key_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  std::string escaped = "\"";
  for (const char c : printable(text)) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return raw(escaped += '"');
}

JsonWriter& JsonWriter::value(float number) { return std::isfinite(number) ? raw(shortest(number)) : null(); }
JsonWriter& JsonWriter::value(double number) { return std::isfinite(number) ? raw(shortest(number)) : null(); }

JsonWriter& JsonWriter::interval(const TimeInterval& interval) {
  return member("begin", format_time(interval.begin)).member("end", format_time(interval.end));
}

JsonWriter& JsonWriter::slice(std::string_view name, const SliceStamp& slice) {
  return key(name).begin_object().member("index", slice.index).interval(slice.interval).end_object();
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ << bracket;
  begun_.push_back(false);
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ << bracket;
  begun_.pop_back();
  if (begun_.empty()) out_ << '\n';  // one document, one line
  return *this;
}

JsonWriter& JsonWriter::raw(std::string_view text) {
  separate();
  out_ << text;
  return *this;
}

void JsonWriter::separate() {
  if (std::exchange(after_key_, false) || begun_.empty()) return;
  if (begun_.back()) out_ << ", ";
  begun_.back() = true;
}

}  // namespace gaugeline::stream
