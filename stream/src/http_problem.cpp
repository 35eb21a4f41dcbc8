#include "http_problem.hpp"

#include <sstream>

#include <gaugeline/stream/json_writer.hpp>

namespace gaugeline::stream {
namespace {

constexpr std::string_view type_prefix = "urn:gaugeline:error:";
constexpr auto last_code = ErrorCode::permission_denied;
constexpr std::string_view retry_seconds = "1";

HttpResponse make(unsigned status, std::string_view type, std::string_view title, std::string_view detail) {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object()
      .member("type", type)
      .member("title", title)
      .member("status", status)
      .member("detail", detail)
      .end_object();
  HttpResponse response{
      .status = status, .content_type = "application/problem+json", .fields = {}, .body = std::move(out).str()};
  if (status == 429 || status == 503) response.set("Retry-After", retry_seconds);
  return response;
}

HttpResponse make(unsigned status, const Error& error) {
  return make(status, type_of(error.code()), name(error.code()), error.message());
}

}  // namespace

HttpResponse problem(unsigned status, std::string_view detail) {
  return make(status, "about:blank", http::obsolete_reason(http::int_to_status(status)), detail);
}

HttpResponse problem_of_question(const Error& error) {
  switch (error.code()) {
    case ErrorCode::invalid_argument:
      return make(400, error);
    case ErrorCode::not_found:
      return make(404, error);
    case ErrorCode::out_of_memory:
    case ErrorCode::out_of_order:
      return make(503, error);
    default:
      return make(500, error);
  }
}

HttpResponse problem_of_intake(const Error& error) {
  switch (error.code()) {
    case ErrorCode::capacity_exceeded:
      return make(429, error);
    case ErrorCode::invalid_argument:
    case ErrorCode::bad_data:
    case ErrorCode::unsupported_version:
    case ErrorCode::checksum_mismatch:
      return make(400, error);
    case ErrorCode::out_of_order:
      return make(409, error);
    case ErrorCode::io_error:
    case ErrorCode::no_space:
    case ErrorCode::out_of_memory:
      return make(503, error);
    default:
      return make(500, error);
  }
}

std::string type_of(ErrorCode code) {
  std::string type(type_prefix);
  for (const char c : name(code)) type += c == ' ' || c == '/' ? '-' : c;
  return type;
}

std::optional<ErrorCode> code_of(std::string_view type) {
  for (std::size_t i = 0; i <= static_cast<std::size_t>(last_code); ++i) {
    if (type == type_of(static_cast<ErrorCode>(i))) return static_cast<ErrorCode>(i);
  }
  return std::nullopt;
}

}  // namespace gaugeline::stream
