#include <doctest/doctest.h>

#include <string>

#include <gaugeline/stream/client_session.hpp>
#include <gaugeline/stream/server_session.hpp>

namespace gaugeline::stream {
namespace {

using Bytes = std::vector<std::byte>;

Bytes frame(FrameType type, std::uint64_t sequence = 0, const Bytes& body = {}) {
  Bytes bytes;
  append_frame(bytes, type, sequence, body);
  return bytes;
}
Bytes welcome(const Welcome& welcome) { return frame(FrameType::welcome, 0, encode(welcome)); }

Expected<std::optional<ClientEvent>> receive(ClientSession& session, const Bytes& bytes) {
  std::span<const std::byte> rest(bytes);
  return session.receive(rest);
}

ClientSession welcomed_after(std::uint64_t last_sequence) {
  ClientSession session("here");
  REQUIRE(receive(session, welcome({.last_sequence = last_sequence, .credit = 2, .max_frame_bytes = 100})));
  CHECK(!session.take_output().empty());
  return session;
}

TEST_CASE("the hello is there from the start, and slices wait for the welcome") {
  ClientSession session("here");
  CHECK(!session.can_send());
  const auto bytes = session.take_output();
  std::span<const std::byte> rest(bytes);
  FrameDecoder decoder(max_control_bytes);
  const auto hello = decoder.next(rest).value().value();
  CHECK(hello.type == FrameType::hello);
  CHECK(decode_hello(hello.body).value().source == "here");
}

TEST_CASE("the hello carries the token") {
  ClientSession session("here", "a-token-of-the-test");
  const auto bytes = session.take_output();
  std::span<const std::byte> rest(bytes);
  FrameDecoder decoder(max_control_bytes);
  CHECK(decode_hello(decoder.next(rest).value().value().body).value().token == "a-token-of-the-test");
}

TEST_CASE("sending goes on after the welcome's last sequence, up to the credit") {
  auto session = welcomed_after(41);
  CHECK(session.next_sequence() == 42);
  for (int i = 0; i < 2; ++i) {
    CHECK(session.can_send());
    CHECK(session.send(FrameType::slice, Bytes(10)));
  }
  CHECK(!session.can_send());
  CHECK(session.unanswered() == 2);
  CHECK(std::get<Acknowledged>(receive(session, frame(FrameType::ack, 42)).value().value()).sequence == 42);
  CHECK(session.can_send());
}

TEST_CASE("a refusal comes with its reason, and the stream goes on") {
  auto session = welcomed_after(0);
  CHECK(session.send(FrameType::slice, Bytes(1)));
  const auto event = receive(session, frame(FrameType::reject, 1, encode(Error(ErrorCode::bad_data, "why"))));
  const auto& refused = std::get<Refused>(event.value().value());
  CHECK(refused.sequence == 1);
  CHECK(refused.why.code() == ErrorCode::bad_data);
  CHECK(refused.why.message() == "why");
  CHECK(session.can_send());
  CHECK(session.next_sequence() == 2);
}

TEST_CASE("a slice that the server would not take is not sent") {
  auto session = welcomed_after(0);
  const auto sent = session.send(FrameType::slice, Bytes(101));
  CHECK(sent.error().code() == ErrorCode::capacity_exceeded);
  CHECK(sent.error().message() == "slice 1 has 101 bytes; the server takes 100");
  CHECK(!session.has_output());
}

TEST_CASE("what the server says in an error frame is the error") {
  auto session = welcomed_after(0);
  const auto ended = receive(session, frame(FrameType::error, 0, encode(Error(ErrorCode::io_error, "disk full"))));
  CHECK(ended.error().code() == ErrorCode::io_error);
  CHECK(ended.error().message() == "the server: disk full");
}

TEST_CASE("another protocol version is an error that names both") {
  ClientSession session("here");
  const auto ended = receive(session, welcome({.version = 3, .credit = 1}));
  CHECK(ended.error().code() == ErrorCode::unsupported_version);
  CHECK(ended.error().message() == "the server speaks protocol version 3, this client version 1");
}

TEST_CASE("answers out of turn are errors") {
  SUBCASE("before the welcome") {
    ClientSession session("here");
    CHECK(receive(session, frame(FrameType::ack, 1)).error().code() == ErrorCode::protocol_violation);
  }
  SUBCASE("to a slice that was not sent") {
    auto session = welcomed_after(0);
    CHECK(receive(session, frame(FrameType::ack, 1)).error().code() == ErrorCode::protocol_violation);
  }
  SUBCASE("to another slice than the oldest unanswered one") {
    auto session = welcomed_after(0);
    CHECK(session.send(FrameType::slice, Bytes(1)));
    CHECK(session.send(FrameType::slice, Bytes(1)));
    CHECK(receive(session, frame(FrameType::ack, 2)).error().message() ==
          "the server answers message 2; messages 1 to 2 are unanswered");
  }
  SUBCASE("a second welcome") {
    auto session = welcomed_after(0);
    CHECK(!receive(session, welcome({.credit = 1})));
  }
  SUBCASE("a frame that only a client sends") {
    auto session = welcomed_after(0);
    CHECK(!receive(session, frame(FrameType::slice, 1)));
  }
}

TEST_CASE("verdicts are of slices that are acknowledged") {
  auto session = welcomed_after(4);
  CHECK(session.send(FrameType::slice, Bytes(1)));
  CHECK(!receive(session, frame(FrameType::verdict, 5)));
  const auto of_old = std::get<Verdict>(receive(session, frame(FrameType::verdict, 4)).value().value());
  CHECK(of_old.sequence == 4);
  CHECK(of_old.outcome);
  REQUIRE(receive(session, frame(FrameType::ack, 5)));
  const auto bytes = frame(FrameType::verdict, 5, encode(Error(ErrorCode::capacity_exceeded, "too large")));
  CHECK(std::get<Verdict>(receive(session, bytes).value().value()).outcome.error().message() == "too large");
}

TEST_CASE("the two sessions understand each other, one byte at a time") {
  ClientSession client("here");
  ServerSession server({.credit = 2, .max_frame_bytes = 100});
  std::vector<std::uint64_t> done;
  while (done.size() < 5) {
    while (client.can_send()) REQUIRE(client.send(FrameType::slice, Bytes(7)));
    for (const auto byte : client.take_output()) {
      std::span<const std::byte> rest(&byte, 1);
      const auto event = server.receive(rest);
      REQUIRE(event);
      if (!*event) continue;
      if (std::holds_alternative<Greeting>(**event)) {
        server.welcome(3, 0);
      } else if (const auto sequence = std::get<DataMessage>(**event).sequence; sequence == 5) {
        server.refuse(sequence, Error(ErrorCode::bad_data, "the fifth"));
      } else {
        server.acknowledge(sequence);
      }
    }
    for (const auto byte : server.take_output()) {
      std::span<const std::byte> rest(&byte, 1);
      const auto event = client.receive(rest);
      REQUIRE(event);
      if (!*event) continue;
      if (const auto* acknowledged = std::get_if<Acknowledged>(&**event)) done.push_back(acknowledged->sequence);
      if (const auto* refused = std::get_if<Refused>(&**event)) done.push_back(refused->sequence);
    }
  }
  CHECK(done[0] == 4);
  CHECK(done[1] == 5);
  CHECK(done[4] == 8);
}

}  // namespace
}  // namespace gaugeline::stream
