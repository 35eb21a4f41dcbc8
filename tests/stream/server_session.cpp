#include <doctest/doctest.h>

#include <string>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/messages.hpp>
#include <gaugeline/stream/server_session.hpp>

namespace gaugeline::stream {
namespace {

using Bytes = std::vector<std::byte>;
constexpr SessionLimits limits{.credit = 3, .max_frame_bytes = 1000};
const std::string token = "a-token-of-the-test";

Bytes frame(FrameType type, std::uint64_t sequence = 0, const Bytes& body = {}) {
  Bytes bytes;
  append_frame(bytes, type, sequence, body);
  return bytes;
}
Bytes hello(std::uint32_t version = protocol_version) {
  return frame(FrameType::hello, 0, encode(Hello{.version = version, .source = "here"}));
}

// Everything that the session has to say, as frames.
std::vector<Frame> output(ServerSession& session) {
  const auto bytes = session.take_output();
  std::span<const std::byte> rest(bytes);
  FrameDecoder decoder(max_control_bytes);
  std::vector<Frame> frames;
  while (!rest.empty()) frames.push_back(std::move(decoder.next(rest).value().value()));
  return frames;
}

Expected<std::optional<ServerEvent>> receive(ServerSession& session, const Bytes& bytes) {
  std::span<const std::byte> rest(bytes);
  auto event = session.receive(rest);
  CHECK((!event || rest.empty()));
  return event;
}

ServerSession streaming_after(std::uint64_t last_sequence) {
  ServerSession session(limits);
  REQUIRE(receive(session, hello()));
  session.welcome(last_sequence, 0);
  REQUIRE(output(session).size() == 1);
  return session;
}

// The one error frame that ends the output; the session must be closed.
Error farewell(ServerSession& session) {
  const auto frames = output(session);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].type == FrameType::error);
  CHECK(!receive(session, hello()));
  CHECK(!session.has_output());
  return decode_refusal(frames[0].body).value();
}

TEST_CASE("the greeting hands the token of the hello up, which decides before anything else is taken") {
  ServerSession session(limits);
  const auto event = receive(session, frame(FrameType::hello, 0, encode(Hello{.source = "here", .token = token})));
  REQUIRE(event);
  CHECK(std::get<Greeting>(event->value()).token == token);
  session.fail(Error(ErrorCode::permission_denied, "no"));
  CHECK(!receive(session, frame(FrameType::slice, 1)));
  CHECK(farewell(session).code() == ErrorCode::permission_denied);
}

TEST_CASE("hello greets, welcome tells position, credit and limit") {
  ServerSession session(limits);
  const auto event = receive(session, hello());
  REQUIRE(event);
  CHECK(std::get<Greeting>(event->value()).source == "here");
  CHECK(std::get<Greeting>(event->value()).token.empty());
  CHECK(!session.has_output());
  session.welcome(41, 40);
  CHECK(session.is_streaming());
  const auto frames = output(session);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].type == FrameType::welcome);
  const auto welcome = decode_welcome(frames[0].body).value();
  CHECK(welcome.last_sequence == 41);
  CHECK(welcome.last_unjudged == 40);
  CHECK(welcome.credit == limits.credit);
  CHECK(welcome.max_frame_bytes == limits.max_frame_bytes);
}

TEST_CASE("events are handed on as slices are, and what became of them is told") {
  auto session = streaming_after(0);
  const auto event = receive(session, frame(FrameType::events, 1, Bytes(10)));
  REQUIRE(event);
  CHECK(std::get<DataMessage>(event->value()).type == FrameType::events);
  const EventsTaken taken{.counted = 3,
                          .late = 1,
                          .duplicates = 2,
                          .refused = 1,
                          .slices = 2,
                          .first_refused_line = 4,
                          .first_reason = "why"};
  session.acknowledge(1, taken);
  const auto frames = output(session);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].type == FrameType::ack);
  CHECK(decode_events_taken(frames[0].body).value() == taken);
}

TEST_CASE("verdicts on acknowledged slices come after their answers, and free no credit") {
  auto session = streaming_after(0);
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) {
    REQUIRE(receive(session, frame(FrameType::slice, sequence)));
    session.acknowledge(sequence);
  }
  session.judge(1, {});
  session.judge(2, fail(ErrorCode::capacity_exceeded, "too large"));
  const auto frames = output(session);
  REQUIRE(frames.size() == 4);
  CHECK(frames[2].type == FrameType::verdict);
  CHECK(frames[2].sequence == 1);
  CHECK(frames[2].body.empty());
  CHECK(decode_refusal(frames[3].body).value().message() == "too large");
}

TEST_CASE("a verdict on what an earlier connection left in the queue waits until the message is answered here") {
  auto session = streaming_after(4);
  session.judge(4, {});  // answered on the earlier one
  session.judge(5, {});
  session.judge(6, fail(ErrorCode::capacity_exceeded, "too large"));
  auto frames = output(session);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].sequence == 4);
  for (std::uint64_t sequence = 5; sequence <= 6; ++sequence) {
    REQUIRE(receive(session, frame(FrameType::slice, sequence)));
    session.acknowledge(sequence);
    frames = output(session);
    REQUIRE(frames.size() == 2);
    CHECK(frames[0].type == FrameType::ack);
    CHECK(frames[0].sequence == sequence);
    CHECK(frames[1].type == FrameType::verdict);
    CHECK(frames[1].sequence == sequence);
    CHECK(frames[1].body.empty() == (sequence == 5));
  }
  REQUIRE(receive(session, frame(FrameType::slice, 7)));
  session.refuse(7, Error(ErrorCode::bad_data, "no"));
  CHECK(output(session).size() == 1);
}

