// The target of a request: a path and a query, percent-encoded (RFC 3986), with + for a space in the query as forms
// have it.
#pragma once

#include <string>
#include <string_view>

#include <gaugeline/error.hpp>

#include "http_message.hpp"

namespace gaugeline::stream {

struct HttpTarget {
  std::string path;
  HttpParameters parameters;
};

// Refused (invalid_argument): what is no origin-form ("/path?name=value"), escapes that are none, and what is not UTF-8
// or has control characters once it is decoded.
[[nodiscard]] Expected<HttpTarget> parse_target(std::string_view target);

// Percent-encodes all but unreserved characters.
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace gaugeline::stream
