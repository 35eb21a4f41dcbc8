#include "connection.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr std::size_t read_bytes = std::size_t{64} << 10U;
// For the last bytes to reach a client that may not be listening; a stop of the server waits for it.
constexpr auto parting_time = 3s;
constexpr auto no_limit = Clock::time_point::max();

Expected<> failed(std::string_view what, const boost::system::error_code& error) {
  return fail(ErrorCode::io_error, what, ": ", error.message());
}

}  // namespace

Connection::Connection(tcp::socket socket, ConnectionHost& host, const ConnectionLimits& limits)
    : socket_(std::move(socket)),
      host_(host),
      limits_(limits),
      session_(limits.session),
      output_ready_(socket_.get_executor()),
      watch_(socket_.get_executor()) {
  boost::system::error_code ignored;
  const auto peer = socket_.remote_endpoint(ignored);
  peer_ = address_of(peer);
  socket_.set_option(tcp::no_delay(true), ignored);
  socket_.set_option(asio::socket_base::keep_alive(true), ignored);
}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  set_limit(read_limit_, limits_.handshake);
  const auto first = co_await (contained(read()) || contained(write()) || contained(watch()));
  const auto outcome = std::visit([](const Expected<>& ended) { return ended; }, first);
  if (outcome) {
    log("ends");
  } else {
    log(outcome.error().message());
    session_.fail(outcome.error());
  }
  co_await part();
}

// A close with bytes unread would reset the connection, and the client might lose what was written last: so write it,
// say that it was the last, and wait for the client to close.
asio::awaitable<void> Connection::part() {
  closing_ = true;
  read_limit_ = no_limit;
  set_limit(write_limit_, parting_time);
  co_await (contained(write()) || contained(watch()));
  boost::system::error_code ignored;
  socket_.shutdown(tcp::socket::shutdown_send, ignored);
  co_await (contained(drain()) || contained(watch()));
  socket_.close(ignored);
}

asio::awaitable<Expected<>> Connection::read() {
  std::vector<std::byte> buffer(read_bytes);
  while (true) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), with_error_code);
    if (error == asio::error::eof) {
      if (session_.inside_frame()) co_return fail(ErrorCode::protocol_violation, "closed in the middle of a frame");
      co_return Expected<>{};
    }
    if (error) co_return failed("cannot read", error);
    if (session_.is_streaming()) read_limit_ = no_limit;  // the queue may be full for as long as it takes
    const auto received = co_await receive(std::span(buffer).first(size));
    if (!received) co_return received;
    if (session_.is_streaming() && session_.inside_frame()) set_limit(read_limit_, limits_.stall);
  }
}

asio::awaitable<Expected<>> Connection::receive(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    auto event = session_.receive(bytes);
    if (!event) co_return std::unexpected(event.error());
    if (!*event) continue;
    if (auto* greeting = std::get_if<Greeting>(&**event)) {
      take_greeting(std::move(*greeting));
    } else {
      co_await take_slice(std::get<SliceMessage>(std::move(**event)));
    }
  }
  co_return Expected<>{};
}

void Connection::take_greeting(Greeting greeting) {
  source_ = std::move(greeting.source);
  const auto last_sequence = host_.greet(shared_from_this());
  session_.welcome(last_sequence);
  read_limit_ = no_limit;
  output_ready_.notify_all();
  log("begins after slice " + std::to_string(last_sequence));
}

asio::awaitable<void> Connection::take_slice(SliceMessage message) {
  auto slice = co_await host_.decode(std::move(message.body));
  QueuedSlice queued{
      .from = weak_from_this(), .source = source_, .sequence = message.sequence, .slice = std::move(slice)};
  co_await host_.enqueue(std::move(queued));
}

asio::awaitable<Expected<>> Connection::write() {
  while (true) {
    if (sent_ == sending_.size()) {
      sending_ = session_.take_output();
      sent_ = 0;
    }
    if (sending_.empty()) {
      if (closing_) co_return Expected<>{};
      co_await output_ready_.wait();
      continue;
    }
    if (!closing_) set_limit(write_limit_, limits_.stall);
    const auto rest = std::span(sending_).subspan(sent_);
    const auto [error, size] =
        co_await socket_.async_write_some(asio::buffer(rest.data(), rest.size()), with_error_code);
    if (!closing_) write_limit_ = no_limit;
    sent_ += size;
    if (error) co_return failed("cannot write", error);
  }
}

asio::awaitable<Expected<>> Connection::watch() {
  while (true) {
    const auto limit = std::min(read_limit_, write_limit_);
    if (Clock::now() >= limit) {
      co_return fail(ErrorCode::io_error, source_.empty() ? "no hello within the time limit"
                                          : limit == read_limit_
                                              ? "nothing came for too long in the middle of a frame"
                                              : "the client did not take what was sent to it in time");
    }
    watch_.expires_at(limit);
    co_await watch_.async_wait(with_error_code);
  }
}

asio::awaitable<Expected<>> Connection::drain() {
  std::vector<std::byte> buffer(read_bytes);
  while (true) {
    const auto [error, size] = co_await socket_.async_read_some(asio::buffer(buffer), with_error_code);
    if (error) co_return Expected<>{};
  }
}

void Connection::answer(std::uint64_t sequence, const Expected<>& outcome) {
  if (outcome) {
    session_.acknowledge(sequence);
  } else {
    session_.refuse(sequence, outcome.error());
    log("slice " + std::to_string(sequence) + " is refused: " + std::string(outcome.error().message()));
  }
  output_ready_.notify_all();
}

void Connection::close(const std::optional<Error>& why) {
  if (why) {
    session_.fail(*why);
    log(why->message());
  }
  closing_ = true;
  output_ready_.notify_all();
}

void Connection::log(std::string_view what) {
  std::string line = peer_;
  if (!source_.empty()) line.append(" (").append(source_).append(")");
  host_.log(line.append(": ").append(what));
}

void Connection::set_limit(Clock::time_point& limit, Clock::duration from_now) {
  limit = Clock::now() + from_now;
  if (limit < watch_.expiry()) watch_.cancel();
}

}  // namespace gaugeline::stream
