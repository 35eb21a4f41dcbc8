// A server in this process, and a client that is only a socket: it can say anything.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gaugeline/stream/client.hpp>
#include <gaugeline/stream/frame.hpp>
#include <gaugeline/stream/messages.hpp>
#include <gaugeline/stream/server.hpp>

#include "small_stream.hpp"

namespace gaugeline::stream {

using Bytes = std::vector<std::byte>;

inline ServerOptions server_options(const TemporaryDirectory& directory) {
  ServerOptions options;
  options.data_directory = directory.path();
  options.learner = small_learner();
  return options;
}

// Runs in a thread of its own until stop(), or the end of the scope.
class RunningServer {
 public:
  explicit RunningServer(const ServerOptions& options, ServerCallbacks callbacks = {})
      : server_(Server::open(options, std::move(callbacks)).value()), thread_([this] { outcome_ = server_.run(); }) {}
  ~RunningServer() { server_.stop(); }

  [[nodiscard]] std::uint16_t port() const { return server_.ports().listen; }
  [[nodiscard]] std::uint16_t http_port() const { return server_.ports().http.value(); }
  void ask_to_stop() { server_.stop(); }
  // What run() returned; without a stop, waits until it ends by itself.
  Expected<> outcome() {
    thread_.join();
    return outcome_;
  }
  Expected<> stop() {
    server_.stop();
    return outcome();
  }

 private:
  Server server_;
  Expected<> outcome_;
  std::jthread thread_;
};

// A socket that is connected to the loopback port; -1 if nobody listens there.
inline int connected_socket(std::uint16_t port) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  REQUIRE(descriptor >= 0);
  const timeval patience{.tv_sec = 120, .tv_usec = 0};  // a test that fails must not hang
  ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return descriptor;
  ::close(descriptor);
  return -1;
}

// Returns when the server has stopped to listen.
inline void wait_until_deaf(std::uint16_t port) {
  for (int descriptor = connected_socket(port); descriptor >= 0; descriptor = connected_socket(port)) {
    ::close(descriptor);
    std::this_thread::yield();
  }
}

// Whether something can be read, or the other side has closed.
inline bool socket_hears_within(int descriptor, int milliseconds) {
  pollfd waiting{.fd = descriptor, .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, milliseconds) > 0;
}

class RawClient {
 public:
  explicit RawClient(std::uint16_t port) : socket_(connected_socket(port)), decoder_(max_control_bytes) {
    REQUIRE(socket_ >= 0);
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(socket_); }

  // The server may close before it has read all: what comes back is what tests look at.
  void send(std::span<const std::byte> bytes) const {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
    }
  }
  [[nodiscard]] bool hears_within(int milliseconds) const { return socket_hears_within(socket_, milliseconds); }
  void end_sending() const { ::shutdown(socket_, SHUT_WR); }
  void send(FrameType type, std::uint64_t sequence, const Bytes& body) const {
    Bytes bytes;
    append_frame(bytes, type, sequence, body);
    send(bytes);
  }
  // Sends hello and gives the answer.
  [[nodiscard]] Welcome greet(const std::string& source) {
    send(FrameType::hello, 0, encode(Hello{.source = source}));
    const auto frame = receive();
    REQUIRE(frame);
    REQUIRE(frame->type == FrameType::welcome);
    return decode_welcome(frame->body).value();
  }
  void send_slice(std::uint64_t sequence) const {
    send(FrameType::slice, sequence, encoded_slice(static_cast<std::int64_t>(sequence) - 1));
  }
  // The next frame; nullopt if the server has closed.
  [[nodiscard]] std::optional<Frame> receive() {
    while (true) {
      std::span<const std::byte> rest(received_);
      auto frame = decoder_.next(rest);
      REQUIRE(frame);
      received_.erase(received_.begin(), received_.end() - static_cast<std::ptrdiff_t>(rest.size()));
      if (*frame) return std::move(**frame);
      std::array<std::byte, 4096> buffer{};
      const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
      if (size <= 0) return std::nullopt;
      received_.assign(buffer.begin(), buffer.begin() + size);
    }
  }
  // True if nothing that is a frame comes before the server closes.
  [[nodiscard]] bool ends_without_a_frame() const {
    std::array<std::byte, 4096> buffer{};
    std::size_t total = 0;
    for (auto size = ::recv(socket_, buffer.data(), buffer.size(), 0); size > 0;
         size = ::recv(socket_, buffer.data(), buffer.size(), 0)) {
      total += static_cast<std::size_t>(size);
    }
    return total < frame_header_bytes;
  }
  // The error that the server ends the connection with.
  [[nodiscard]] Error farewell() {
    const auto frame = receive();
    REQUIRE(frame);
    REQUIRE(frame->type == FrameType::error);
    CHECK(!receive());
    return decode_refusal(frame->body).value();
  }

 private:
  int socket_;
  FrameDecoder decoder_;
  Bytes received_;
};

// The encoded slices 0 to count - 1 as messages 1 to count.
inline MessageSource small_slices(std::uint64_t count) {
  return [count](std::uint64_t sequence) -> Expected<std::optional<ClientMessage>> {
    if (sequence > count) return std::nullopt;
    return ClientMessage{.body = encoded_slice(static_cast<std::int64_t>(sequence) - 1)};
  };
}

inline ClientOptions client_options(std::uint16_t port, const std::string& source = "here") {
  return {.port = std::to_string(port), .source = source};
}

}  // namespace gaugeline::stream
