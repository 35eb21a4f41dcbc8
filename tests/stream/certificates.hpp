// Certificates for tests, made on the spot.
#pragma once

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <filesystem>
#include <memory>
#include <string>

#include <gaugeline/stream/tls.hpp>

#include "credential_files.hpp"

namespace gaugeline::stream {

struct CertificateWishes {
  std::string host = "127.0.0.1";
  long begins = -3600;  // seconds from now
  long ends = 3600;
};

inline std::string pem_of(const auto& write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
  REQUIRE(write(memory.get()) == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

class Certificate {
 public:
  // Signed by `issuer`; null: by itself, as an authority.
  explicit Certificate(const Certificate* issuer, const CertificateWishes& wishes = {})
      : key_(EVP_EC_gen("P-256"), &EVP_PKEY_free), certificate_(X509_new(), &X509_free) {
    static long serial = 0;
    X509* const made = certificate_.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), wishes.begins);
    X509_gmtime_adj(X509_getm_notAfter(made), wishes.ends);
    X509_set_pubkey(made, key_.get());
    const auto name = "test " + std::to_string(serial);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    const Certificate& signer = issuer == nullptr ? *this : *issuer;
    X509_set_issuer_name(made, X509_get_subject_name(signer.certificate_.get()));
    const bool is_address = wishes.host.find_first_not_of("0123456789.") == std::string::npos;
    if (issuer == nullptr) {
      add(NID_basic_constraints, "critical,CA:TRUE");
    } else {
      add(NID_subject_alt_name, (is_address ? "IP:" : "DNS:") + wishes.host);
    }
    REQUIRE(X509_sign(made, signer.key_.get(), EVP_sha256()) > 0);
  }

  [[nodiscard]] std::string pem() const {
    return pem_of([&](BIO* memory) { return PEM_write_bio_X509(memory, certificate_.get()); });
  }
  [[nodiscard]] std::string key_pem(const std::string& passphrase = {}) const {
    auto* const secret = reinterpret_cast<const unsigned char*>(passphrase.data());
    return pem_of([&](BIO* memory) {
      return PEM_write_bio_PrivateKey(memory, key_.get(), passphrase.empty() ? nullptr : EVP_aes_128_cbc(), secret,
                                      static_cast<int>(passphrase.size()), nullptr, nullptr);
    });
  }

 private:
  void add(int kind, const std::string& value) {
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str()), &X509_EXTENSION_free);
    REQUIRE(extension);
    X509_add_ext(certificate_.get(), extension.get(), -1);
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

// An authority, and in `folder` the files of what it has signed.
struct Authority {
  explicit Authority(std::filesystem::path where) : folder(std::move(where)), root(nullptr) {
    write_file(folder / "authority.pem", root.pem());
  }
  [[nodiscard]] TlsServerOptions server(const CertificateWishes& wishes = {}) const {
    const Certificate made(&root, wishes);
    return {.certificate_chain = write_file(folder / "server.pem", made.pem()),
            .private_key = write_file(folder / "server.key", made.key_pem()),
            .client_authorities = {}};
  }
  [[nodiscard]] TlsClientOptions client() const {
    return {.authorities = folder / "authority.pem", .certificate_chain = {}, .private_key = {}};
  }
  [[nodiscard]] TlsClientOptions client_with_certificate() const {
    const Certificate made(&root, {.host = "client"});
    return {.authorities = folder / "authority.pem",
            .certificate_chain = write_file(folder / "client.pem", made.pem()),
            .private_key = write_file(folder / "client.key", made.key_pem())};
  }

  std::filesystem::path folder;
  Certificate root;
};

}  // namespace gaugeline::stream
