#include "connection.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr std::size_t frame_read_bytes = std::size_t{64} << 10U;
// For the last bytes to reach a client that may not be listening; a stop of the server waits for it.
constexpr auto parting_time = 3s;
constexpr auto no_limit = Clock::time_point::max();

Expected<> failed_exchange(std::string_view what, const boost::system::error_code& error) {
  return fail(ErrorCode::io_error, what, ": ", error.message());
}

}  // namespace

Connection::Connection(std::unique_ptr<Channel> channel, ConnectionHost& host, const ConnectionLimits& limits)
    : channel_(std::move(channel)),
      host_(host),
      limits_(limits),
      session_(limits.session),
      body_(host.bodies()),
      passing_changed_(channel_->executor()),
      output_ready_(channel_->executor()),
      watch_(channel_->executor()) {
  session_.set_spare([this] { return host_.spare_bodies().take(); });
}

asio::awaitable<void> Connection::run() {
  const auto self = shared_from_this();
  set_limit(read_limit_, limits_.handshake);
  const auto first = co_await (contained(shake_hands()) || contained(watch()));
  const auto outcome = std::visit([](const Expected<>& ended) { return ended; }, first);
  if (outcome && !closing_) {
    connected_ = true;
    co_await serve();
  } else if (!outcome) {
    log(outcome.error().message());  // there is no channel on which the client could be told
  }
  channel_->close();
}

asio::awaitable<Expected<>> Connection::shake_hands() {
  const auto error = co_await channel_->handshake();
  if (error) co_return failed_exchange("TLS handshake", error);
  co_return Expected<>{};
}

asio::awaitable<void> Connection::serve() {
  const auto first = co_await (contained(read()) || contained(pass_on()) || contained(write()) || contained(watch()));
  const auto outcome = std::visit([](const Expected<>& ended) { return ended; }, first);
  passing_.reset();
  if (outcome) {
    log("ends");
  } else {
    log(outcome.error().message());
    session_.fail(outcome.error());
    body_.give_back();
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
  channel_->end_sending();
  co_await (contained(drain()) || contained(watch()));
}

// What came before the end, or before what was wrong, is taken.
asio::awaitable<Expected<>> Connection::read() {
  const auto outcome = co_await read_all();
  read_limit_ = no_limit;  // nothing more is read
  while (passing_) co_await passing_changed_.wait();
  co_return outcome;
}

asio::awaitable<Expected<>> Connection::read_all() {
  std::vector<std::byte> buffer(frame_read_bytes);
  while (true) {
    const auto [error, size] = co_await channel_->read_some(buffer);
    if (error == asio::error::eof) {
      if (session_.inside_frame()) co_return fail(ErrorCode::protocol_violation, "closed in the middle of a frame");
      co_return Expected<>{};
    }
    if (error) co_return failed_exchange("cannot read", error);
    if (session_.is_streaming()) read_limit_ = no_limit;  // the queue may be full for as long as it takes
    const auto received = co_await receive(std::span(buffer).first(size));
    if (!received) co_return received;
    if (session_.is_streaming() && session_.inside_frame()) note_progress(size);
  }
}

asio::awaitable<Expected<>> Connection::receive(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    auto event = session_.receive(bytes);
    if (!event) co_return std::unexpected(event.error());
    auto* message = *event ? std::get_if<DataMessage>(&**event) : nullptr;
    const auto covered = body_.cover(message != nullptr ? message->body.capacity() : session_.body_memory());
    if (!covered) co_return covered;
    if (!*event) continue;
    frame_began_ = false;
    if (auto* greeting = std::get_if<Greeting>(&**event)) {
      if (const auto taken = take_greeting(std::move(*greeting)); !taken) co_return taken;
    } else if (!passing_ && host_.take_at_once(shared_from_this(), *message)) {
      body_.give_back();
    } else {
      while (passing_) co_await passing_changed_.wait();
      passing_.emplace(std::move(*message), body_.pass_on());
      passing_changed_.notify_all();
    }
  }
  co_return Expected<>{};
}

asio::awaitable<Expected<>> Connection::pass_on() {
  while (true) {
    while (!passing_) co_await passing_changed_.wait();
    co_await host_.take(shared_from_this(), std::move(passing_->message));
    passing_.reset();
    passing_changed_.notify_all();
  }
}

