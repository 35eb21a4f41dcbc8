#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/access.hpp>
#include <gaugeline/stream/messages.hpp>

namespace gaugeline::stream {
namespace {

TEST_CASE("a hello comes back as it was") {
  const auto decoded = decode_hello(encode(Hello{.source = "Straße 7: ☀"}));
  REQUIRE(decoded);
  CHECK(decoded->version == protocol_version);
  CHECK(decoded->source == "Straße 7: ☀");
}

TEST_CASE("a hello's token comes back as it was, and one that is none is refused without being shown") {
  const std::string token = "abcdefghij-._~+/0123456789==";
  CHECK(decode_hello(encode(Hello{.source = "here", .token = token})).value().token == token);
  CHECK(decode_hello(encode(Hello{.source = "here"})).value().token.empty());
  for (const std::string& wrong : {std::string("fifteen-bytes-x"), std::string(max_access_token_bytes + 1, 'x'),
                                   std::string("no spaces are allowed"), std::string("=in-the-middle=of-it"),
                                   std::string(20, '='), std::string("control-character\n")}) {
    const auto refused = decode_hello(encode(Hello{.source = "here", .token = wrong}));
    REQUIRE(!refused);
    CHECK(refused.error().code() == ErrorCode::protocol_violation);
    CHECK(refused.error().message().find(wrong) == std::string_view::npos);
  }
}

TEST_CASE("a welcome comes back as it was") {
  const auto decoded = decode_welcome(
      encode(Welcome{.last_sequence = 1ULL << 40U, .last_unjudged = 7, .credit = 6, .max_frame_bytes = 1U << 30U}));
  REQUIRE(decoded);
  CHECK(decoded->version == protocol_version);
  CHECK(decoded->last_sequence == 1ULL << 40U);
  CHECK(decoded->last_unjudged == 7);
  CHECK(decoded->credit == 6);
  CHECK(decoded->max_frame_bytes == 1U << 30U);
}

TEST_CASE("what became of events comes back as it was, but for control characters") {
  const EventsTaken taken{.counted = 1ULL << 40U,
                          .late = 2,
                          .duplicates = 3,
                          .refused = 4,
                          .first_refused_line = 5,
                          .first_reason = "a\x1b[2J"};
  const auto decoded = decode_events_taken(encode(taken));
  REQUIRE(decoded);
  CHECK(decoded->counted == taken.counted);
  CHECK(decoded->late == 2);
  CHECK(decoded->duplicates == 3);
  CHECK(decoded->refused == 4);
  CHECK(decoded->first_refused_line == 5);
  CHECK(decoded->first_reason == "a?[2J");
  CHECK(!decode_events_taken(std::vector<std::byte>(20)));
}

TEST_CASE("every error code comes back as it was") {
  for (std::uint8_t code = 0; code <= static_cast<std::uint8_t>(ErrorCode::permission_denied); ++code) {
    const auto decoded = decode_refusal(encode(Error(static_cast<ErrorCode>(code), "value ", 7, " is wrong")));
    REQUIRE(decoded);
    CHECK(decoded->code() == static_cast<ErrorCode>(code));
    CHECK(decoded->message() == "value 7 is wrong");
  }
}

TEST_CASE("control characters of a reason do not reach a terminal") {
  const auto decoded = decode_refusal(encode(Error(ErrorCode::bad_data, "red: \x1B[31m\n")));
  REQUIRE(decoded);
  CHECK(decoded->message() == "red: ?[31m?");
}

TEST_CASE("source names that are empty, too long or hold control characters are refused") {
  CHECK(validate_source("x"));
  CHECK(validate_source(std::string(max_source_bytes, 'x')));
  for (const auto& source : {std::string(), std::string(max_source_bytes + 1, 'x'), std::string("a\nb")}) {
    CHECK(validate_source(source).error().code() == ErrorCode::invalid_argument);
    CHECK(decode_hello(encode(Hello{.source = source})).error().code() == ErrorCode::protocol_violation);
  }
}

TEST_CASE("of a hello of another version only the version is looked at") {
  const auto decoded = decode_hello(encode(Hello{.version = 9, .source = ""}));
  REQUIRE(decoded);
  CHECK(decoded->version == 9);
}

TEST_CASE("a welcome without credit or with an impossible limit is refused") {
  CHECK(!decode_welcome(encode(Welcome{.credit = 0, .max_frame_bytes = 1})));
  CHECK(!decode_welcome(encode(Welcome{.last_sequence = 3, .last_unjudged = 4, .max_frame_bytes = 1})));
  CHECK(decode_welcome(encode(Welcome{.last_sequence = max_sequence, .max_frame_bytes = 1})));
  CHECK(!decode_welcome(encode(Welcome{.last_sequence = max_sequence + 1, .max_frame_bytes = 1})));
  CHECK(!decode_welcome(encode(Welcome{.credit = 1, .max_frame_bytes = 1ULL << 40U})));
}

TEST_CASE("bodies that are cut short or random are refused or decoded, never read past their end") {
  const auto whole = encode(Hello{.source = "a source"});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto decoded = decode_hello(std::span(whole).first(size));
    if (!decoded) CHECK(decoded.error().code() == ErrorCode::protocol_violation);
  }
  Random random(3);
  for (int round = 0; round < 5000; ++round) {
    auto bytes = whole;
    for (int change = 0; change < 4; ++change) {
      bytes[random.bits() % bytes.size()] = static_cast<std::byte>(random.bits());
    }
    if (const auto decoded = decode_hello(bytes); decoded && decoded->version == protocol_version) {
      CHECK(validate_source(decoded->source));
    }
    if (const auto refusal = decode_refusal(bytes)) {
      CHECK(std::ranges::none_of(refusal->message(), [](char c) { return c == '\n'; }));
    }
  }
}

}  // namespace
}  // namespace gaugeline::stream
