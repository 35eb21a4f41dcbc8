// TLS for both ends of a connection: certificates, keys and whom to trust, from PEM files. TLS 1.2 is the oldest
// version that is spoken.
//
//   auto tls = TlsContext::for_server({.certificate_chain = "server.pem", .private_key = "server.key"});
//   ...                                              // on SIGHUP, after the files were replaced:
//   if (auto reloaded = tls->reload(); !reloaded)    // the old ones stay in force
//
// Thread-safe. Connections keep what they began with; a reload is for those that begin after it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>

struct ssl_ctx_st;  // OpenSSL's SSL_CTX

namespace gaugeline::stream {

struct TlsServerOptions {
  std::filesystem::path certificate_chain;  // the server's certificate first, then those between it and the root
  std::filesystem::path private_key;        // of that certificate, without a passphrase
  // If not empty, a client must show a certificate that leads to one of these.
  std::filesystem::path client_authorities;
};

struct TlsClientOptions {
  std::filesystem::path authorities;        // whom to trust; empty: whom the system trusts
  std::filesystem::path certificate_chain;  // for a server that asks for one: this and the key, or neither
  std::filesystem::path private_key;
};

class TlsContext {
 public:
  // Errors name the file: io_error (it cannot be read), bad_data (no PEM, a key with a passphrase or of another
  // certificate, a certificate that has expired or is not valid yet), invalid_argument (a file that is not named).
  [[nodiscard]] static Expected<std::shared_ptr<TlsContext>> for_server(const TlsServerOptions& options);
  [[nodiscard]] static Expected<std::shared_ptr<TlsContext>> for_client(const TlsClientOptions& options);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  ~TlsContext();

  // Reads all files again. On an error, what was in force stays in force.
  [[nodiscard]] Expected<> reload();
  // What is unwise in the files as they were last read, one line each: a private key that others can read.
  [[nodiscard]] std::vector<std::string> warnings() const;

  // For what speaks OpenSSL.
  enum class Side : bool { client, server };
  [[nodiscard]] Side side() const noexcept;
  [[nodiscard]] std::shared_ptr<ssl_ctx_st> current() const;

 private:
  struct Impl;
  explicit TlsContext(std::unique_ptr<Impl> impl) noexcept;
  [[nodiscard]] static Expected<std::shared_ptr<TlsContext>> loaded(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
