#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <string>

#include <gaugeline/random.hpp>

#include "loopback.hpp"

namespace gaugeline::stream {
namespace {

TEST_CASE("slices that are sent leave the state that slices read from a file leave") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  std::vector<SendProgress> seen;
  const auto sent = send_messages(client_options(server.port()), small_slices(8),
                                  {.progress = [&](const SendProgress& progress) { seen.push_back(progress); }});
  REQUIRE(sent);
  CHECK(sent->sequence == 8);
  CHECK(sent->acknowledged == 8);
  CHECK(sent->refused == 0);
  REQUIRE(seen.size() == 17);  // the welcome, and for each slice its answer and its verdict
  CHECK(std::ranges::is_sorted(seen, {}, &SendProgress::acknowledged));
  CHECK(server.stop());
  CHECK(holds_slices(directory.path(), 8));
}

TEST_CASE("a sender says once that it waits until all is learnt, if it does") {
  for (const bool waits : {true, false}) {
    const TemporaryDirectory directory;
    RunningServer server(server_options(directory));
    auto options = client_options(server.port());
    options.wait_until_learnt = waits;
    std::vector<std::string> lines;
    REQUIRE(
        send_messages(options, small_slices(8), {.talk = [&](std::string_view line) { lines.emplace_back(line); }}));
    REQUIRE(!lines.empty());
    CHECK(lines.front().starts_with("connected to "));
    lines.erase(lines.begin());
    // A daemon may be so quick that the last verdict comes with the last answer.
    if (waits && !lines.empty()) CHECK(lines == std::vector<std::string>{"all is sent; waiting until it is learnt"});
    if (!waits) CHECK(lines.empty());
  }
}

TEST_CASE("an acknowledged slice is in the journal, and one that is judged is in a snapshot") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  RawClient client(server.port());
  CHECK(client.greet("here").last_sequence == 0);
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    client.send_slice(sequence);
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->type == FrameType::ack);
    CHECK(answer->sequence == sequence);
    const auto verdict = client.receive();
    REQUIRE(verdict);
    CHECK(verdict->type == FrameType::verdict);
    CHECK(verdict->sequence == sequence);
    CHECK(verdict->body.empty());
    CHECK(latest_snapshot(directory.path()).view().state.slices == sequence);
  }
}

TEST_CASE("a full queue holds the sender back, and everything arrives") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.queue_slices = 1;
  RunningServer server(options);
  const auto sent = send_messages(client_options(server.port()), small_slices(20), {});
  REQUIRE(sent);
  CHECK(sent->acknowledged == 20);
  CHECK(server.stop());
  CHECK(holds_slices(directory.path(), 20));
}

TEST_CASE("a small message does not overtake a large one, nor the other way round") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  RawClient client(server.port());
  const std::uint64_t count = client.greet("here").credit;
  const auto lines_in = [](std::uint64_t sequence) { return sequence % 2 == 0 ? 1U : 50U * sequence; };
  Bytes all;
  for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
    std::string text;
    for (std::uint64_t line = 0; line < lines_in(sequence); ++line)
      text += "{\"time\": 5, \"tokens\": [\"sea\", \"ship\", \"sail\"]}\n";
    append_frame(all, FrameType::events, sequence, std::as_bytes(std::span(text)));
  }
  client.send(all);
  for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
    const auto frame = client.receive();
    REQUIRE(frame);
    REQUIRE(frame->type == FrameType::ack);
    CHECK(frame->sequence == sequence);
    const auto taken = decode_events_taken(frame->body);
    REQUIRE(taken);
    CHECK(taken->counted == lines_in(sequence));
  }
  CHECK(server.stop());
}

TEST_CASE("a slice that cannot be used is refused with a reason, in its turn, and the stream goes on") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  const MessageSource slices = [](std::uint64_t sequence) -> Expected<std::optional<ClientMessage>> {
    if (sequence == 2) return ClientMessage{.body = Bytes(100, std::byte{42})};  // no slice
    if (sequence == 4) return ClientMessage{.body = encoded_slice(0)};           // time runs backwards
    if (sequence > 5) return std::nullopt;
    return ClientMessage{.body = encoded_slice(static_cast<std::int64_t>(sequence))};
  };
  std::vector<std::pair<std::uint64_t, std::string>> refused;
  const auto sent = send_messages(
      client_options(server.port()), slices,
      {.refused = [&](std::uint64_t sequence, std::string_view reason) { refused.emplace_back(sequence, reason); }});
  REQUIRE(sent);
  CHECK(sent->sequence == 5);
  CHECK(sent->acknowledged == 3);
  CHECK(sent->refused == 2);
  REQUIRE(refused.size() == 2);
  CHECK(refused[0].first == 2);
  CHECK(refused[1].first == 4);
  CHECK(!refused[0].second.empty());
  CHECK(latest_snapshot(directory.path()).view().state.slices == 3);
}

