// A connected stream of bytes in both directions, with or without TLS: what a connection is written against.
//
// Lives in the network's thread. One read and one write may be under way at the same time. Both may be cancelled at any
// moment (by the operators || and && of awaitables) without loss: a read that is cancelled has taken nothing, and a
// write that is cancelled is continued by the next one, which must offer the same bytes first.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "asio.hpp"

namespace gaugeline::stream {

class Channel {
 public:
  // Bytes that were read or written, and why it ended: asio::error::eof where the peer has said that nothing follows.
  using Transfer = std::pair<boost::system::error_code, std::size_t>;

  virtual ~Channel() = default;
  // Of TLS, before anything else; without TLS it is done at once.
  [[nodiscard]] virtual asio::awaitable<boost::system::error_code> handshake() = 0;
  [[nodiscard]] virtual asio::awaitable<Transfer> read_some(std::span<std::byte> buffer) = 0;
  // Precondition: bytes are not empty.
  [[nodiscard]] virtual asio::awaitable<Transfer> write_some(std::span<const std::byte> bytes) = 0;
  // Says to the peer that nothing follows; what it still sends can be read. Waits for nothing.
  virtual void end_sending() = 0;
  virtual void close() = 0;
  [[nodiscard]] virtual std::string peer() const = 0;  // ADDRESS:PORT
  [[nodiscard]] virtual asio::any_io_executor executor() = 0;
};

// Lets a connected socket send at once, and ask a silent peer now and then whether it is still there; gives the peer's
// address. Every channel begins with it.
std::string prepare(tcp::socket& socket);

[[nodiscard]] std::unique_ptr<Channel> plain_channel(tcp::socket socket);

}  // namespace gaugeline::stream
