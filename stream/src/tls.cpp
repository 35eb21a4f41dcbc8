#include <gaugeline/stream/tls.hpp>

#include <mutex>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "credential_file.hpp"
#include "tls_error.hpp"

namespace gaugeline::stream {
namespace {

using std::filesystem::path;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Memory = std::unique_ptr<BIO, decltype(&BIO_free)>;

template <class... Parts>
std::unexpected<Error> unusable(const path& file, const Parts&... what) {
  return fail(ErrorCode::bad_data, file.native(), ": ", what...);
}

// OpenSSL would ask for it on the terminal.
int no_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* /*data*/) { return -1; }

Memory memory_of(const std::string& text) {
  ERR_clear_error();
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free};
}

Expected<std::vector<Certificate>> read_certificates(const path& file) {
  const auto read = read_credential_file(file);
  if (!read) return std::unexpected(read.error());
  const auto memory = memory_of(read->text);
  std::vector<Certificate> certificates;
  while (X509* const next = PEM_read_bio_X509(memory.get(), nullptr, no_passphrase, nullptr)) {
    certificates.emplace_back(next, &X509_free);
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
    return unusable(file, "certificate ", certificates.size() + 1, ": ", take_tls_reason());
  }
  ERR_clear_error();
  if (certificates.empty()) return unusable(file, "holds no certificate in PEM");
  return certificates;
}

Expected<> check_time(const X509& certificate, const path& file) {
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0) {
    return unusable(file, "the certificate has expired; put a new one in its place");
  }
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0) {
    return unusable(file, "the certificate is not valid yet; is the clock right?");
  }
  return {};
}

// What is being put together from the files.
class Loading {
 public:
  explicit Loading(TlsContext::Side side)
      : context_(SSL_CTX_new(side == TlsContext::Side::server ? TLS_server_method() : TLS_client_method()),
                 &SSL_CTX_free) {}

  Expected<> set_up();
  Expected<> show(const path& chain, const path& key);
  Expected<> trust(const path& authorities);
  Expected<> trust_the_system();

  [[nodiscard]] std::shared_ptr<SSL_CTX> context() const { return context_; }
  [[nodiscard]] std::vector<std::string> take_warnings() { return std::move(warnings_); }
  void check_the_peer(int how) { SSL_CTX_set_verify(context_.get(), how, nullptr); }

 private:
  Expected<> show_key(const path& key, const path& chain);

  std::shared_ptr<SSL_CTX> context_;
  std::vector<std::string> warnings_;
};

// Connections live long: neither sessions nor tickets to resume them are kept.
Expected<> Loading::set_up() {
  if (!context_) return fail(ErrorCode::out_of_memory, "TLS: ", take_tls_reason());
  SSL_CTX_set_min_proto_version(context_.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context_.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET);
  SSL_CTX_set_num_tickets(context_.get(), 0);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context_.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  return {};
}

Expected<> Loading::show(const path& chain, const path& key) {
  auto certificates = read_certificates(chain);
  if (!certificates) return std::unexpected(certificates.error());
  const X509& own = *certificates->front();
  if (const auto valid = check_time(own, chain); !valid) return valid;
  if (SSL_CTX_use_certificate(context_.get(), certificates->front().get()) != 1) {
    return unusable(chain, take_tls_reason());
  }
  for (std::size_t i = 1; i < certificates->size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context_.get(), (*certificates)[i].get()) != 1) {
      return unusable(chain, "certificate ", i + 1, ": ", take_tls_reason());
    }
  }
  return show_key(key, chain);
}

Expected<> Loading::show_key(const path& key, const path& chain) {
  const auto read = read_credential_file(key);
  if (!read) return std::unexpected(read.error());
  if (read->is_open_to_others) {
    warnings_.push_back(key.native() + ": every user of this machine can read or write this private key; chmod o= it");
  }
  const auto memory = memory_of(read->text);
  const Key parsed(PEM_read_bio_PrivateKey(memory.get(), nullptr, no_passphrase, nullptr), &EVP_PKEY_free);
  if (!parsed) return unusable(key, "holds no private key in PEM without a passphrase (", take_tls_reason(), ")");
  if (X509_check_private_key(SSL_CTX_get0_certificate(context_.get()), parsed.get()) != 1) {
    ERR_clear_error();
    return unusable(key, "is not the key of the certificate in ", chain.native());
  }
  if (SSL_CTX_use_PrivateKey(context_.get(), parsed.get()) != 1) return unusable(key, take_tls_reason());
  return {};
}

