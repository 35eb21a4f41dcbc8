// How a server ends, and how senders go on afterwards.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <future>
#include <optional>
#include <span>
#include <string>

#include "loopback.hpp"

namespace gaugeline::stream {
namespace {

// A line of events of 1970's hour number `hour`, as the body of a message.
std::string event_of_hour(int hour) {
  return "{\"time\": " + std::to_string(3600 * hour) + ", \"tokens\": [\"a\", \"b\"]}\n";
}
Bytes event(int hour) {
  const std::string line = event_of_hour(hour);
  const auto bytes = std::as_bytes(std::span(line));
  return {bytes.begin(), bytes.end()};
}

// What an HTTP server answers to one request, and closes.
std::string ask(std::uint16_t port, const std::string& request) {
  const int descriptor = connected_socket(port);
  REQUIRE(descriptor >= 0);
  REQUIRE(::send(descriptor, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size()));
  std::string answer;
  std::array<char, 4096> buffer{};
  for (auto size = ::recv(descriptor, buffer.data(), buffer.size(), 0); size > 0;
       size = ::recv(descriptor, buffer.data(), buffer.size(), 0))
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  ::close(descriptor);
  return answer;
}

TEST_CASE("a stop finishes the slice that is being learnt; the journal holds the others for the next start") {
  const TemporaryDirectory directory;
  std::promise<void> learning;
  std::promise<void> go_on;
  std::optional<RunningServer> server;
  server.emplace(server_options(directory), ServerCallbacks{.learnt = [&](const SliceReport& report, double) {
                   if (report.slice != 0) return;
                   learning.set_value();
                   go_on.get_future().wait();
                 }});
  RawClient client(server->port());
  static_cast<void>(client.greet("here"));
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) client.send_slice(sequence);
  learning.get_future().wait();
  for (std::uint64_t sequence = 1; sequence <= 4; ++sequence) {
    const auto answer = client.receive();
    REQUIRE(answer);
    CHECK(answer->type == FrameType::ack);
    CHECK(answer->sequence == sequence);
  }
  server->ask_to_stop();
  wait_until_deaf(server->port());
  go_on.set_value();
  CHECK(server->outcome());
  CHECK(client.receive().value().type == FrameType::verdict);
  CHECK(!client.receive());
  CHECK(holds_slices(directory.path(), 1));

  server.reset();
  RunningServer again(server_options(directory));
  RawClient later(again.port());
  CHECK(later.greet("here").last_sequence == 4);
  later.send_slice(5);
  // Its answer, then the verdicts on what the journal held and on itself, in order.
  std::vector<std::uint64_t> judged;
  while (judged.empty() || judged.back() != 5) {
    const auto frame = later.receive();
    REQUIRE(frame);
    if (frame->type == FrameType::verdict) judged.push_back(frame->sequence);
  }
  CHECK(std::ranges::is_sorted(judged));
  CHECK(again.stop());
  CHECK(holds_slices(directory.path(), 5));
}

TEST_CASE("a stop leaves messages that came over HTTP and are not recorded yet, and tells their senders") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.http.emplace();
  options.intake.slicing.period = {std::chrono::microseconds(std::chrono::hours{1})};
  options.queue_slices = 1;
  std::promise<void> go_on;
  RunningServer server(options, {.learnt = [&](const SliceReport& report, double) {
                         if (report.slice == 0) go_on.get_future().wait();
                       }});
  RawClient client(server.port());
  static_cast<void>(client.greet("here"));
  // One slice is being learnt, one waits for the learner, and the recorder waits with the third.
  for (int hour = 0; hour < 4; ++hour)
    client.send(FrameType::events, static_cast<std::uint64_t>(hour) + 1, event(hour));
  for (int hour = 0; hour < 4; ++hour) CHECK(client.receive().value().type == FrameType::ack);
  const std::string body = event_of_hour(4);
  auto answer = std::async(std::launch::async, [&] {
    return ask(
        server.http_port(),
        "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: " +
            std::to_string(body.size()) + "\r\n\r\n" + body);
  });
  const std::string status = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  while (ask(server.http_port(), status).find("\"queue_messages\": 1") == std::string::npos) std::this_thread::yield();
  server.ask_to_stop();
  wait_until_deaf(server.port());
  go_on.set_value();
  CHECK(server.outcome());
  CHECK(answer.get().starts_with("HTTP/1.1 429 "));
}

