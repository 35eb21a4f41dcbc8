// A channel that speaks TLS over a connected socket.
#pragma once

#include <memory>
#include <string>

#include <gaugeline/stream/tls.hpp>

#include "channel.hpp"

namespace gaugeline::stream {

// On a client's side the server's certificate must be made out to `host`, a name or a numeric address. A peer that ends
// the connection without saying so gives asio::ssl::error::stream_truncated where a plain channel would give eof.
[[nodiscard]] std::unique_ptr<Channel> tls_channel(tcp::socket socket, const TlsContext& context,
                                                   const std::string& host = {});

}  // namespace gaugeline::stream
