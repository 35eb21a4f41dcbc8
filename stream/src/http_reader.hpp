// Bytes to requests: a state machine without I/O, over Boost.Beast's parser. For one request after another:
//
//   reader.receive(bytes)          until head() or a problem
//   reader.accept_body(limit)      if the request is to be taken
//   reader.receive({})             what came with the head, then more bytes, until complete()
//   reader.take(); reader.next()
//
// Bytes of the next request that came early are kept: at most one piece of what was received. Memory: the header's
// limit, and the body as it comes, whatever its length claims to be.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

#include "http_message.hpp"

namespace gaugeline::stream {

class HttpReader {
 public:
  explicit HttpReader(const HttpLimits& limits);

  // After a problem nothing more is taken: what follows on this connection cannot be told apart.
  void receive(std::span<const std::byte> bytes);
  // The peer has said that nothing follows: a request that is not complete is a problem.
  void end();

  [[nodiscard]] const std::optional<HttpResponse>& refusal() const noexcept { return refusal_; }
  [[nodiscard]] bool idle() const noexcept { return !begun_; }  // between two requests
  [[nodiscard]] bool has_head() const noexcept { return head_; }
  [[nodiscard]] bool complete() const noexcept { return head_ && parser_->is_done(); }

  // Of a request whose head is there.
  [[nodiscard]] HttpRequest& request() noexcept { return request_; }
  // Another request may follow; not after one of HTTP/1.0.
  [[nodiscard]] bool keep_alive() const { return parser_->keep_alive() && parser_->get().version() == 11; }
  [[nodiscard]] bool expects_continue() const;
  // From here on the body is taken, up to so many bytes.
  void accept_body(std::size_t limit);

  // What the body that is coming in takes.
  [[nodiscard]] std::size_t body_memory() const noexcept { return request_.body.capacity(); }
  // The rest of the body is not wanted, and what has come of it is let go.
  void refuse(HttpResponse why);

  // The next request begins.
  void next();

 private:
  void parse();
  void take_head();
  [[nodiscard]] bool put();  // parses some more; false if it takes more bytes
  void take_body(std::size_t size);
  void make_room(std::size_t size);
  void refuse(boost::system::error_code error);

  HttpLimits limits_;
  std::string input_;  // not parsed yet
  std::optional<http::request_parser<http::buffer_body>> parser_;
  HttpRequest request_;
  std::optional<HttpResponse> refusal_;
  bool begun_ = false, head_ = false;
  std::optional<std::size_t> body_limit_;
  std::string piece_;  // of the body, where the parser puts it
};

}  // namespace gaugeline::stream
