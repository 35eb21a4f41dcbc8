// HOST:PORT, [IPv6]:PORT: where to listen, or whom to call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>

namespace gaugeline::cli {

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

[[nodiscard]] Expected<Endpoint> parse_endpoint(std::string_view text);
// True if nobody outside this machine can reach it.
[[nodiscard]] bool is_loopback(const Endpoint& endpoint) noexcept;

}  // namespace gaugeline::cli
