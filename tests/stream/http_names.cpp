// Under which names a server answers: against pages whose name points to it (DNS rebinding).
#include "http_names.hpp"

#include "http_service.hpp"

namespace gaugeline::stream {
namespace {

TEST_CASE("addresses, localhost and the names given are the server's, with a port or without; nothing else is") {
  const std::vector<std::string> names{"embeddings.example"};
  for (const std::string_view host :
       {"127.0.0.1", "127.0.0.1:7078", "10.1.2.3:80", "[::1]", "[::1]:7078", "[2001:db8::1]", "localhost",
        "LocalHost:7078", "localhost.", "embeddings.example", "Embeddings.Example.:7078"}) {
    CAPTURE(host);
    CHECK(names_server(host, names));
  }
  for (const std::string_view host :
       {"", ":80", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.1:80.evil.example",
        "[::1].evil.example", "[::1", "[127.0.0.1]", "::1", "1.2.3", "embeddings.example@evil.example",
        "sub.embeddings.example", "xembeddings.example"}) {
    CAPTURE(host);
    CHECK_FALSE(names_server(host, names));
  }
}

Reply ask_as(HttpClient& client, const std::string& host) {
  client.send("GET /v1/status HTTP/1.1\r\n" + host + "\r\n");
  return client.receive();
}

TEST_CASE("a request under another name is misdirected, and the answer says what to do") {
  HttpService service;
  HttpClient client(service.port());
  CHECK(ask_as(client, "Host: here:99\r\n").status == 200);
  const auto reply = ask_as(client, "Host: evil.example\r\n");
  CHECK(reply.status == 421);
  CHECK(reply.detail() ==
        "the request is for the host 'evil.example', which this server is not called: ask by IP address or as "
        "localhost, or let the daemon be started with --http-host and this name");
  CHECK(ask_as(client, "Host: [::1]\r\n").status == 200);  // the connection goes on
  CHECK(ask_as(client, "").status == 400);
}

TEST_CASE("HTTP/1.0 does without a Host, but may not have a wrong one") {
  HttpService service;
  const auto status = [&](const std::string& fields) {
    HttpClient client(service.port());
    client.send("GET /livez HTTP/1.0\r\n" + fields + "\r\n");
    return client.receive().status;
  };
  CHECK(status("") == 200);
  CHECK(status("Host: evil.example\r\n") == 421);
}

TEST_CASE("the daemon answers under the names that it is given, which have to be names") {
  const TemporaryDirectory directory;
  auto options = server_options(directory);
  options.http.emplace();
  options.http_hosts = {"http://embeddings.example"};
  CHECK(Server::validate(options).error().message() ==
        "http_hosts: 'http://embeddings.example' is not the name of a host, without a port");
  options.http_hosts = {"embeddings.example"};
  RunningServer server(options);
  HttpClient client(server.http_port());
  CHECK(ask_as(client, "Host: embeddings.example\r\n").status == 200);
  CHECK(ask_as(client, "Host: embeddings.test\r\n").status == 421);
}

}  // namespace
}  // namespace gaugeline::stream
