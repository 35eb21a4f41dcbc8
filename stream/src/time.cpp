#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>

#include <gaugeline/stream/events.hpp>

#include "decimal_seconds.hpp"

namespace gaugeline::stream {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::sys_days;

std::unexpected<Error> refuse(std::string_view text, std::string_view reason) {
  constexpr std::size_t shown = 40;
  const bool cut = text.size() > shown;
  return fail(ErrorCode::bad_data, "time \"", text.substr(0, shown), cut ? "...\"" : "\"", ": ", reason);
}

// Reads a time from its front; every step says whether the text went on as it should.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

  [[nodiscard]] bool skip_any_of(std::string_view characters) noexcept {
    if (rest_.empty() || characters.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }

  [[nodiscard]] std::optional<unsigned> digits(std::size_t count) noexcept {
    if (rest_.size() < count) return std::nullopt;
    unsigned number = 0;
    for (const char c : rest_.substr(0, count)) {
      if (c < '0' || c > '9') return std::nullopt;
      number = 10 * number + static_cast<unsigned>(c - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }

  [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
};

// What has been read so far; what is not there keeps its first value.
struct Fields {
  unsigned year = 1, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  microseconds since_minute{};  // the second with its fraction
  minutes offset{};             // of local time from UTC
};

constexpr bool read(std::optional<unsigned> number, unsigned& field) noexcept {
  if (number) field = *number;
  return number.has_value();
}

bool read_offset(TimeReader& in, Fields& fields) {
  if (in.skip_any_of("Zz")) return true;
  const bool west = in.skip_any_of("-");
  if (!west && !in.skip_any_of("+")) return false;
  unsigned hour = 0;
  unsigned minute = 0;
  if (!read(in.digits(2), hour) || !in.skip_any_of(":") || !read(in.digits(2), minute)) return false;
  if (hour > 23 || minute > 59) return false;
  fields.offset = hours{hour} + minutes{minute};
  if (west) fields.offset = -fields.offset;
  return true;
}

bool read_second(TimeReader& in, Fields& fields) {
  const std::string_view text = in.rest();
  if (!read(in.digits(2), fields.second)) return false;
  if (in.skip_any_of(".")) {
    if (!in.digits(1)) return false;
    while (in.digits(1)) {
    }
  }
  const auto since_minute = parse_decimal_seconds(text.substr(0, text.size() - in.rest().size()));
  if (since_minute) fields.since_minute = *since_minute;
  return since_minute.has_value();
}

bool read_time_of_day(TimeReader& in, Fields& fields) {
  if (!read(in.digits(2), fields.hour) || !in.skip_any_of(":")) return false;
  if (!read(in.digits(2), fields.minute) || !in.skip_any_of(":")) return false;
  return read_second(in, fields) && read_offset(in, fields);
}

// YYYY[-MM[-DD[(T| )hh:mm:ss[.f](Z|+hh:mm)]]]
std::optional<Fields> read_fields(TimeReader in) {
  Fields fields;
  bool ok = read(in.digits(4), fields.year);
  if (ok && !in.at_end()) ok = in.skip_any_of("-") && read(in.digits(2), fields.month);
  if (ok && !in.at_end()) ok = in.skip_any_of("-") && read(in.digits(2), fields.day);
  if (ok && !in.at_end()) ok = in.skip_any_of("Tt ") && read_time_of_day(in, fields);
  if (!ok || !in.at_end()) return std::nullopt;
  return fields;
}

void append_digits(std::string& text, std::int64_t number, std::size_t width) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const auto size = static_cast<std::size_t>(end - digits.data());
  if (size < width) text.append(width - size, '0');
  text.append(digits.data(), size);
}

std::string format_as_seconds(Time time) {
  constexpr std::int64_t per_second = 1'000'000;
  const std::int64_t count = time.time_since_epoch().count();
  std::string text = count < 0 ? "-" : "";
  append_digits(text, std::abs(count / per_second), 1);
  if (count % per_second != 0) {
    text += '.';
    append_digits(text, std::abs(count % per_second), 6);
  }
  return text;
}

}  // namespace

Expected<Time> parse_time(std::string_view text) {
  const auto fields = read_fields(TimeReader(text));
  if (!fields) return refuse(text, "not RFC 3339 (2006-01-02T15:04:05Z), a date, a year and month, or a year");
  const std::chrono::year_month_day date{std::chrono::year{static_cast<int>(fields->year)},
                                         std::chrono::month{fields->month}, std::chrono::day{fields->day}};
  if (!date.ok()) return refuse(text, "there is no such day");
  if (fields->second == 60) return refuse(text, "leap seconds are not taken");
  if (fields->hour > 23 || fields->minute > 59 || fields->second > 60)
    return refuse(text, "there is no such time of day");
  const Time time =
      sys_days{date} + hours{fields->hour} + minutes{fields->minute} + fields->since_minute - fields->offset;
  if (time < earliest_time || time > latest_time) return refuse(text, "not in the years 0001 to 9999, UTC");
  return time;
}

std::string format_time(Time time) {
  if (time < earliest_time || time > latest_time) return format_as_seconds(time);
  const auto day = std::chrono::floor<days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::string text;
  append_digits(text, static_cast<int>(date.year()), 4);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.month()), 2);
  text += '-';
  append_digits(text, static_cast<unsigned>(date.day()), 2);
  text += 'T';
  append_digits(text, clock.hours().count(), 2);
  text += ':';
  append_digits(text, clock.minutes().count(), 2);
  text += ':';
  append_digits(text, clock.seconds().count(), 2);
  if (clock.subseconds().count() != 0) {
    text += '.';
    append_digits(text, clock.subseconds().count(), 6);
  }
  text += 'Z';
  return text;
}

}  // namespace gaugeline::stream
