#include "tls_error.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>

namespace gaugeline::stream {
namespace {

class CertificateCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "certificate"; }
  std::string message(int value) const override {
    return std::string("the peer's certificate: ") + X509_verify_cert_error_string(value);
  }
};

constexpr CertificateCategory certificate_category;

unsigned long take_oldest() {
  const auto oldest = ERR_get_error();
  ERR_clear_error();
  return oldest;
}

}  // namespace

boost::system::error_code take_tls_error(const SSL& session) {
  const auto oldest = take_oldest();
  const auto reason = ERR_GET_REASON(oldest);
  if (oldest == 0 || reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    return boost::asio::ssl::error::stream_truncated;
  }
  const auto verdict = SSL_get_verify_result(&session);
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
    return {static_cast<int>(verdict), certificate_category};
  }
  return {static_cast<int>(oldest), boost::asio::error::get_ssl_category()};
}

std::string take_tls_reason() {
  const char* const reason = ERR_reason_error_string(take_oldest());
  return reason == nullptr ? "unknown reason" : reason;
}

bool is_tls_error(const boost::system::error_code& error) noexcept {
  return error.category() == certificate_category || error.category() == boost::asio::error::get_ssl_category();
}

}  // namespace gaugeline::stream
