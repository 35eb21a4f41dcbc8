#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

Time at_seconds(std::int64_t count) { return Time{seconds{count}}; }

TEST_CASE("a date-time with Z is UTC") {
  CHECK(parse_time("1970-01-01T00:00:00Z").value() == Time{});
  CHECK(parse_time("2007-01-01T00:00:00Z").value() == at_seconds(1167609600));
  CHECK(parse_time("1790-01-08T00:00:00Z").value() == at_seconds(-5679590400));
  CHECK(parse_time("0001-01-01T00:00:00Z").value() == earliest_time);
  CHECK(parse_time("9999-12-31T23:59:59.999999Z").value() == latest_time);
}

TEST_CASE("lower case and a space in the place of T are RFC 3339 too") {
  CHECK(parse_time("2007-01-01t00:00:01z").value() == at_seconds(1167609601));
  CHECK(parse_time("2007-01-01 00:00:01Z").value() == at_seconds(1167609601));
}

TEST_CASE("an offset is taken off local time") {
  CHECK(parse_time("2007-01-01T02:30:00+02:30").value() == at_seconds(1167609600));
  CHECK(parse_time("2006-12-31T16:00:00-08:00").value() == at_seconds(1167609600));
  CHECK(parse_time("2007-01-01T00:00:00-00:00").value() == at_seconds(1167609600));
}

TEST_CASE("fractions are rounded to the nearest microsecond, halves up") {
  CHECK(parse_time("1970-01-01T00:00:00.5Z").value() == Time{microseconds{500000}});
  CHECK(parse_time("1970-01-01T00:00:01.0000004Z").value() == Time{microseconds{1000000}});
  CHECK(parse_time("1970-01-01T00:00:01.0000005Z").value() == Time{microseconds{1000001}});
  CHECK(parse_time("1970-01-01T00:00:59.99999999Z").value() == at_seconds(60));
}

TEST_CASE("shorter forms mean their first instant") {
  CHECK(parse_time("2007-01-01").value() == at_seconds(1167609600));
  CHECK(parse_time("2007-02").value() == at_seconds(1170288000));
  CHECK(parse_time("2007").value() == at_seconds(1167609600));
}

TEST_CASE("days and times of day that do not exist are refused") {
  for (const std::string_view text :
       {"2023-02-29", "2024-02-30", "2023-04-31", "2023-13-01", "2023-00-01", "2023-01-00", "1900-02-29",
        "2023-01-01T24:00:00Z", "2023-01-01T00:60:00Z", "2023-01-01T00:00:61Z", "2023-01-01T00:00:00+24:00",
        "2023-01-01T00:00:00+00:60"}) {
    CAPTURE(text);
    const auto time = parse_time(text);
    REQUIRE(!time);
    CHECK(time.error().code() == ErrorCode::bad_data);
    CHECK(time.error().message().find(text) != std::string_view::npos);
  }
  CHECK(parse_time("2024-02-29").has_value());
  CHECK(parse_time("2000-02-29").has_value());
}

TEST_CASE("a leap second is refused by name") {
  const auto time = parse_time("2016-12-31T23:59:60Z");
  REQUIRE(!time);
  CHECK(time.error().message().find("leap second") != std::string_view::npos);
}

TEST_CASE("years are 0001 to 9999, in UTC") {
  CHECK(!parse_time("0000-12-31"));
  CHECK(!parse_time("10000-01-01"));
  CHECK(!parse_time("0001-01-01T00:00:00+00:01"));
  CHECK(!parse_time("9999-12-31T23:59:00-00:01"));
  CHECK(!parse_time("9999-12-31T23:59:59.9999999Z"));
}

TEST_CASE("what is no time is refused") {
  for (const std::string_view text :
       {"", "x", "17", "2007-", "2007-1", "2007-01-1", "2007-01-01T", "2007-01-01T00:00:00", "2007-01-01T00:00Z",
        "2007-01-01T00:00:00.Z", "2007-01-01T00:00:00Zx", "2007-01-01T00:00:00+0100", "-2007-01-01", "+2007",
        "2007/01/01", " 2007", "2007 "}) {
    CAPTURE(text);
    CHECK(!parse_time(text));
  }
}

TEST_CASE("a long text is not repeated whole in the error") {
  const auto time = parse_time(std::string(1000, '9'));
  REQUIRE(!time);
  CHECK(time.error().message().size() < 200);
}

TEST_CASE("times are written as RFC 3339, with microseconds only where there are any") {
  CHECK(format_time(Time{}) == "1970-01-01T00:00:00Z");
  CHECK(format_time(at_seconds(-5679590400)) == "1790-01-08T00:00:00Z");
  CHECK(format_time(Time{microseconds{1}}) == "1970-01-01T00:00:00.000001Z");
  CHECK(format_time(Time{microseconds{-1}}) == "1969-12-31T23:59:59.999999Z");
  CHECK(format_time(earliest_time) == "0001-01-01T00:00:00Z");
}

TEST_CASE("times that RFC 3339 cannot write are written as seconds") {
  CHECK(format_time(latest_time + microseconds{1}) == "253402300800");
  CHECK(format_time(earliest_time - microseconds{1}) == "-62135596800.000001");
  CHECK(format_time(Time::max()) == "9223372036854.775807");
  CHECK(format_time(Time::min()) == "-9223372036854.775808");
}

TEST_CASE("reading what was written gives the same time") {
  // Steps of a prime number of microseconds, about 2.8 years, over all of event time.
  constexpr microseconds step{89'999'999'999'989};
  for (Time time = earliest_time; time <= latest_time; time += step) {
    REQUIRE(parse_time(format_time(time)).value() == time);
  }
}

}  // namespace
}  // namespace gaugeline::stream
