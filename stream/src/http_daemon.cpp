// What the daemon says about itself: health, figures, and the description of its interface.
#include <algorithm>
#include <charconv>
#include <sstream>

#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "http_answers.hpp"
#include "http_parameters.hpp"
#include "http_problem.hpp"
#include "openapi_document.hpp"

namespace gaugeline::stream {
namespace {

HttpResponse text_response(std::string text) {
  return {.status = 200, .content_type = "text/plain; charset=utf-8", .fields = {}, .body = std::move(text)};
}

std::string status_json(const DaemonStatus& status) {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object()
      .member("version", status.version)
      .member("ready", status.not_ready.empty())
      .key("not_ready")
      .begin_array();
  for (const std::string& reason : status.not_ready) json.value(reason);
  json.end_array()
      .member("run", status.run)
      .member("model", status.model)
      .member("dimension", status.dimension)
      .member("slices", status.slices)
      .member("item_rows", status.item_rows)
      .member("context_rows", status.context_rows)
      .key("watermark");
  status.watermark ? json.value(format_time(*status.watermark)) : json.null();
  json.member("open_windows", status.open_windows)
      .member("queue_messages", status.queue_messages)
      .member("queue_slices", status.queue_slices)
      .member("queue_slices_most", status.queue_slices_most)
      .member("body_bytes", status.body_bytes)
      .member("durability", status.durability)
      .member("journal_bytes", status.journal_bytes)
      .key("checkpoint_age_seconds");
  status.checkpoint_age_seconds ? json.value(*status.checkpoint_age_seconds) : json.null();
  json.member("uptime_seconds", status.uptime_seconds).end_object();
  return std::move(out).str();
}

// Calls use(part, rest) for each part of a list; `rest` is what follows it.
template <class Use>
void for_each_part(std::string_view text, char separator, const Use& use) {
  while (!text.empty()) {
    const std::size_t end = text.find(separator);
    use(trimmed(text.substr(0, end)));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
}

// The weight of the best range of an Accept field that names the type; -1 without one (RFC 9110, 12.5.1).
double weight_of(std::string_view accept, std::string_view type) {
  double weight = -1;
  for_each_part(accept, ',', [&](std::string_view range) {
    if (trimmed(range.substr(0, range.find(';'))) != type) return;
    double here = 1;
    for_each_part(range, ';', [&](std::string_view parameter) {
      if (!parameter.starts_with("q=")) return;
      if (std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), here).ec != std::errc{}) here = 0;
    });
    weight = std::max(weight, here);
  });
  return weight;
}

}  // namespace

HttpAnswer answer_livez(HttpHost& /*host*/, HttpRequest& request) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  co_return text_response("alive\n");
}

HttpAnswer answer_readyz(HttpHost& host, HttpRequest& request) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  const DaemonStatus status = host.status();
  if (status.not_ready.empty()) co_return text_response("ready\n");
  std::string reasons;
  for (const std::string& reason : status.not_ready) reasons += (reasons.empty() ? "" : "; ") + reason;
  co_return problem(503, reasons);
}

// OpenMetrics where it is asked for, and not less than plain text.
HttpAnswer answer_metrics(HttpHost& host, HttpRequest& request) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  const std::string_view accept = request.field(http::field::accept);
  const double open = weight_of(accept, "application/openmetrics-text");
  const auto format =
      open > 0 && open >= weight_of(accept, "text/plain") ? MetricsFormat::openmetrics : MetricsFormat::prometheus_text;
  auto response = text_response(host.metrics(format));
  response.content_type = content_type(format);
  co_return response;
}

HttpAnswer answer_openapi(HttpHost& /*host*/, HttpRequest& request) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  co_return json_response(std::string(openapi_document()));
}

HttpAnswer answer_status(HttpHost& host, HttpRequest& request) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  co_return json_response(status_json(host.status()));
}

}  // namespace gaugeline::stream
