#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include <gaugeline/stream/slicer.hpp>

namespace gaugeline::stream {
namespace {

using std::chrono::microseconds;

Time time_of(std::string_view text) { return parse_time(text).value(); }

// The window as "begin end", dates only where the time of day is midnight.
std::string window(std::string_view period, std::string_view time) {
  const auto [begin, end] = parse_period(period).value().window(time_of(time));
  const auto text = [](Time instant) {
    const std::string whole = format_time(instant);
    return whole.ends_with("T00:00:00Z") ? whole.substr(0, 10) : whole;
  };
  return text(begin) + " " + text(end);
}

TEST_CASE("calendar windows begin and end with the calendar, UTC") {
  CHECK(window("hour", "1970-01-01T05:59:59.999999Z") == "1970-01-01T05:00:00Z 1970-01-01T06:00:00Z");
  CHECK(window("day", "2024-02-29T12:00:00Z") == "2024-02-29 2024-03-01");
  CHECK(window("month", "2024-02-29T12:00:00Z") == "2024-02-01 2024-03-01");
  CHECK(window("month", "2023-12-31") == "2023-12-01 2024-01-01");
  CHECK(window("quarter", "2023-11-05") == "2023-10-01 2024-01-01");
  CHECK(window("quarter", "2023-06-30") == "2023-04-01 2023-07-01");
  CHECK(window("year", "1900-02-28") == "1900-01-01 1901-01-01");
  CHECK(window("decade", "1799-12-31T23:59:59Z") == "1790-01-01 1800-01-01");
  CHECK(window("decade", "1790") == "1790-01-01 1800-01-01");
}

TEST_CASE("weeks begin on Monday") {
  CHECK(window("week", "2026-11-22") == "2026-11-16 2026-11-23");  // a Sunday
  CHECK(window("week", "2026-11-23") == "2026-11-23 2026-11-30");
  CHECK(window("week", "1970-01-01") == "1969-12-29 1970-01-05");  // a Thursday
}

TEST_CASE("fixed lengths count from 1970, backwards too") {
  CHECK(window("10s", "1970-01-01T00:00:19Z") == "1970-01-01T00:00:10Z 1970-01-01T00:00:20Z");
  CHECK(window("10s", "1969-12-31T23:59:59Z") == "1969-12-31T23:59:50Z 1970-01-01");
  CHECK(window("7d", "1970-01-07") == "1970-01-01 1970-01-08");
  CHECK(window("7d", "1969-12-25") == "1969-12-25 1970-01-01");
}

TEST_CASE("windows hold their times, and tile: the next begins where one ends") {
  for (const std::string_view text :
       {"hour", "day", "week", "month", "quarter", "year", "decade", "1us", "7s", "13h", "1000d", "3652500d"}) {
    CAPTURE(text);
    const Period period = parse_period(text).value();
    for (const Time time : {earliest_time, time_of("1582-10-15"), Time{} - microseconds{1}, Time{},
                            time_of("2024-02-29T23:59:59Z"), latest_time}) {
      const TimeInterval here = period.window(time);
      CHECK(here.begin <= time);
      CHECK(time < here.end);
      CHECK(period.window(here.end - microseconds{1}) == here);
      if (here.end <= latest_time) CHECK(period.window(here.end).begin == here.end);
    }
  }
}

TEST_CASE("periods are written as they are read") {
  for (const std::string_view text :
       {"hour", "day", "week", "month", "quarter", "year", "decade", "10s", "5m", "6h", "2d", "1500ms", "1us"}) {
    CHECK(to_string(parse_period(text).value()) == text);
  }
  CHECK(to_string(parse_period("3600s").value()) == "1h");
  CHECK(to_string(parse_period("86401s").value()) == "86401s");
}

TEST_CASE("a period is a known word or a duration above zero") {
  for (const std::string_view text : {"", "fortnight", "Day", "10", "s", "1.5h", "-5m", "+5m", "5 m", "5mm", "0s",
                                      "9999999999999999999s", "3652501d"}) {
    CAPTURE(text);
    const auto period = parse_period(text);
    REQUIRE(!period);
    CHECK(period.error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a duration may be zero") {
  CHECK(parse_duration("0s").value() == microseconds{0});
  CHECK(parse_duration("90m").value() == std::chrono::minutes{90});
  CHECK(parse_duration("3652500d").value() == max_duration);
}

std::string chosen(std::string_view first, std::string_view last) {
  return to_string(choose_period(time_of(first), time_of(last)));
}

TEST_CASE("the period chosen is the longest unit that gives 12 to 100 windows") {
  CHECK(chosen("1790-01-08", "2020-02-04") == "decade");   // 24
  CHECK(chosen("2000-01-10", "2026-08-22") == "year");     // 27
  CHECK(chosen("2020-01-01", "2022-12-31") == "quarter");  // 12
  CHECK(chosen("2020-01-01", "2022-09-30") == "month");    // 33, where quarters would be 11
  CHECK(chosen("2024-01-01", "2024-03-31") == "week");     // 13
  CHECK(chosen("2024-01-01", "2024-01-12") == "day");      // 12
  CHECK(chosen("2024-01-01", "2024-01-02") == "hour");     // 25
}

TEST_CASE("where no unit gives 12 to 100 windows, the nearest by ratio is chosen") {
  CHECK(chosen("2024-01-01", "2024-01-01") == "hour");
  CHECK(chosen("2024-01-01T00:00:00Z", "2024-01-01T06:00:00Z") == "hour");  // 7
  CHECK(chosen("2024-01-01T00:00:00Z", "2024-01-04T23:00:00Z") == "hour");  // 96
  CHECK(chosen("2024-01-01T00:00:00Z", "2024-01-05T23:00:00Z") == "hour");  // 120 / 100 against 12 / 5 days
  CHECK(chosen("2024-01-01T00:00:00Z", "2024-01-11T23:00:00Z") == "day");   // 12 / 11 days against 264 / 100 hours
  CHECK(chosen("0001-01-01", "9999-12-31") == "decade");                    // 1000
}

}  // namespace
}  // namespace gaugeline::stream
