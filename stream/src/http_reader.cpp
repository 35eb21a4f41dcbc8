#include "http_reader.hpp"

#include <algorithm>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include "http_problem.hpp"
#include "http_target.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::size_t piece_bytes = std::size_t{64} << 10U;

}  // namespace

HttpReader::HttpReader(const HttpLimits& limits) : limits_(limits) { next(); }

void HttpReader::next() {
  parser_.emplace();
  parser_->eager(false);
  parser_->header_limit(static_cast<std::uint32_t>(limits_.header_bytes));
  parser_->body_limit(boost::none);  // take_body has the limit of the route
  request_ = {};
  begun_ = head_ = false;
  body_limit_.reset();
}

void HttpReader::receive(std::span<const std::byte> bytes) {
  if (refusal_) return;
  input_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  parse();
}

void HttpReader::end() {
  if (refusal_ || idle() || complete()) return;
  refusal_ = problem(400, "the connection was closed in the middle of the request: send all of it");
}

void HttpReader::parse() {
  // Empty lines before a request are to be ignored (RFC 9112, 2.2).
  if (!begun_) input_.erase(0, std::min(input_.find_first_not_of("\r\n"), input_.size()));
  begun_ = begun_ || !input_.empty();
  while (!refusal_ && !complete() && (!head_ || body_limit_) && put()) {
    if (!head_ && parser_->is_header_done()) take_head();
  }
}

bool HttpReader::put() {
  auto& body = parser_->get().body();
  if (head_) {
    piece_.resize(piece_bytes);
    body = {.data = piece_.data(), .size = piece_.size(), .more = true};
  }
  // Without input the parser would take a missing byte for an error; a body of length 0 is complete with the head.
  if (input_.empty()) return false;
  boost::system::error_code error;
  const std::size_t used = parser_->put(asio::buffer(input_), error);
  input_.erase(0, used);
  if (head_) take_body(piece_.size() - body.size);
  if (refusal_) return false;
  if (error == http::error::need_more) {
    // The parser limits headers, but not the lines between the chunks of a body.
    if (head_ && input_.size() > limits_.header_bytes) refuse(http::error::bad_chunk_extension);
    return false;
  }
  if (error && error != http::error::need_buffer) {
    refuse(error);
    return false;
  }
  return true;
}

void HttpReader::take_body(std::size_t size) {
  if (size > *body_limit_ - request_.body.size()) {
    refuse(http::error::body_limit);
    return;
  }
  make_room(request_.body.size() + size);
  request_.body.append(piece_, 0, size);
}

// Never for more than may come, which a string that grows by itself does not know.
void HttpReader::make_room(std::size_t size) {
  std::string& body = request_.body;
  if (size <= body.capacity()) return;
  std::string larger;
  larger.reserve(std::min(*body_limit_, std::max(size, 2 * body.capacity())));
  body.swap(larger.append(body));
}

void HttpReader::take_head() {
  head_ = true;
  const auto& message = parser_->get();
  request_.method = message.method();
  request_.fields = message;
  const std::string_view target = message.target();
  const auto count = static_cast<std::size_t>(std::distance(message.begin(), message.end()));
  if (target.size() > limits_.target_bytes) {
    refusal_ = problem(
        414, "the target has more than " + std::to_string(limits_.target_bytes) + " bytes: ask for less at a time");
  } else if (count > limits_.header_fields) {
    refusal_ =
        problem(431, "the header has more than " + std::to_string(limits_.header_fields) + " fields: send fewer");
  } else if (message.version() == 11 && message.count(http::field::host) != 1) {
    refusal_ = problem(400, "a request of HTTP/1.1 has one Host field, this one has " +
                                std::to_string(message.count(http::field::host)));
  } else if (auto parsed = parse_target(target)) {
    request_.path = std::move(parsed->path);
    request_.parameters = std::move(parsed->parameters);
  } else {
    refusal_ = problem(400, parsed.error().message());
  }
}

bool HttpReader::expects_continue() const {
  return parser_->get().version() >= 11 && !parser_->is_done() && input_.empty() &&
         boost::beast::iequals(request_.field(http::field::expect), "100-continue");
}

void HttpReader::accept_body(std::size_t limit) {
  body_limit_ = limit;
  const auto length = parser_->content_length();
  if (length && *length > limit) {
    refuse(http::error::body_limit);
  } else if (length) {
    body_limit_ = *length;
  }
}

void HttpReader::refuse(HttpResponse why) {
  refusal_ = std::move(why);
  std::string().swap(request_.body);
}

void HttpReader::refuse(boost::system::error_code error) {
  if (error == http::error::body_limit) {
    refusal_ = problem(413, "the body has more than " + std::to_string(*body_limit_) + " bytes: send it in parts");
  } else if (error == http::error::header_limit && input_.find('\n') == std::string::npos &&
             parser_->get().target().empty()) {
    refusal_ = problem(414, "the request line has more than " + std::to_string(limits_.header_bytes) +
                                " bytes: ask for less at a time");
  } else if (error == http::error::header_limit) {
    refusal_ = problem(431, "the header has more than " + std::to_string(limits_.header_bytes) + " bytes: send less");
  } else if (error == http::error::bad_version) {
    refusal_ = problem(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
  } else {
    refusal_ = problem(400, "this is not a request of HTTP/1.1: " + error.message());
  }
}

}  // namespace gaugeline::stream