TEST_CASE("a source that falls silent before a restart holds no slice open after it") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.intake.slicing.period = {std::chrono::microseconds(std::chrono::hours{1})};
  options.idle_seconds = .05;
  {
    options.idle_seconds = 0;
    RunningServer server(options);
    RawClient silent(server.port());
    static_cast<void>(silent.greet("silent"));
    silent.send(FrameType::events, 1, event(0));
    CHECK(silent.receive().value().type == FrameType::ack);
    CHECK(server.stop());
  }
  options.idle_seconds = .05;
  std::promise<void> learnt;
  RunningServer server(options, {.learnt = [&](const SliceReport& report, double) {
                         if (report.slice == 0) learnt.set_value();
                       }});
  RawClient lively(server.port());
  static_cast<void>(lively.greet("lively"));
  lively.send(FrameType::events, 1, event(5));
  learnt.get_future().wait();
  CHECK(server.stop());
}

TEST_CASE("a sender that is cut off goes on where the server is") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  {
    RawClient client(server.port());
    static_cast<void>(client.greet("here"));
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) client.send_slice(sequence);
  }
  const auto sent = send_messages(client_options(server.port()), small_slices(6), {});
  REQUIRE(sent);
  CHECK(sent->acknowledged == 6);
  CHECK(server.stop());
  CHECK(holds_slices(directory.path(), 6));
}

TEST_CASE("a server that is stopped and started again loses nothing, and learns nothing twice") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  std::optional<RunningServer> server;
  std::promise<void> third;
  server.emplace(options, ServerCallbacks{.learnt = [&](const SliceReport& report, double) {
                   if (report.slice == 2) third.set_value();
                 }});
  options.listen_port = server->port();
  auto sent = std::async(std::launch::async,
                         [&] { return send_messages(client_options(options.listen_port), small_slices(12), {}); });
  third.get_future().wait();
  CHECK(server->stop());
  CHECK(latest_snapshot(directory.path()).view().state.slices >= 3);
  server.emplace(options);
  const auto outcome = sent.get();
  REQUIRE(outcome);
  CHECK(outcome->acknowledged == 12);
  CHECK(server->stop());
  CHECK(holds_slices(directory.path(), 12));
}

TEST_CASE("a slice that comes again is acknowledged without being learnt again") {
  const TemporaryDirectory directory;
  {
    RunningServer server(server_options(directory));
  }
  RunningServer server(server_options(directory));
  CHECK(send_messages(client_options(server.port()), small_slices(3), {}).value().acknowledged == 3);
  const auto again = send_messages(client_options(server.port()), small_slices(3), {});
  REQUIRE(again);
  CHECK(again->acknowledged == 3);
  CHECK(server.stop());
  CHECK(latest_snapshot(directory.path()).view().state.slices == 3);
}

TEST_CASE("when a snapshot cannot be written the clients are told and the server ends with the error") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  std::filesystem::remove_all(directory / "snapshots");
  const auto sent = send_messages(client_options(server.port()), small_slices(3), {});
  REQUIRE(!sent);
  CHECK(sent.error().code() == ErrorCode::io_error);
  CHECK(sent.error().message().starts_with("the server: snapshot of slice 0"));
  const auto outcome = server.outcome();
  REQUIRE(!outcome);
  CHECK(outcome.error().code() == ErrorCode::io_error);
}

TEST_CASE("a stop before run is kept") {
  const TemporaryDirectory directory;
  auto server = Server::open(server_options(directory), {}).value();
  server.stop();
  CHECK(server.run());
}

TEST_CASE("serve ends with success on SIGTERM") {
  const TemporaryDirectory directory;
  CHECK(serve(server_options(directory), {.ready = [](const ServerPorts&) { ::raise(SIGTERM); }}));
}

TEST_CASE("a client without a server gives up after the time it was given") {
  const TemporaryDirectory directory;
  std::uint16_t port = 0;
  {
    const auto closed = Server::open(server_options(directory), {}).value();
    port = closed.ports().listen;
  }
  auto options = client_options(port);
  options.reconnect_seconds = .05;
  const auto sent = send_messages(options, small_slices(1), {});
  REQUIRE(!sent);
  CHECK(sent.error().code() == ErrorCode::io_error);
  CHECK(sent.error().message().starts_with("no connection to 127.0.0.1:"));
}

TEST_CASE("an error of the source of slices ends the sending") {
  const TemporaryDirectory directory;
  RunningServer server(server_options(directory));
  const auto sent = send_messages(client_options(server.port()),
                                  [](std::uint64_t) -> Expected<std::optional<ClientMessage>> {
                                    return fail(ErrorCode::io_error, "the file is gone");
                                  },
                                  {});
  REQUIRE(!sent);
  CHECK(sent.error().message() == "the file is gone");
}

}  // namespace
}  // namespace gaugeline::stream
