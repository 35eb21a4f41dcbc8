// Events and slices that come by POST.
#include <span>
#include <sstream>

#include <gaugeline/stream/json_writer.hpp>

#include "http_answers.hpp"
#include "http_parameters.hpp"
#include "http_problem.hpp"

namespace gaugeline::stream {
namespace {

// Of lines that were all refused it is a problem, with the same members.
HttpResponse respond(const EventsOutcome& outcome) {
  const bool all_refused = outcome.refused != 0 && outcome.accepted + outcome.duplicates == 0;
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object();
  if (all_refused) {
    json.member("type", type_of(ErrorCode::bad_data))
        .member("title", name(ErrorCode::bad_data))
        .member("status", 400)
        .member("detail", "every line was refused; the first errors say why");
  }
  json.member("accepted", outcome.accepted)
      .member("duplicates", outcome.duplicates)
      .member("late", outcome.late)
      .member("refused", outcome.refused)
      .key("errors")
      .begin_array();
  for (const LineError& error : outcome.errors)
    json.begin_object().member("line", error.line).member("reason", error.reason.message()).end_object();
  json.end_array().end_object();
  auto response = json_response(std::move(out).str(), all_refused ? 400 : 200);
  if (all_refused) response.content_type = "application/problem+json";
  return response;
}

}  // namespace

HttpAnswer take_events(HttpHost& host, HttpRequest& request) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  const auto outcome = co_await host.take_events(request.sender, std::move(request.body));
  co_return outcome ? respond(*outcome) : problem_of_intake(outcome.error());
}

HttpAnswer take_slice(HttpHost& host, HttpRequest& request) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  const auto bytes = std::as_bytes(std::span(request.body));
  std::vector<std::byte> encoded(bytes.begin(), bytes.end());
  std::string().swap(request.body);
  const auto taken = co_await host.take_slice(request.sender, std::move(encoded));
  co_return taken ? json_response("{\"accepted\": 1}\n") : problem_of_intake(taken.error());
}

}  // namespace gaugeline::stream
