// One connection of the server: carries the bytes of a ServerSession over a channel, with time limits.
//
// Lives in the network's thread. Four coroutines run side by side until one of them ends: reading, passing on (a
// message is checked, and waits for room in the queue, while the next one comes in; then reading stops: that is the
// backpressure), writing, and watching the time limits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/stream/server_session.hpp>

#include "asio.hpp"
#include "body_budget.hpp"
#include "channel.hpp"
#include "service.hpp"

namespace gaugeline::stream {

struct ConnectionLimits {
  SessionLimits session;
  Clock::duration handshake{};  // from accepting to the hello
  Clock::duration stall{};      // in the middle of a frame, without a byte going out, or BodyBudget::least_progress in
};

class Connection;

// What a connection asks of the server.
class ConnectionHost {
 public:
  virtual ~ConnectionHost() = default;
  // Where the connection's source stands; an error ends the connection, permission_denied if the token (empty: none)
  // may not write. From now on this connection alone speaks for the source.
  [[nodiscard]] virtual Expected<SourceStanding> greet(const std::shared_ptr<Connection>& connection,
                                                       std::string_view token) = 0;
  // A small message for which there is room now. False, and the message left as it is, if it has to wait.
  [[nodiscard]] virtual bool take_at_once(const std::shared_ptr<Connection>& from, DataMessage& message) = 0;
  // Returns when there was room for the message; never while the server is stopping.
  [[nodiscard]] virtual asio::awaitable<void> take(std::shared_ptr<Connection> from, DataMessage message) = 0;
  [[nodiscard]] virtual BodyBudget& bodies() = 0;
  [[nodiscard]] virtual SpareBodies& spare_bodies() = 0;
  virtual void log(std::string_view line) = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::unique_ptr<Channel> channel, ConnectionHost& host, const ConnectionLimits& limits);

  // The connection's whole life; never throws. The host must outlive it.
  [[nodiscard]] asio::awaitable<void> run();
  // Before the message that came over this connection goes into the queue: its answer will find the way back. Lines of
  // which none can be used become an error: the message is refused as a whole.
  void expect_answer(Incoming& message);
  // On a slice that was acknowledged.
  void judge(std::uint64_t sequence, const Expected<>& outcome);
  // Writes what is outstanding, then the error if there is one, and ends.
  void close(const std::optional<Error>& why);

  [[nodiscard]] const std::string& source() const noexcept { return source_; }  // empty before the hello

 private:
  [[nodiscard]] asio::awaitable<Expected<>> shake_hands();
  [[nodiscard]] asio::awaitable<void> serve();
  // A message on its way into the queue, with its share of the budget until it has its place there.
  struct Passing {
    DataMessage message;
    BodyClaim claim;
  };
  [[nodiscard]] asio::awaitable<Expected<>> read();
  [[nodiscard]] asio::awaitable<Expected<>> read_all();
  [[nodiscard]] asio::awaitable<Expected<>> pass_on();
  [[nodiscard]] asio::awaitable<Expected<>> receive(std::span<const std::byte> bytes);
  [[nodiscard]] Expected<> take_greeting(Greeting greeting);
  [[nodiscard]] asio::awaitable<Expected<>> write();
  [[nodiscard]] asio::awaitable<Expected<>> watch();
  [[nodiscard]] asio::awaitable<Expected<>> drain();
  [[nodiscard]] asio::awaitable<void> part();
  void answer(std::uint64_t sequence, const Expected<Taken>& outcome);
  void log(std::string_view what);
  void note_progress(std::size_t bytes);  // of the frame inside
  void set_limit(Clock::time_point& limit, Clock::duration from_now);
  void set_limit(Clock::time_point& limit, Clock::time_point when);

  std::unique_ptr<Channel> channel_;
  ConnectionHost& host_;
  ConnectionLimits limits_;
  std::string source_;
  ServerSession session_;
  BodyClaim body_;  // of the message that is coming in
  std::optional<Passing> passing_;
  Wakeup passing_changed_;
  std::vector<std::byte> sending_;
  std::size_t sent_ = 0;    // bytes of sending_
  bool connected_ = false;  // the handshake of TLS is done
  bool closing_ = false;
  Wakeup output_ready_;
  asio::steady_timer watch_;
  bool frame_began_ = false;        // the frame inside has its limit
  std::size_t frame_progress_ = 0;  // its bytes since that was set
  Clock::time_point frame_limit_{};
  Clock::time_point read_limit_ = Clock::time_point::max();
  Clock::time_point write_limit_ = Clock::time_point::max();
};

}  // namespace gaugeline::stream
