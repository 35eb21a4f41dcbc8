#include "tls_engine.hpp"

#include <algorithm>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include "tls_error.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::size_t record_bytes = SSL3_RT_MAX_PLAIN_LENGTH;
constexpr int end_of_input = 0;   // what an empty input says: that nothing follows,
constexpr int more_to_come = -1;  // or that it should be asked again

// Addresses stand in certificates apart from names, and a name is only sent to the server if it is one.
bool expect_host(SSL& session, const std::string& host) {
  if (host.empty()) return false;  // to OpenSSL it would mean any host
  boost::system::error_code no_address;
  static_cast<void>(boost::asio::ip::make_address(host, no_address));
  if (!no_address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(&session), host.c_str()) == 1;
  SSL_set_hostflags(&session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(&session, host.c_str()) == 1 && SSL_set_tlsext_host_name(&session, host.c_str()) == 1;
}

}  // namespace

TlsEngine::TlsEngine(const TlsContext& context, const std::string& host)
    : session_(SSL_new(context.current().get()), &SSL_free) {
  if (!session_) return;
  input_ = BIO_new(BIO_s_mem());
  output_ = BIO_new(BIO_s_mem());
  const bool usable = input_ != nullptr && output_ != nullptr;
  SSL_set_bio(session_.get(), input_, output_);
  if (context.side() == TlsContext::Side::server) {
    SSL_set_accept_state(session_.get());
  } else {
    SSL_set_connect_state(session_.get());
  }
  if (!usable || (context.side() == TlsContext::Side::client && !expect_host(*session_, host))) {
    session_.reset();
    return;
  }
  BIO_set_mem_eof_return(input_, more_to_come);
}

template <class Call>
TlsEngine::Step TlsEngine::step(const Call& call) {
  if (!session_) return {.error = boost::asio::error::no_memory};
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = call(bytes);
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_NONE:
      return {.bytes = bytes};
    case SSL_ERROR_WANT_READ:
      return {.needs_input = true};
    case SSL_ERROR_ZERO_RETURN:
      return {.error = boost::asio::error::eof};
    default:
      return {.error = take_tls_error(*session_)};
  }
}

TlsEngine::Step TlsEngine::handshake() {
  return step([&](std::size_t&) { return SSL_do_handshake(session_.get()); });
}

TlsEngine::Step TlsEngine::read(std::span<std::byte> plain) {
  return step([&](std::size_t& bytes) { return SSL_read_ex(session_.get(), plain.data(), plain.size(), &bytes); });
}

TlsEngine::Step TlsEngine::write(std::span<const std::byte> plain) {
  const auto size = std::min(plain.size(), record_bytes);
  return step([&](std::size_t& bytes) { return SSL_write_ex(session_.get(), plain.data(), size, &bytes); });
}

void TlsEngine::end_sending() {
  if (!session_ || SSL_is_init_finished(session_.get()) == 0) return;
  ERR_clear_error();
  SSL_shutdown(session_.get());
}

void TlsEngine::put(std::span<const std::byte> received) {
  std::size_t written = 0;
  if (session_) BIO_write_ex(input_, received.data(), received.size(), &written);
}

void TlsEngine::put_end() {
  if (session_) BIO_set_mem_eof_return(input_, end_of_input);
}

std::vector<std::byte> TlsEngine::take_output() {
  if (!session_) return {};
  std::vector<std::byte> bytes(BIO_ctrl_pending(output_));
  std::size_t size = 0;
  if (!bytes.empty()) BIO_read_ex(output_, bytes.data(), bytes.size(), &size);
  bytes.resize(size);
  return bytes;
}

}  // namespace gaugeline::stream
