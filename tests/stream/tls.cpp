// Server and clients that speak TLS with each other, and with those that do not.
#include <doctest/doctest.h>

#include "certificates.hpp"
#include "loopback.hpp"
#include "server_log.hpp"

namespace gaugeline::stream {
namespace {

struct Network {
  TemporaryDirectory directory;
  TemporaryDirectory certificates;
  Authority authority{certificates.path()};
  ServerLog log;

  [[nodiscard]] ServerOptions options(const TlsServerOptions& tls) const {
    auto made = server_options(directory);
    made.tls = TlsContext::for_server(tls).value();
    return made;
  }
  [[nodiscard]] ServerCallbacks callbacks() {
    return {.log = [this](std::string_view line) { log.add(line); }};
  }
  [[nodiscard]] static ClientOptions client(const RunningServer& server, const TlsClientOptions& tls) {
    auto made = client_options(server.port());
    made.tls = TlsContext::for_client(tls).value();
    return made;
  }
  // How sending to the server ends.
  [[nodiscard]] static Error refusal(const RunningServer& server, const TlsClientOptions& tls) {
    const auto sent = send_messages(client(server, tls), small_slices(1), {});
    REQUIRE(!sent);
    return sent.error();
  }
};

TEST_CASE_FIXTURE(Network, "slices that are sent by TLS leave the state that slices read from a file leave") {
  RunningServer server(options(authority.server()), callbacks());
  const auto sent = send_messages(client(server, authority.client()), small_slices(8), {});
  REQUIRE(sent);
  CHECK(sent->acknowledged == 8);
  CHECK(server.stop());
  CHECK(holds_slices(directory.path(), 8));
  CHECK(log.has("(here): ends"));
}

TEST_CASE_FIXTURE(Network, "a certificate of another host is refused by the client, at once and with the reason") {
  RunningServer server(options(authority.server({.host = "another.example"})), callbacks());
  const auto why = refusal(server, authority.client());
  CHECK(why.code() == ErrorCode::io_error);
  CHECK(why.message().ends_with(" by TLS: the peer's certificate: IP address mismatch"));
}

TEST_CASE_FIXTURE(Network, "a certificate for a name is for that name") {
  RunningServer server(options(authority.server({.host = "localhost"})), callbacks());
  auto options = client(server, authority.client());
  options.host = "localhost";
  CHECK(send_messages(options, small_slices(1), {}));
  CHECK(!send_messages(client(server, authority.client()), small_slices(1), {}));
}

TEST_CASE_FIXTURE(Network, "a certificate of an authority that the client does not trust is refused") {
  RunningServer server(options(authority.server()), callbacks());
  const TemporaryDirectory elsewhere;
  CHECK(refusal(server, Authority(elsewhere.path()).client())
            .message()
            .ends_with("the peer's certificate: unable to get local issuer certificate"));
}

TEST_CASE_FIXTURE(Network, "where client certificates are asked for, a client without one is refused") {
  auto tls = authority.server();
  tls.client_authorities = authority.folder / "authority.pem";
  RunningServer server(options(tls), callbacks());
  CHECK(refusal(server, authority.client()).message().find("certificate required") != std::string_view::npos);
  const TemporaryDirectory elsewhere;
  auto stranger = Authority(elsewhere.path()).client_with_certificate();
  stranger.authorities = authority.folder / "authority.pem";
  CHECK(refusal(server, stranger).message().find("unknown ca") != std::string_view::npos);
  CHECK(send_messages(client(server, authority.client_with_certificate()), small_slices(2), {}).value().acknowledged ==
        2);
}

TEST_CASE_FIXTURE(Network, "plain bytes on a port of TLS end the connection, and reach no session") {
  RunningServer server(options(authority.server()), callbacks());
  RawClient plain(server.port());
  plain.send(FrameType::hello, 0, encode(Hello{.source = "plain"}));
  CHECK(plain.ends_without_a_frame());
  CHECK(server.stop());
  CHECK(log.has("TLS handshake: "));
  CHECK(!log.has("plain"));
}

TEST_CASE_FIXTURE(Network, "a client that speaks TLS to a plain port learns that nobody understands it") {
  RunningServer server(server_options(directory), callbacks());
  CHECK(refusal(server, authority.client()).message().find(" by TLS: ") != std::string_view::npos);
}

TEST_CASE_FIXTURE(Network, "a handshake that stalls is ended by the time limit of the hello") {
  auto limited = options(authority.server());
  limited.handshake_seconds = .02;
  RunningServer server(limited, callbacks());
  RawClient silent(server.port());
  CHECK(silent.ends_without_a_frame());
  CHECK(server.stop());
  CHECK(log.has("no hello within the time limit"));
}

TEST_CASE_FIXTURE(Network, "a stop does not wait for handshakes that stall") {
  auto patient = options(authority.server());
  patient.handshake_seconds = 1e6;
  RunningServer server(patient, callbacks());
  RawClient silent(server.port());
  CHECK(send_messages(client(server, authority.client()), small_slices(1), {}));  // behind the silent one
  CHECK(server.stop());
  CHECK(silent.ends_without_a_frame());
}

TEST_CASE_FIXTURE(Network, "after a reload new connections see the new certificate, and none is needed to restart") {
  auto made = server_options(directory);
  const auto tls = TlsContext::for_server(authority.server()).value();
  made.tls = tls;
  RunningServer server(made, callbacks());
  const TemporaryDirectory elsewhere;
  const Authority newer(elsewhere.path());
  CHECK(send_messages(client(server, authority.client()), small_slices(1), {}));
  CHECK(!send_messages(client(server, newer.client()), small_slices(2), {}));
  const Certificate replaced(&newer.root);
  write_file(authority.folder / "server.pem", replaced.pem());
  write_file(authority.folder / "server.key", replaced.key_pem());
  CHECK(tls->reload());
  CHECK(send_messages(client(server, newer.client()), small_slices(2), {}));
  CHECK(!send_messages(client(server, authority.client()), small_slices(3), {}));
}

}  // namespace
}  // namespace gaugeline::stream
