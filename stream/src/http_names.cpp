#include "http_names.hpp"

#include <algorithm>

#include <boost/asio/ip/address.hpp>
#include <boost/beast/core/string.hpp>

namespace gaugeline::stream {
namespace {

bool is_alphanumeric(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// "" or ":8080".
bool is_port(std::string_view text) noexcept {
  return text.empty() || (text.front() == ':' && text.find_first_not_of("0123456789", 1) == std::string_view::npos);
}

bool is_address(std::string_view text, bool bracketed) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(text, error);
  return !error && address.is_v6() == bracketed;
}

}  // namespace

bool is_host_name(std::string_view name) noexcept {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool names_server(std::string_view host, std::span<const std::string> names) {
  const bool bracketed = host.starts_with('[');
  const std::size_t end = std::min(bracketed ? host.find(']') : host.find(':'), host.size());
  if (bracketed) return end < host.size() && is_port(host.substr(end + 1)) && is_address(host.substr(1, end - 1), true);
  if (!is_port(host.substr(end))) return false;
  std::string_view name = host.substr(0, end);
  if (is_address(name, false)) return true;
  if (name.ends_with('.')) name.remove_suffix(1);  // of the root
  return boost::beast::iequals(name, "localhost") ||
         std::ranges::any_of(names, [&](const std::string& known) { return boost::beast::iequals(name, known); });
}

}  // namespace gaugeline::stream
