#include "endpoint.hpp"

#include <charconv>

namespace gaugeline::cli {

Expected<Endpoint> parse_endpoint(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) {
    return fail(ErrorCode::invalid_argument, "'", text, "' is not of the form HOST:PORT");
  }
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail(ErrorCode::invalid_argument, "'", text, "': an IPv6 address needs brackets, as in [::1]:7077");
  }
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return fail(ErrorCode::invalid_argument, "'", text, "': the port is a number from 0 to 65535");
  }
  return Endpoint{std::string(host), port};
}

bool is_loopback(const Endpoint& endpoint) noexcept {
  return endpoint.host.starts_with("127.") || endpoint.host == "::1";
}

}  // namespace gaugeline::cli