Expected<> Loading::trust(const path& authorities) {
  const auto certificates = read_certificates(authorities);
  if (!certificates) return std::unexpected(certificates.error());
  for (const auto& certificate : *certificates) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), certificate.get()) != 1 ||
        SSL_CTX_add_client_CA(context_.get(), certificate.get()) != 1) {
      return unusable(authorities, take_tls_reason());
    }
  }
  return {};
}

Expected<> Loading::trust_the_system() {
  if (SSL_CTX_set_default_verify_paths(context_.get()) == 1) return {};
  return fail(ErrorCode::io_error, "the system's certificate authorities: ", take_tls_reason());
}

}  // namespace

struct TlsContext::Impl {
  Impl(Side which, TlsServerOptions of_server, TlsClientOptions of_client)
      : side(which), server(std::move(of_server)), client(std::move(of_client)) {}
  Expected<> load_server(Loading& loading) const;
  Expected<> load_client(Loading& loading) const;

  const Side side;
  const TlsServerOptions server;
  const TlsClientOptions client;
  mutable std::mutex mutex;  // of what follows
  std::shared_ptr<SSL_CTX> context;
  std::vector<std::string> warnings;
};

Expected<> TlsContext::Impl::load_server(Loading& loading) const {
  if (server.certificate_chain.empty() || server.private_key.empty()) {
    return fail(ErrorCode::invalid_argument, "TLS needs a certificate and its private key: name both files");
  }
  if (const auto shown = loading.show(server.certificate_chain, server.private_key); !shown) return shown;
  if (server.client_authorities.empty()) return {};
  loading.check_the_peer(SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT);
  return loading.trust(server.client_authorities);
}

Expected<> TlsContext::Impl::load_client(Loading& loading) const {
  if (client.certificate_chain.empty() != client.private_key.empty()) {
    return fail(ErrorCode::invalid_argument, "a certificate goes with its private key: name both files, or neither");
  }
  loading.check_the_peer(SSL_VERIFY_PEER);
  const auto trusted = client.authorities.empty() ? loading.trust_the_system() : loading.trust(client.authorities);
  if (!trusted || client.certificate_chain.empty()) return trusted;
  return loading.show(client.certificate_chain, client.private_key);
}

TlsContext::TlsContext(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
TlsContext::~TlsContext() = default;

Expected<std::shared_ptr<TlsContext>> TlsContext::for_server(const TlsServerOptions& options) {
  return loaded(std::make_unique<Impl>(Side::server, options, TlsClientOptions{}));
}

Expected<std::shared_ptr<TlsContext>> TlsContext::for_client(const TlsClientOptions& options) {
  return loaded(std::make_unique<Impl>(Side::client, TlsServerOptions{}, options));
}

Expected<std::shared_ptr<TlsContext>> TlsContext::loaded(std::unique_ptr<Impl> impl) {
  std::shared_ptr<TlsContext> context(new TlsContext(std::move(impl)));
  if (const auto read = context->reload(); !read) return std::unexpected(read.error());
  return context;
}

Expected<> TlsContext::reload() {
  Loading loading(impl_->side);
  if (const auto ready = loading.set_up(); !ready) return ready;
  const auto read = impl_->side == Side::server ? impl_->load_server(loading) : impl_->load_client(loading);
  if (!read) return read;
  const std::scoped_lock lock(impl_->mutex);
  impl_->context = loading.context();
  impl_->warnings = loading.take_warnings();
  return {};
}

std::vector<std::string> TlsContext::warnings() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->warnings;
}

TlsContext::Side TlsContext::side() const noexcept { return impl_->side; }

std::shared_ptr<ssl_ctx_st> TlsContext::current() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->context;
}

}  // namespace gaugeline::stream
