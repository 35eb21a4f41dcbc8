#include <gaugeline/stream/server.hpp>

#include "http_names.hpp"

namespace gaugeline::stream {

Expected<> Server::validate(const ServerOptions& options) {
  Expected<> valid;
  const auto check = [&](std::string_view name, auto value, auto least, auto most) {
    if (!valid || (value >= least && value <= most)) return;
    valid = fail(ErrorCode::invalid_argument, name, " is ", value, "; it must be from ", least, " to ", most);
  };
  check("threads", options.threads, std::size_t{1}, std::size_t{1024});
  check("queue_slices", options.queue_slices, std::size_t{1}, std::size_t{1} << 16U);
  check("max_frame_bytes", options.max_frame_bytes, max_control_bytes, largest_max_frame_bytes);
  check("body_bytes", options.body_bytes, options.max_frame_bytes, std::size_t{1} << 40U);
  check("max_connections", options.max_connections, std::size_t{1}, std::size_t{1} << 16U);
  if (options.keep_snapshots != 0)
    check("keep_snapshots", options.keep_snapshots, std::uint64_t{1} + options.lag, ~std::uint64_t{0});
  check("queue_bytes", options.queue_bytes, std::size_t{1}, std::size_t{1} << 40U);
  check("max_event_bytes", options.max_event_bytes, std::size_t{1}, options.max_frame_bytes);
  check("idle_seconds", options.idle_seconds, 0., 1e9);
  check("max_ahead_seconds", options.max_ahead_seconds, 0., 1e12);
  check("handshake_seconds", options.handshake_seconds, 1e-3, 1e6);
  check("stall_seconds", options.stall_seconds, 1e-3, 1e6);
  for (const std::string& host : options.http_hosts) {
    if (valid && !is_host_name(host))
      valid = fail(ErrorCode::invalid_argument, "http_hosts: '", host, "' is not the name of a host, without a port");
  }
  return valid;
}

}  // namespace gaugeline::stream