TEST_CASE("garbage ends its own connection with a reason, and no other") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  RawClient steady(server.port());
  static_cast<void>(steady.greet("steady"));
  auto step = [&, sequence = std::uint64_t{0}]() mutable {
    steady.send_slice(++sequence);
    CHECK(steady.receive().value().type == FrameType::ack);
    CHECK(steady.receive().value().type == FrameType::verdict);
  };
  step();
  {
    RawClient client(server.port());
    Bytes bytes(1000);
    Random random(5);
    for (auto& byte : bytes) byte = static_cast<std::byte>(random.bits());
    client.send(bytes);
    CHECK(client.farewell().message().starts_with("frame at offset 0"));
  }
  step();
  {
    RawClient client(server.port());
    static_cast<void>(client.greet("claims 4 GiB"));
    Bytes bytes;
    append_frame(bytes, FrameType::slice, 1, {});
    std::fill_n(bytes.begin(), 4, std::byte{0xFF});
    client.send(bytes);
    CHECK(client.farewell().code() == ErrorCode::capacity_exceeded);
  }
  step();
  {
    RawClient client(server.port());
    client.send(FrameType::hello, 0, encode(Hello{.version = 99, .source = "tomorrow"}));
    CHECK(client.farewell().message() == "the client speaks protocol version 99, this server version 1");
  }
  step();
  {
    RawClient client(server.port());
    static_cast<void>(client.greet("truncates"));
    Bytes bytes;
    append_frame(bytes, FrameType::slice, 1, encoded_slice(9));
    client.send(std::span(bytes).first(bytes.size() / 2));
  }
  step();
  {
    RawClient client(server.port());
    static_cast<void>(client.greet("skips"));
    client.send_slice(7);
    CHECK(client.farewell().message() == "slice 7 came where 1 was due");
  }
  step();
  CHECK(server.stop());
  CHECK(holds_slices(directory.path(), 6));
}

// A message is passed on while the next one comes in: what comes next must not take it back.
TEST_CASE("messages that came before the client ended, or went wrong, are taken") {
  for (const bool goes_wrong : {false, true}) {
    const TemporaryDirectory directory;
    auto options = server_options(directory);
    options.queue_slices = 1;
    options.queue_bytes = 1;
    RunningServer server(options);
    RawClient client(server.port());
    static_cast<void>(client.greet("hasty"));
    Bytes bytes;
    for (std::uint64_t sequence = 1; sequence <= 8; ++sequence)
      append_frame(bytes, FrameType::slice, sequence, encoded_slice(static_cast<std::int64_t>(sequence) - 1));
    if (goes_wrong) bytes.insert(bytes.end(), 100, std::byte{0xFF});
    client.send(bytes);
    if (!goes_wrong) client.end_sending();
    while (client.receive()) {  // answers, verdicts, and perhaps the error
    }
    // The last of them may still be on their way to the disk.
    std::uint64_t taken = 0;
    for (int asked = 0; taken < 8 && asked < 10000; ++asked)
      taken = RawClient(server.port()).greet("hasty").last_sequence;
    CHECK(taken == 8);
    CHECK(server.stop());
  }
}

TEST_CASE("a client that says nothing is sent away") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.handshake_seconds = .02;
  RunningServer server(options);
  RawClient client(server.port());
  CHECK(client.farewell().message() == "no hello within the time limit");
}

TEST_CASE("a client that stops in the middle of a frame is sent away") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.stall_seconds = .02;
  RunningServer server(options);
  RawClient client(server.port());
  static_cast<void>(client.greet("here"));
  client.send(Bytes(5));
  CHECK(client.farewell().message() == "too little came for too long in the middle of a frame");
}

TEST_CASE("a client that sends a byte of a frame now and then is sent away") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.stall_seconds = .1;
  RunningServer server(options);
  RawClient client(server.port());
  static_cast<void>(client.greet("trickles"));
  Bytes bytes;
  append_frame(bytes, FrameType::slice, 1, Bytes(5000));
  std::size_t sent = 0;
  // A byte a millisecond, until something comes back.
  for (; sent < bytes.size() && !client.hears_within(1); ++sent) client.send(std::span(bytes).subspan(sent, 1));
  CHECK(sent < bytes.size() / 2);
  CHECK(client.farewell().message() == "too little came for too long in the middle of a frame");
}

TEST_CASE("the newest connection speaks for a source; the older one is told and closed") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  RawClient older(server.port());
  static_cast<void>(older.greet("here"));
  older.send_slice(1);
  CHECK(older.receive().value().type == FrameType::ack);
  CHECK(older.receive().value().type == FrameType::verdict);
  RawClient newer(server.port());
  CHECK(newer.greet("here").last_sequence == 1);
  CHECK(older.farewell().message() == "source here has connected again; this connection is closed");
  newer.send_slice(2);
  CHECK(newer.receive().value().sequence == 2);
  CHECK(newer.receive().value().type == FrameType::verdict);
  CHECK(server.stop());
  CHECK(holds_slices(directory.path(), 2));
}

TEST_CASE("no more connections than the limit") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.max_connections = 1;
  RunningServer server(options);
  RawClient first(server.port());
  static_cast<void>(first.greet("first"));
  RawClient second(server.port());
  CHECK(second.farewell().message() == "the server has 1 connections, and takes no more");
  first.send_slice(1);
  CHECK(first.receive().value().type == FrameType::ack);
}

TEST_CASE("options out of range and addresses that cannot be used are named") {
  const TemporaryDirectory directory;
  const auto error_with = [&](auto change) {
    auto options = server_options(directory);
    change(options);
    return std::string(Server::open(options, {}).error().message());
  };
  CHECK(error_with([](ServerOptions& options) { options.queue_slices = 0; }) ==
        "queue_slices is 0; it must be from 1 to 65536");
  CHECK(error_with([](ServerOptions& options) { options.listen_address = "nowhere"; }) ==
        "listen address nowhere is not numeric");
  const TemporaryDirectory another;
  const auto running = Server::open(server_options(another), {}).value();
  CHECK(error_with([&](ServerOptions& options) {
          options.listen_port = running.ports().listen;
        }).starts_with("cannot listen on 127.0.0.1:"));
}

}  // namespace
}  // namespace gaugeline::stream
