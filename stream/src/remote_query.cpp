#include <gaugeline/stream/remote_query.hpp>

#include <array>
#include <charconv>
#include <memory>
#include <span>
#include <vector>

#include <boost/asio/connect.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "asio.hpp"
#include "channel.hpp"
#include "http_problem.hpp"
#include "http_target.hpp"
#include "question_parameters.hpp"
#include "tls_channel.hpp"

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;

// Writes a question as the target of a request: the visitor that question_parameters.hpp speaks of.
class TargetWriter {
 public:
  explicit TargetWriter(std::string_view path) : target_(path) {}

  void text(std::string_view name, const std::string& value, Needed /*needed*/) { add(name, value); }
  void texts(std::string_view name, const std::vector<std::string>& values, Needed /*needed*/) {
    for (const std::string& value : values) add(name, value);
  }
  void slice(std::string_view name, const std::string& value) { add(name, value); }
  void count(std::string_view name, std::size_t value, std::size_t /*least*/) { add(name, std::to_string(value)); }
  void uses(std::string_view name, float value) {
    std::array<char, 40> digits{};
    add(name, {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr});
  }
  [[nodiscard]] const std::string& target() const noexcept { return target_; }

 private:
  void add(std::string_view name, std::string_view value) {
    target_ += target_.find('?') == std::string::npos ? '?' : '&';
    target_.append(name).append("=").append(percent_encoded(value));
  }
  std::string target_;
};

struct Response {
  unsigned status = 0;
  std::string body;
};

Expected<> failed(const RemoteDaemon& daemon, std::string_view what, const boost::system::error_code& error) {
  return fail(ErrorCode::io_error, daemon.host, ":", daemon.port, ": ", what, ": ", error.message());
}

std::string request_text(const RemoteDaemon& daemon, const std::string& target) {
  const bool bare = daemon.host.find(':') != std::string::npos;  // an IPv6 address
  const std::string host = (bare ? "[" + daemon.host + "]" : daemon.host) + ":" + daemon.port;
  return "GET " + target + " HTTP/1.1\r\nHost: " + host +
         "\r\nUser-Agent: gaugeline\r\nAccept: application/json\r\nConnection: close\r\n" +
         (daemon.token.empty() ? "" : "Authorization: Bearer " + daemon.token + "\r\n") + "\r\n";
}

// If the daemon closes before it has read all, it may have said why: reading tells.
asio::awaitable<void> write_all(Channel& channel, std::string_view text) {
  auto rest = std::as_bytes(std::span(text));
  while (!rest.empty()) {
    const auto [error, size] = co_await channel.write_some(rest);
    if (error) co_return;
    rest = rest.subspan(size);
  }
}

// One response, which may end with the connection.
asio::awaitable<boost::system::error_code> read_response(Channel& channel,
                                                         http::response_parser<http::string_body>& parser) {
  std::vector<std::byte> piece(std::size_t{64} << 10U);
  boost::beast::flat_buffer buffer;
  boost::system::error_code error;
  while (!parser.is_done()) {
    const auto [ended, size] = co_await channel.read_some(piece);
    if (ended == asio::error::eof && parser.got_some()) {
      parser.put_eof(error);
      co_return error;
    }
    if (ended) co_return ended;
    buffer.commit(asio::buffer_copy(buffer.prepare(size), asio::buffer(piece.data(), size)));
    while (buffer.size() > 0 && !parser.is_done()) {
      const std::size_t taken = parser.put(buffer.data(), error);
      buffer.consume(taken);
      if (error == http::error::need_more) break;
      if (error) co_return error;
    }
  }
  co_return boost::system::error_code();
}

