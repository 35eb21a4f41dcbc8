#include "http_routes.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <boost/beast/core/string.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "http_answers.hpp"
#include "http_names.hpp"
#include "http_problem.hpp"

namespace gaugeline::stream {
namespace {

using enum http::verb;
using Needs = RouteAccess;
constexpr auto nothing = RouteBody::none;

constexpr std::array table{
    Route{get, "/livez", Needs::open, nothing, answer_livez},
    Route{get, "/readyz", Needs::open, nothing, answer_readyz},
    Route{get, "/metrics", Needs::read, nothing, answer_metrics},
    Route{get, "/openapi.json", Needs::open, nothing, answer_openapi},
    Route{get, "/v1/status", Needs::read, nothing, answer_status},
    Route{get, "/v1/slices", Needs::read, nothing, answer_slices},
    Route{post, "/v1/slices", Needs::write, RouteBody::slice, take_slice},
    Route{post, "/v1/events", Needs::write, RouteBody::events, take_events},
    Route{get, "/v1/watch", Needs::read, nothing, answer_watch},
    Route{get, "/v1/neighbors", Needs::read, nothing, answer_neighbors},
    Route{get, "/v1/trajectory", Needs::read, nothing, answer_trajectory},
    Route{get, "/v1/drift", Needs::read, nothing, answer_drift},
    Route{get, "/v1/translate", Needs::read, nothing, answer_translate},
    Route{get, "/v1/similarity", Needs::read, nothing, answer_similarity},
    Route{get, "/v1/score", Needs::read, nothing, answer_score},
    Route{get, "/v1/snapshots", Needs::read, nothing, answer_snapshots},
    Route{get, "/v1/snapshots/latest", Needs::read, nothing, answer_latest_snapshot},
    Route{get, "/v1/snapshots/{slice}", Needs::read, nothing, answer_snapshot},
};

// What stands for the {...} of the route, or empty if it has none; nullopt if the path is another. Routes have at most
// one, as their last segment.
std::optional<std::string_view> match(std::string_view path, std::string_view route) {
  const std::size_t brace = route.find('{');
  if (brace == std::string_view::npos) return path == route ? std::optional(std::string_view()) : std::nullopt;
  if (!path.starts_with(route.substr(0, brace))) return std::nullopt;
  const std::string_view place = path.substr(brace);
  if (place.empty() || place.find('/') != std::string_view::npos) return std::nullopt;
  return place;
}

http::verb route_method(http::verb method) { return method == head ? get : method; }

HttpResponse no_route(const std::string& path) {
  std::string list;
  for (const Route& route : table)
    list.append(list.empty() ? "" : ", ").append(http::to_string(route.method)).append(" ").append(route.path);
  return problem(404, "there is no " + path + " here. There is: " + list + ". /openapi.json describes them.");
}

HttpResponse wrong_method(const std::string& path, const std::string& allowed) {
  auto response = problem(405, path + " answers to " + allowed + " only");
  response.set("Allow", allowed);
  return response;
}

// Only HTTP/1.0 does without the field, which no browser speaks.
std::optional<HttpResponse> wrong_host(const HttpRequest& request, const HttpHost& host) {
  const auto field = request.fields.find(http::field::host);
  if (field == request.fields.end() || names_server(field->value(), host.host_names())) return std::nullopt;
  const std::string asked = printable(field->value());
  return problem(421, "the request is for the host '" + asked +
                          "', which this server is not called: ask by IP address or as localhost, or let the daemon "
                          "be started with --http-host and this name");
}

// The token of "Bearer TOKEN"; empty if there is none.
std::string_view bearer_token(const HttpRequest& request) {
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view value = request.field(http::field::authorization);
  if (value.size() < scheme.size() || !boost::beast::iequals(value.substr(0, scheme.size()), scheme)) return {};
  return value.substr(std::min(value.find_first_not_of(' ', scheme.size()), value.size()));
}

HttpResponse unauthorized(bool token_given) {
  auto response = problem(401, token_given ? "the bearer token is not one that is accepted for this"
                                           : "a bearer token is needed: Authorization: Bearer TOKEN");
  response.set("WWW-Authenticate",
               token_given ? "Bearer realm=\"gaugeline\", error=\"invalid_token\"" : "Bearer realm=\"gaugeline\"");
  return response;
}

bool may(const Route& route, const HttpRequest& request, const HttpHost& host) {
  return route.access == Needs::open ||
         host.authorized(bearer_token(request), route.access == Needs::read ? Access::read : Access::write);
}

// The media type without its parameters, in lower case.
std::string media_type(std::string_view field) {
  field = field.substr(0, field.find(';'));
  std::string type;
  for (const char c : field) {
    if (c != ' ' && c != '\t') type += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  }
  return type;
}

// A page of another site can make a browser send forms and plain text to here, but none of these types without asking:
// that is why a type is needed.
std::optional<HttpResponse> wrong_content(const Route& route, const HttpRequest& request) {
  if (route.body == RouteBody::none) return std::nullopt;
  const std::string_view encoding = request.field(http::field::content_encoding);
  if (!encoding.empty() && !boost::beast::iequals(encoding, "identity"))
    return problem(415, "the body has Content-Encoding " + std::string(encoding) + ": send it as it is");
  const std::string type = media_type(request.field(http::field::content_type));
  if (route.body == RouteBody::slice) {
    if (type == "application/octet-stream") return std::nullopt;
    return problem(415, "a slice is sent with Content-Type: application/octet-stream");
  }
  constexpr std::array<std::string_view, 5> lines{"application/x-ndjson", "application/ndjson", "application/jsonl",
                                                  "application/x-jsonlines", "application/json"};
  if (std::ranges::find(lines, type) != lines.end()) return std::nullopt;
  return problem(415, "events are sent with Content-Type: application/x-ndjson, one JSON object a line");
}

}  // namespace

std::span<const Route> routes() noexcept { return table; }

std::size_t body_limit(const Route& route, const HttpLimits& limits) noexcept {
  switch (route.body) {
    case RouteBody::none:
      return 0;
    case RouteBody::events:
      return limits.event_bytes;
    case RouteBody::slice:
      return limits.slice_bytes;
  }
  return 0;
}

Destination find_route(HttpRequest& request, const HttpHost& host) {
  if (auto refusal = wrong_host(request, host)) return {nullptr, std::move(*refusal)};
  std::string allowed;
  for (const Route& route : table) {
    const auto place = match(request.path, route.path);
    if (!place) continue;
    if (route.method != route_method(request.method)) {
      allowed.append(allowed.empty() ? "" : ", ")
          .append(route.method == get ? "GET, HEAD" : http::to_string(route.method));
      continue;
    }
    if (!may(route, request, host)) return {nullptr, unauthorized(!bearer_token(request).empty())};
    if (auto refusal = wrong_content(route, request)) return {nullptr, std::move(*refusal)};
    request.place = *place;
    return {&route, {}};
  }
  return {nullptr, allowed.empty() ? no_route(request.path) : wrong_method(request.path, allowed)};
}

}  // namespace gaugeline::stream
