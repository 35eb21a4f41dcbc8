// What the HTTP server answers to: one table of methods and paths. docs/openapi.json says the same for users; a test
// holds the two together.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http_host.hpp"
#include "http_message.hpp"

namespace gaugeline::stream {

// Who may ask.
enum class RouteAccess : std::uint8_t { open, read, write };
// What a request brings.
enum class RouteBody : std::uint8_t { none, events, slice };

struct Route {
  http::verb method;      // one that is GET answers HEAD too
  std::string_view path;  // a segment {...} stands for any one segment
  RouteAccess access;
  RouteBody body;
  asio::awaitable<HttpResponse> (*answer)(HttpHost& host, HttpRequest& request);
};

[[nodiscard]] std::span<const Route> routes() noexcept;

// What a request may bring to a route, in bytes.
[[nodiscard]] std::size_t body_limit(const Route& route, const HttpLimits& limits) noexcept;

// The route of a request whose head is there, or why there is none, or why it may not be taken: 404, 405, 401, 415.
struct Destination {
  const Route* route = nullptr;
  HttpResponse refusal;  // if route is nullptr
};
[[nodiscard]] Destination find_route(HttpRequest& request, const HttpHost& host);

}  // namespace gaugeline::stream
