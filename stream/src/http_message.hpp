// Requests and responses of HTTP/1.1, as the routes see them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/verb.hpp>

#include "asio.hpp"

namespace gaugeline::stream {

namespace http = boost::beast::http;

// What a request may take. Times are those without progress, where they do not say otherwise.
struct HttpLimits {
  std::size_t header_bytes = std::size_t{16} << 10U;  // request line and header fields
  std::size_t header_fields = 100;
  std::size_t target_bytes = std::size_t{8} << 10U;
  std::size_t event_bytes = std::size_t{16} << 20U;   // of a body of POST /v1/events
  std::size_t slice_bytes = std::size_t{256} << 20U;  // of POST /v1/slices
  Clock::duration idle = std::chrono::seconds(60);    // from one request to the next
  Clock::duration header = std::chrono::seconds(10);  // from the first byte of a request to the end of its header; also
                                                      // for the TLS handshake
  Clock::duration stall = std::chrono::seconds(60);   // without a byte going out, or BodyBudget::least_progress in
  Clock::duration watch_comment = std::chrono::seconds(15);  // a silent event stream has a sign of life so often
};

// A part of a field's value without the white space around it (RFC 9110, 5.6.3).
inline std::string_view trimmed(std::string_view text) noexcept {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

using HttpParameters = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  http::verb method = http::verb::unknown;
  std::string path;           // decoded
  HttpParameters parameters;  // of the query, decoded, UTF-8, in their order
  http::fields fields;
  std::string body;
  std::string place;  // what stands for the {...} of the route
  std::string sender;

  // By http::field or by name; empty if there is none.
  template <class Name>
  [[nodiscard]] std::string_view field(const Name& name) const {
    const auto found = fields.find(name);
    return found == fields.end() ? std::string_view() : std::string_view(found->value());
  }
};

// An open file, and the bytes of it that are sent.
class OpenFile;
struct FilePart {
  std::shared_ptr<const OpenFile> file;
  std::uint64_t offset = 0, length = 0;
};
// Server-sent events about slices from `from` on, until the client leaves.
struct SliceEvents {
  std::uint64_t from = 0;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type;  // empty: there is no content
  std::vector<std::pair<std::string, std::string>> fields;
  std::variant<std::string, FilePart, SliceEvents> body;

  void set(std::string_view name, std::string_view value) { fields.emplace_back(name, value); }
};

inline HttpResponse json_response(std::string json, unsigned status = 200) {
  return {.status = status, .content_type = "application/json", .fields = {}, .body = std::move(json)};
}

}  // namespace gaugeline::stream
