// What OpenSSL complains about, as error codes and as text.
#pragma once

#include <string>

#include <openssl/ssl.h>
#include <boost/system/error_code.hpp>

namespace gaugeline::stream {

// Takes the oldest complaint of this thread; the others are dropped. If it is that the peer's certificate cannot be
// trusted, the code says why (expired, of another host, ...).
[[nodiscard]] boost::system::error_code take_tls_error(const SSL& session);
[[nodiscard]] std::string take_tls_reason();
// True if the peers do not fit each other (versions, certificates, no TLS at all): another attempt would end the same.
[[nodiscard]] bool is_tls_error(const boost::system::error_code& error) noexcept;

}  // namespace gaugeline::stream
