#include <doctest/doctest.h>

#include <string>

#include <gaugeline/error.hpp>

using gaugeline::Error;
using gaugeline::ErrorCode;
using gaugeline::Expected;
using gaugeline::fail;

TEST_CASE("a message is its parts, text and numbers, one after another") {
  const Error error(ErrorCode::bad_data, "pairs[", 3U, "].weight is ", -1.5, ", must be above ", 0);
  CHECK(error.message() == "pairs[3].weight is -1.5, must be above 0");
  CHECK(error.code() == ErrorCode::bad_data);
}

TEST_CASE("numbers keep their digits") {
  CHECK(Error(ErrorCode::bad_data, 18446744073709551615ULL).message() == "18446744073709551615");
  CHECK(Error(ErrorCode::bad_data, .1F).message() == "0.1");
  CHECK(Error(ErrorCode::bad_data, -9223372036854775807LL).message() == "-9223372036854775807");
}

TEST_CASE("a message that does not fit is cut with three dots") {
  const std::string long_text(1000, 'x');
  const Error error(ErrorCode::io_error, long_text, "more");
  CHECK(error.message().size() < 1000);
  CHECK(error.message().ends_with("x..."));
}

TEST_CASE("a message that just fits is not cut") {
  const std::string text(380, 'x');
  CHECK(Error(ErrorCode::io_error, text).message() == text);
}

TEST_CASE("an error can be told from further out") {
  const Error error = Error(ErrorCode::io_error, "no such file").within("a/b.slices");
  CHECK(error.message() == "a/b.slices: no such file");
  CHECK(error.code() == ErrorCode::io_error);
}

TEST_CASE("fail makes the unexpected value of any Expected") {
  const auto half = [](int x) -> Expected<int> {
    if (x % 2 != 0) return fail(ErrorCode::invalid_argument, x, " is odd");
    return x / 2;
  };
  CHECK(half(4).value() == 2);
  REQUIRE_FALSE(half(3).has_value());
  CHECK(half(3).error().message() == "3 is odd");
}

TEST_CASE("every code has a name") {
  CHECK(name(ErrorCode::invalid_argument) == "invalid argument");
  CHECK(name(ErrorCode::checksum_mismatch) == "checksum mismatch");
  CHECK(name(ErrorCode::protocol_violation) == "protocol violation");
  CHECK(name(ErrorCode::no_space) == "no space");
  CHECK(name(ErrorCode::permission_denied) == "permission denied");
}
