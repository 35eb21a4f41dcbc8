// One HTTP connection: one request after another, each answered before the next is read.
//
// Lives in the network's thread. Two coroutines run side by side: the conversation, and the watch over its time limits.
// Time that the daemon needs for an answer is not limited; a client that does not send, or does not take what is sent,
// loses its connection, and holds nobody else up: what it may make the daemon keep is one body and one answer.
//
// After a problem in the request itself, or a body that is not wanted, the answer is the last one: it is sent, the
// sending side closed, and what still comes is thrown away for a moment, since a close with unread bytes could take the
// answer with it.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "channel.hpp"
#include "http_host.hpp"
#include "http_message.hpp"
#include "http_reader.hpp"

namespace gaugeline::stream {

struct Route;

class HttpConnection : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::unique_ptr<Channel> channel, HttpHost& host, const HttpLimits& limits);

  // The connection's whole life; never throws. The host must outlive it.
  [[nodiscard]] asio::awaitable<void> run();
  // Ends when the answer that is under way is written, at once between two requests. An event stream ends when
  // HttpHost::slice_published does.
  void stop();
  // Takes a connection that there is no room for: answers 503 and closes. Never throws.
  [[nodiscard]] asio::awaitable<void> turn_away();

 private:
  [[nodiscard]] asio::awaitable<Expected<>> shake_hands();
  [[nodiscard]] asio::awaitable<Expected<>> converse();
  [[nodiscard]] asio::awaitable<Expected<>> watch();
  [[nodiscard]] asio::awaitable<Expected<>> refuse_late();
  [[nodiscard]] asio::awaitable<Expected<>> drain();
  [[nodiscard]] asio::awaitable<void> part();

  // False at the end of the connection; a refusal lies in the reader.
  [[nodiscard]] asio::awaitable<Expected<bool>> read_head();
  [[nodiscard]] asio::awaitable<Expected<bool>> read_body();
  [[nodiscard]] asio::awaitable<Expected<bool>> answer_one();
  [[nodiscard]] asio::awaitable<HttpResponse> call_route(const Route& route);

  [[nodiscard]] asio::awaitable<Expected<>> write(const HttpResponse& response, bool last);
  [[nodiscard]] asio::awaitable<Expected<>> write_file(const FilePart& part);
  [[nodiscard]] asio::awaitable<Expected<>> write_events(std::uint64_t from);
  [[nodiscard]] asio::awaitable<Expected<bool>> wait_for_slice(std::uint64_t from);
  [[nodiscard]] asio::awaitable<Expected<>> send(std::string_view text);

  void set_limit(Clock::duration from_now);
  void lift_limit() { limit_ = Clock::time_point::max(); }

  std::unique_ptr<Channel> channel_;
  HttpHost& host_;
  HttpLimits limits_;
  HttpReader reader_;
  BodyClaim body_;  // of the request that is coming in
  std::vector<std::byte> buffer_;
  asio::steady_timer watch_;
  Clock::time_point limit_ = Clock::time_point::max();
  bool stopping_ = false;
  bool answering_ = false;   // a request is being read, or answered
  bool responding_ = false;  // some of its answer may be written
};

// Status line and header of a response, whose content has so many bytes (nullopt: until the connection closes).
[[nodiscard]] std::string response_head(const HttpResponse& response, std::optional<std::uint64_t> length, bool last);

}  // namespace gaugeline::stream