TEST_CASE("slices are handed on, byte by byte or all at once, and answered in order") {
  Bytes bytes = hello();
  const Bytes body(200, std::byte{5});
  ServerSession session(limits);
  std::vector<std::uint64_t> taken;
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) append_frame(bytes, FrameType::slice, sequence, body);
  for (const auto& byte : bytes) {
    std::span<const std::byte> rest(&byte, 1);
    const auto event = session.receive(rest);
    REQUIRE(event);
    if (!*event) continue;
    if (std::holds_alternative<Greeting>(**event)) {
      session.welcome(0, 0);
    } else {
      CHECK(std::get<DataMessage>(**event).body == body);
      taken.push_back(std::get<DataMessage>(**event).sequence);
    }
  }
  CHECK(taken == std::vector<std::uint64_t>{1, 2, 3});
  session.acknowledge(1);
  session.refuse(2, Error(ErrorCode::bad_data, "why"));
  session.acknowledge(3);
  const auto frames = output(session);
  REQUIRE(frames.size() == 4);
  CHECK(frames[1].type == FrameType::ack);
  CHECK(frames[1].sequence == 1);
  CHECK(frames[2].type == FrameType::reject);
  CHECK(frames[2].sequence == 2);
  CHECK(decode_refusal(frames[2].body).value().message() == "why");
  CHECK(frames[3].sequence == 3);
}

TEST_CASE("another protocol version is an error that names both") {
  ServerSession session(limits);
  CHECK(receive(session, hello(7)).error().code() == ErrorCode::unsupported_version);
  const auto why = farewell(session);
  CHECK(why.code() == ErrorCode::unsupported_version);
  CHECK(why.message() == "the client speaks protocol version 7, this server version 1");
}

TEST_CASE("frames out of turn end the session with a reason") {
  SUBCASE("a slice before hello") {
    ServerSession session(limits);
    CHECK(!receive(session, frame(FrameType::slice, 1)));
    CHECK(farewell(session).message() == "a slice frame is out of turn; the first frame is hello");
  }
  SUBCASE("a slice before welcome") {
    ServerSession session(limits);
    CHECK(receive(session, hello()));
    CHECK(!receive(session, frame(FrameType::slice, 1)));
    CHECK(farewell(session).message() == "a slice frame is out of turn; wait for welcome");
  }
  SUBCASE("a second hello") {
    auto session = streaming_after(0);
    CHECK(!receive(session, hello()));
    CHECK(farewell(session).code() == ErrorCode::protocol_violation);
  }
  SUBCASE("what only a server says") {
    for (const auto type : {FrameType::welcome, FrameType::ack, FrameType::reject, FrameType::error}) {
      auto session = streaming_after(0);
      CHECK(!receive(session, frame(type, 1)));
      CHECK(farewell(session).code() == ErrorCode::protocol_violation);
    }
  }
}

TEST_CASE("sequence numbers rise by one from the welcome's") {
  for (const std::uint64_t wrong : {0U, 9U, 10U, 12U}) {
    auto session = streaming_after(10);
    CHECK(receive(session, frame(FrameType::slice, wrong)).error().code() == ErrorCode::out_of_order);
    CHECK(farewell(session).message() == "slice " + std::to_string(wrong) + " came where 11 was due");
  }
  auto session = streaming_after(10);
  CHECK(receive(session, frame(FrameType::slice, 11)));
  CHECK(receive(session, frame(FrameType::slice, 12)));
  CHECK(!receive(session, frame(FrameType::slice, 12)));
}

TEST_CASE("more unanswered slices than the credit end the session; each answer gives one back") {
  auto session = streaming_after(0);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence)
    CHECK(receive(session, frame(FrameType::slice, sequence)));
  session.acknowledge(1);
  CHECK(receive(session, frame(FrameType::slice, 4)));
  CHECK(output(session).size() == 1);
  CHECK(receive(session, frame(FrameType::slice, 5)).error().code() == ErrorCode::protocol_violation);
  CHECK(farewell(session).message() == "slice 5 exceeds the credit of 3 unanswered messages");
}

TEST_CASE("nothing follows an error frame") {
  auto session = streaming_after(0);
  CHECK(receive(session, frame(FrameType::slice, 1)));
  session.fail(Error(ErrorCode::io_error, "disk full"));
  session.acknowledge(1);
  session.refuse(1, Error(ErrorCode::bad_data, "late"));
  session.fail(Error(ErrorCode::io_error, "again"));
  CHECK(farewell(session).message() == "disk full");
}

TEST_CASE("before the greeting a frame is small, whatever the limit") {
  ServerSession session({.credit = 1, .max_frame_bytes = default_max_frame_bytes});
  CHECK(receive(session, frame(FrameType::slice, 1, Bytes(max_control_bytes + 1))).error().code() ==
        ErrorCode::capacity_exceeded);
  CHECK(farewell(session).code() == ErrorCode::capacity_exceeded);
}

TEST_CASE("random bytes end the session with a reason, and hand nothing on") {
  Random random(11);
  for (int round = 0; round < 500; ++round) {
    auto session = streaming_after(0);
    Bytes bytes(5000);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random.bits());
    CHECK(!receive(session, bytes));
    CHECK(farewell(session).message().starts_with("frame at offset"));
  }
}

}  // namespace
}  // namespace gaugeline::stream
