// One TLS session as a state machine without I/O: what came from the network and what is to be said go in, what was
// said and what is to be sent come out. The protocol itself is OpenSSL's; its two ends of the wire are memory.
//
// Boost's own asio::ssl::stream is not used since an operation of it that is cancelled may leave half a record behind,
// or go on waiting; here nothing is lost between two calls. Not thread-safe. Holds at most what one call has put in.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <openssl/ssl.h>
#include <boost/system/error_code.hpp>

#include <gaugeline/stream/tls.hpp>

namespace gaugeline::stream {

class TlsEngine {
 public:
  // `host`: what the server's certificate must be made out to, a name or a numeric address; empty for a server's side.
  TlsEngine(const TlsContext& context, const std::string& host);

  struct Step {
    boost::system::error_code error{};
    std::size_t bytes = 0;
    bool needs_input = false;  // nothing happened: put() more and call again
  };
  // Whatever comes out, there may be output to send, also behind an error: it tells the peer.
  [[nodiscard]] Step handshake();
  [[nodiscard]] Step read(std::span<std::byte> plain);
  // Takes at most one record's worth.
  [[nodiscard]] Step write(std::span<const std::byte> plain);
  // Says to the peer that nothing follows.
  void end_sending();

  void put(std::span<const std::byte> received);
  void put_end();  // the peer has closed
  [[nodiscard]] std::vector<std::byte> take_output();

 private:
  template <class Call>
  Step step(const Call& call);

  std::unique_ptr<SSL, decltype(&SSL_free)> session_;  // null if memory ran out: every step is then an error
  BIO* input_ = nullptr;                               // both belong to the session
  BIO* output_ = nullptr;
};

}  // namespace gaugeline::stream