Expected<> Connection::take_greeting(Greeting greeting) {
  source_ = std::move(greeting.source);
  const auto standing = host_.greet(shared_from_this(), greeting.token);
  if (!standing) return std::unexpected(standing.error());
  session_.welcome(standing->last_sequence, standing->last_unjudged);
  read_limit_ = no_limit;
  output_ready_.notify_all();
  log("begins after message " + std::to_string(standing->last_sequence));
  return {};
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
    const auto [error, size] = co_await channel_->write_some(std::span(sending_).subspan(sent_));
    if (!closing_) write_limit_ = no_limit;
    sent_ += size;
    if (error) co_return failed_exchange("cannot write", error);
  }
}

asio::awaitable<Expected<>> Connection::watch() {
  while (true) {
    const auto limit = std::min(read_limit_, write_limit_);
    if (Clock::now() >= limit) {
      co_return fail(ErrorCode::io_error, source_.empty() ? "no hello within the time limit"
                                          : limit == read_limit_
                                              ? "too little came for too long in the middle of a frame"
                                              : "the client did not take what was sent to it in time");
    }
    watch_.expires_at(limit);
    co_await watch_.async_wait(with_error_code);
  }
}

asio::awaitable<Expected<>> Connection::drain() {
  std::vector<std::byte> buffer(frame_read_bytes);
  while (true) {
    const auto [error, size] = co_await channel_->read_some(buffer);
    if (error) co_return Expected<>{};
  }
}

void Connection::expect_answer(Incoming& message) {
  message.answer = [to = weak_from_this(), sequence = message.sequence](const Expected<Taken>& taken) {
    if (const auto connection = to.lock()) connection->answer(sequence, taken);
  };
  const auto* lines = std::get_if<EventLines>(&message.content);
  if (lines == nullptr || !lines->lines.empty() || lines->refused == 0) return;
  message.content = Error(ErrorCode::bad_data, "no line of ", lines->refused, " can be used; line ",
                          lines->told.front().line, ": ", std::string_view(lines->told.front().reason));
}

void Connection::answer(std::uint64_t sequence, const Expected<Taken>& outcome) {
  if (!outcome) {
    session_.refuse(sequence, outcome.error());
    log("message " + std::to_string(sequence) + " is refused: " + std::string(outcome.error().message()));
  } else if (!outcome->events && outcome->slices > 0) {
    session_.acknowledge(sequence);
  } else {
    session_.acknowledge(sequence, outcome->events.value_or(EventsTaken{}));
    if (outcome->events && outcome->events->refused > 0)
      log("message " + std::to_string(sequence) + ": " + std::to_string(outcome->events->refused) +
          " events are refused, the first in line " + std::to_string(outcome->events->first_refused_line) + ": " +
          outcome->events->first_reason);
  }
  output_ready_.notify_all();
}

void Connection::judge(std::uint64_t sequence, const Expected<>& outcome) {
  session_.judge(sequence, outcome);
  if (!outcome) log("slice " + std::to_string(sequence) + " is not learnt: " + std::string(outcome.error().message()));
  output_ready_.notify_all();
}

void Connection::close(const std::optional<Error>& why) {
  if (why) {
    session_.fail(*why);
    log(why->message());
  }
  closing_ = true;
  output_ready_.notify_all();
  if (!connected_) channel_->close();
}

void Connection::log(std::string_view what) {
  std::string line = channel_->peer();
  if (!source_.empty()) line.append(" (").append(source_).append(")");
  host_.log(line.append(": ").append(what));
}

void Connection::note_progress(std::size_t bytes) {
  frame_progress_ += bytes;
  if (!std::exchange(frame_began_, true) || frame_progress_ >= BodyBudget::least_progress) {
    frame_progress_ = 0;
    frame_limit_ = Clock::now() + limits_.stall;
  }
  set_limit(read_limit_, frame_limit_);
}

void Connection::set_limit(Clock::time_point& limit, Clock::duration from_now) {
  set_limit(limit, Clock::now() + from_now);
}

void Connection::set_limit(Clock::time_point& limit, Clock::time_point when) {
  limit = when;
  if (limit < watch_.expiry()) watch_.cancel();
}

}  // namespace gaugeline::stream
