#include "http_connection.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "http_answers.hpp"
#include "http_problem.hpp"
#include "http_routes.hpp"
#include "open_file.hpp"
#include "slice_json.hpp"

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr std::size_t http_read_bytes = std::size_t{16} << 10U;
constexpr std::size_t file_piece_bytes = std::size_t{256} << 10U;
// For the last bytes to reach a client that may not be listening; a stop of the daemon waits for it.
constexpr auto parting_time = 3s;

// The sender's address without its port, which changes from one connection to the next.
std::string sender_of(const std::string& peer) { return "http:" + peer.substr(0, peer.rfind(':')); }

std::optional<std::uint64_t> content_length(const HttpResponse& response) {
  if (const auto* text = std::get_if<std::string>(&response.body)) return text->size();
  if (const auto* part = std::get_if<FilePart>(&response.body)) return part->length;
  return std::nullopt;
}

}  // namespace

HttpConnection::HttpConnection(std::unique_ptr<Channel> channel, HttpHost& host, const HttpLimits& limits)
    : channel_(std::move(channel)),
      host_(host),
      limits_(limits),
      reader_(limits),
      body_(host.bodies()),
      buffer_(http_read_bytes),
      watch_(channel_->executor()) {}

// What is outside of a request has nobody to be told to: a handshake that fails, a connection that is lost or idle.
asio::awaitable<void> HttpConnection::run() {
  const auto self = shared_from_this();
  set_limit(limits_.header);
  const auto shaken = co_await (contained(shake_hands()) || contained(watch()));
  if (shaken.index() == 0 && std::get<0>(shaken)) {
    const auto ended = co_await (contained(converse()) || contained(watch()));
    const bool late = ended.index() == 1;
    set_limit(parting_time);
    if (late && answering_ && !responding_) co_await (contained(refuse_late()) || contained(watch()));
    co_await part();
  }
  channel_->close();
}

asio::awaitable<void> HttpConnection::turn_away() {
  const auto self = shared_from_this();
  set_limit(parting_time);
  const auto shaken = co_await (contained(shake_hands()) || contained(watch()));
  if (shaken.index() == 0 && std::get<0>(shaken)) {
    const auto response = problem(503, "the server has no room for more connections: try again");
    co_await (contained(write(response, true)) || contained(watch()));
    co_await part();
  }
  channel_->close();
}

void HttpConnection::stop() {
  stopping_ = true;
  if (!answering_) set_limit(Clock::duration::zero());
}

asio::awaitable<void> HttpConnection::part() {
  set_limit(parting_time);
  channel_->end_sending();
  co_await (contained(drain()) || contained(watch()));
}

asio::awaitable<Expected<>> HttpConnection::shake_hands() {
  const auto error = co_await channel_->handshake();
  if (error) co_return fail(ErrorCode::io_error, "TLS handshake: ", error.message());
  co_return Expected<>{};
}

asio::awaitable<Expected<>> HttpConnection::converse() {
  while (!stopping_) {
    const auto more = co_await answer_one();
    if (!more) co_return std::unexpected(more.error());
    if (!*more) break;
    reader_.next();
    answering_ = responding_ = false;
  }
  co_return Expected<>{};
}

// True if another request may follow.
asio::awaitable<Expected<bool>> HttpConnection::answer_one() {
  const auto begun = co_await read_head();
  if (!begun || !*begun) co_return begun;
  std::optional<HttpResponse> response;
  if (!reader_.refusal()) {
    reader_.request().sender = sender_of(channel_->peer());
    auto [route, refusal] = find_route(reader_.request(), host_);
    if (route == nullptr) {
      response = std::move(refusal);
    } else {
      reader_.accept_body(body_limit(*route, limits_));
      const auto read = co_await read_body();
      if (!read || !*read) co_return read;
      lift_limit();
      if (!reader_.refusal()) response = co_await call_route(*route);
      body_.give_back();
    }
  }
  if (reader_.refusal()) response = reader_.refusal();
  const bool streams = std::holds_alternative<SliceEvents>(response->body);
  const bool last = stopping_ || streams || reader_.refusal() || !reader_.complete() || !reader_.keep_alive();
  const auto written = co_await write(*response, last);
  if (!written) co_return std::unexpected(written.error());
  co_return !last;
}

asio::awaitable<Expected<bool>> HttpConnection::read_head() {
  set_limit(limits_.idle);
  reader_.receive({});  // of a request that came behind the last one
  while (!reader_.has_head() && !reader_.refusal()) {
    if (!reader_.idle() && !std::exchange(answering_, true)) set_limit(limits_.header);
    const auto [error, size] = co_await channel_->read_some(buffer_);
    if (error == asio::error::eof) {
      reader_.end();
      if (!reader_.refusal()) co_return false;
      break;
    }
    if (error) co_return fail(ErrorCode::io_error, error.message());
    reader_.receive(std::span(buffer_).first(size));
  }
  answering_ = true;
  co_return true;
}