asio::awaitable<Expected<>> exchange(const RemoteDaemon& daemon, const std::string& request, Response& response) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::resolver resolver(executor);
  const auto [unresolved, endpoints] = co_await resolver.async_resolve(daemon.host, daemon.port, with_error_code);
  if (unresolved) co_return failed(daemon, "cannot be resolved", unresolved);
  tcp::socket socket(executor);
  const auto [refused, endpoint] = co_await asio::async_connect(socket, endpoints, with_error_code);
  if (refused) co_return failed(daemon, "cannot connect", refused);
  const auto channel =
      daemon.tls ? tls_channel(std::move(socket), *daemon.tls, daemon.host) : plain_channel(std::move(socket));
  if (const auto unshaken = co_await channel->handshake()) co_return failed(daemon, "cannot connect by TLS", unshaken);
  co_await write_all(*channel, request);
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.body_limit(daemon.max_answer_bytes);
  const auto error = co_await read_response(*channel, parser);
  if (error == http::error::body_limit)
    co_return fail(ErrorCode::capacity_exceeded, daemon.host, ":", daemon.port, ": the answer has more than ",
                   daemon.max_answer_bytes, " bytes: ask for less");
  if (error.category() == make_error_code(http::error::bad_version).category())
    co_return fail(ErrorCode::bad_data, daemon.host, ":", daemon.port,
                   ": this is no answer of HTTP: ", error.message());
  if (error) co_return failed(daemon, "cannot read the answer", error);
  response.status = parser.get().result_int();
  response.body = std::move(parser.get().body());
  co_return Expected<>{};
}

asio::awaitable<void> exchange_in_time(const RemoteDaemon& daemon, const std::string& request, Response& response,
                                       Expected<>& outcome) {
  const std::chrono::duration<double> limit(daemon.timeout_seconds);
  asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::duration_cast<Clock::duration>(limit));
  const auto first = co_await (contained(exchange(daemon, request, response)) || timer.async_wait(with_error_code));
  outcome = first.index() == 0 ? std::get<0>(first)
                               : fail(ErrorCode::io_error, daemon.host, ":", daemon.port, ": no answer within ",
                                      daemon.timeout_seconds, " s");
}

// What a problem+json says, as the error that it was.
Error error_of(const Response& response) {
  ErrorCode code = response.status == 404  ? ErrorCode::not_found
                   : response.status < 500 ? ErrorCode::invalid_argument
                                           : ErrorCode::io_error;
  std::string detail = "the daemon answers with status " + std::to_string(response.status);
  boost::json::error_code failed;
  const auto document = boost::json::parse(response.body, failed);
  if (!failed && document.is_object()) {
    const auto member = [&](std::string_view name) -> const boost::json::string* {
      const auto* found = document.get_object().if_contains(name);
      return found == nullptr ? nullptr : found->if_string();
    };
    if (const auto* type = member("type")) code = code_of(std::string_view(*type)).value_or(code);
    if (const auto* text = member("detail")) detail = std::string_view(*text);
  }
  return Error(code, detail);
}

template <class Question>
Expected<std::string> ask_path(const RemoteDaemon& daemon, std::string_view path, Question& question) {
  TargetWriter writer(path);
  describe(question, writer);
  const std::string request = request_text(daemon, writer.target());
  Response response;
  Expected<> outcome = fail(ErrorCode::io_error, "nothing was asked");
  asio::io_context context(1);
  asio::co_spawn(context, exchange_in_time(daemon, request, response, outcome), asio::detached);
  context.run();
  if (!outcome) return std::unexpected(outcome.error());
  if (response.status != 200) return std::unexpected(error_of(response));
  return std::move(response.body);
}

}  // namespace

Expected<std::string> ask(const RemoteDaemon& daemon, NeighborsQuestion question) {
  return ask_path(daemon, "/v1/neighbors", question);
}
Expected<std::string> ask(const RemoteDaemon& daemon, TranslationQuestion question) {
  return ask_path(daemon, "/v1/translate", question);
}
Expected<std::string> ask(const RemoteDaemon& daemon, SimilarityQuestion question) {
  return ask_path(daemon, "/v1/similarity", question);
}
Expected<std::string> ask(const RemoteDaemon& daemon, TrajectoryQuestion question) {
  return ask_path(daemon, "/v1/trajectory", question);
}
Expected<std::string> ask(const RemoteDaemon& daemon, DriftQuestion question) {
  return ask_path(daemon, "/v1/drift", question);
}
Expected<std::string> ask(const RemoteDaemon& daemon, TokenDriftQuestion question) {
  return ask_path(daemon, "/v1/drift", question);
}
Expected<std::string> ask(const RemoteDaemon& daemon, ScoreQuestion question) {
  return ask_path(daemon, "/v1/score", question);
}

}  // namespace gaugeline::stream
