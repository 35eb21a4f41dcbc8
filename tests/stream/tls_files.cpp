// What TlsContext says about the files that it is given.
#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <formats/temporary_directory.hpp>

#include "certificates.hpp"

namespace gaugeline::stream {
namespace {

struct Files {
  test::TemporaryDirectory directory;
  Authority authority{directory.path()};
  std::string folder = directory.path().native() + "/";
};

Error refusal(const TlsServerOptions& options) {
  const auto loaded = TlsContext::for_server(options);
  REQUIRE(!loaded);
  return loaded.error();
}

TEST_CASE_FIXTURE(Files, "a certificate with its key is taken, and TLS 1.2 is the oldest version") {
  const auto context = TlsContext::for_server(authority.server());
  REQUIRE(context);
  CHECK((*context)->warnings().empty());
  CHECK(SSL_CTX_get_min_proto_version((*context)->current().get()) == TLS1_2_VERSION);
}

TEST_CASE_FIXTURE(Files, "a key of another certificate is named with both files") {
  auto options = authority.server();
  options.private_key = write_file(directory / "other.key", Certificate(&authority.root).key_pem());
  CHECK(refusal(options).code() == ErrorCode::bad_data);
  CHECK(refusal(options).message() ==
        folder + "other.key: is not the key of the certificate in " + folder + "server.pem");
}

TEST_CASE_FIXTURE(Files, "a certificate out of its time is refused") {
  CHECK(refusal(authority.server({.begins = -7200, .ends = -3600})).message() ==
        folder + "server.pem: the certificate has expired; put a new one in its place");
  CHECK(refusal(authority.server({.begins = 3600, .ends = 7200})).message() ==
        folder + "server.pem: the certificate is not valid yet; is the clock right?");
}

TEST_CASE_FIXTURE(Files, "files that are not there, or hold something else, are named") {
  auto options = authority.server();
  SUBCASE("no file") {
    options.certificate_chain = directory / "nowhere.pem";
    CHECK(refusal(options).code() == ErrorCode::io_error);
    CHECK(refusal(options).message() == folder + "nowhere.pem: cannot be read: No such file or directory");
  }
  SUBCASE("a folder") {
    options.private_key = directory.path();
    CHECK(refusal(options).message() == directory.path().native() + ": is not a regular file");
  }
  SUBCASE("no PEM") {
    write_file(options.certificate_chain, "certificate");
    CHECK(refusal(options).message() == folder + "server.pem: holds no certificate in PEM");
  }
  SUBCASE("a damaged certificate behind a good one") {
    write_file(options.certificate_chain,
               authority.root.pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    CHECK(refusal(options).message().starts_with(folder + "server.pem: certificate 2: "));
  }
  SUBCASE("a key with a passphrase") {
    write_file(options.private_key, Certificate(&authority.root).key_pem("secret"));
    CHECK(refusal(options).message().starts_with(folder +
                                                 "server.key: holds no private key in PEM without a passphrase"));
  }
  SUBCASE("a file larger than any such file") {
    write_file(options.private_key, std::string((1U << 20U) + 1, 'x'));
    CHECK(refusal(options).message() == folder + "server.key: has more than 1048576 bytes");
  }
  SUBCASE("authorities that are none") {
    options.client_authorities = write_file(directory / "none.pem", "");
    CHECK(refusal(options).message() == folder + "none.pem: holds no certificate in PEM");
  }
  SUBCASE("only one of two names") {
    options.private_key.clear();
    CHECK(refusal(options).code() == ErrorCode::invalid_argument);
    CHECK(TlsContext::for_client({.authorities = {}, .certificate_chain = "x", .private_key = {}}).error().code() ==
          ErrorCode::invalid_argument);
  }
}

TEST_CASE_FIXTURE(Files, "a key that every user can read is used, with a warning") {
  const auto options = authority.server();
  ::chmod(options.private_key.c_str(), 0644);
  const auto context = TlsContext::for_server(options);
  REQUIRE(context);
  REQUIRE((*context)->warnings().size() == 1);
  CHECK((*context)->warnings()[0].starts_with(folder + "server.key: every user"));
  ::chmod(options.private_key.c_str(), 0640);
  CHECK((*context)->reload());
  CHECK((*context)->warnings().empty());
}

TEST_CASE_FIXTURE(Files, "a reload takes the new files; one that fails keeps the old ones") {
  const auto options = authority.server();
  const auto context = TlsContext::for_server(options).value();
  const auto first = context->current();
  static_cast<void>(authority.server());  // other files under the same names
  CHECK(context->reload());
  const auto second = context->current();
  CHECK(second != first);
  write_file(options.private_key, "");
  CHECK(context->reload().error().code() == ErrorCode::bad_data);
  CHECK(context->current() == second);
}

}  // namespace
}  // namespace gaugeline::stream