asio::awaitable<Expected<bool>> HttpConnection::read_body() {
  if (!reader_.refusal() && reader_.expects_continue()) {
    const auto sent = co_await send("HTTP/1.1 100 Continue\r\n\r\n");
    if (!sent) co_return std::unexpected(sent.error());
  }
  reader_.receive({});  // what came with the head
  set_limit(limits_.stall);
  std::size_t progress = 0;
  while (true) {
    if (const auto covered = body_.cover(reader_.body_memory()); !covered)
      reader_.refuse(problem_of_intake(covered.error()));
    if (reader_.complete() || reader_.refusal()) break;
    if (progress >= BodyBudget::least_progress) {
      set_limit(limits_.stall);
      progress = 0;
    }
    const auto [error, size] = co_await channel_->read_some(buffer_);
    if (error == asio::error::eof) {
      reader_.end();
      break;
    }
    if (error) co_return fail(ErrorCode::io_error, error.message());
    reader_.receive(std::span(buffer_).first(size));
    progress += size;
  }
  co_return true;
}

// Whatever goes wrong in an answer ends that answer alone.
asio::awaitable<HttpResponse> HttpConnection::call_route(const Route& route) {
  try {
    co_return co_await route.answer(host_, reader_.request());
  } catch (const std::bad_alloc&) {
    co_return problem(503, "there is not enough memory for this answer: ask for less, or try again");
  } catch (const std::exception& exception) {
    co_return problem(500, exception.what());
  }
}

asio::awaitable<Expected<>> HttpConnection::refuse_late() {
  co_return co_await write(problem(408, "the request did not come in time: send it without a pause"), true);
}

asio::awaitable<Expected<>> HttpConnection::write(const HttpResponse& response, bool last) {
  const bool head_only = reader_.has_head() && reader_.request().method == http::verb::head;
  std::string bytes = response_head(response, content_length(response), last);
  responding_ = true;
  host_.answered(response.status);
  if (const auto* text = std::get_if<std::string>(&response.body); text != nullptr && !head_only) bytes += *text;
  if (const auto sent = co_await send(bytes); !sent || head_only) co_return sent;
  if (const auto* part = std::get_if<FilePart>(&response.body)) co_return co_await write_file(*part);
  if (const auto* events = std::get_if<SliceEvents>(&response.body)) co_return co_await write_events(events->from);
  co_return Expected<>{};
}

asio::awaitable<Expected<>> HttpConnection::write_file(const FilePart& part) {
  std::string piece;
  for (std::uint64_t done = 0; done < part.length; done += piece.size()) {
    piece.resize(std::min<std::uint64_t>(file_piece_bytes, part.length - done));
    lift_limit();
    const auto read = co_await in_query_thread<Expected<>>(
        host_, [&] { return part.file->read(part.offset + done, std::as_writable_bytes(std::span(piece))); });
    if (!read) co_return read;  // the length was promised: all that is left is to close
    if (const auto sent = co_await send(piece); !sent) co_return sent;
  }
  co_return Expected<>{};
}

asio::awaitable<Expected<>> HttpConnection::write_events(std::uint64_t from) {
  const auto& store = host_.snapshots();
  while (!stopping_) {
    lift_limit();
    const auto published = co_await wait_for_slice(from);
    if (!published) co_return std::unexpected(published.error());
    if (!*published) {
      if (const auto sent = co_await send(":\n\n"); !sent) co_return sent;  // a comment: we are both still there
      continue;
    }
    const auto events =
        co_await in_query_thread<Expected<EncodedEvents>>(host_, [&] { return encode_events(store, from); });
    if (!events) co_return std::unexpected(events.error());
    // What was published and is not there any more has been removed: go on with what comes.
    from = events->text.empty() ? std::max(from, host_.status().slices) : events->next;
    if (events->text.empty()) continue;
    if (const auto sent = co_await send(events->text); !sent) co_return sent;
  }
  co_return Expected<>{};
}

// False if none came for as long as a client may be left without a sign of life; an error when the daemon stops.
asio::awaitable<Expected<bool>> HttpConnection::wait_for_slice(std::uint64_t from) {
  asio::steady_timer pause(channel_->executor(), limits_.watch_comment);
  const auto first = co_await (host_.slice_published(from) || pause.async_wait(with_error_code));
  if (first.index() == 1) co_return false;
  if (!std::get<0>(first)) co_return fail(ErrorCode::io_error, "the daemon stops");
  co_return true;
}

asio::awaitable<Expected<>> HttpConnection::send(std::string_view text) {
  auto rest = std::as_bytes(std::span(text));
  while (!rest.empty()) {
    set_limit(limits_.stall);
    const auto [error, size] = co_await channel_->write_some(rest);
    if (error) co_return fail(ErrorCode::io_error, error.message());
    rest = rest.subspan(size);
  }
  co_return Expected<>{};
}

asio::awaitable<Expected<>> HttpConnection::drain() {
  while (true) {
    const auto [error, size] = co_await channel_->read_some(buffer_);
    if (error) co_return Expected<>{};
  }
}

asio::awaitable<Expected<>> HttpConnection::watch() {
  while (Clock::now() < limit_) {
    watch_.expires_at(limit_);
    co_await watch_.async_wait(with_error_code);
  }
  co_return fail(ErrorCode::io_error, "a time limit has passed");
}

void HttpConnection::set_limit(Clock::duration from_now) {
  limit_ = Clock::now() + from_now;
  if (limit_ < watch_.expiry()) watch_.cancel();
}

}  // namespace gaugeline::stream
