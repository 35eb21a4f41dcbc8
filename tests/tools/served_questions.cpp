// gaugeline query against a daemon: an HTTP server in this process, over a data directory that the command reads too.
#include <stream/http_service.hpp>

#include "program.hpp"

using namespace gaugeline::test;  // NOLINT(google-build-using-namespace): the vocabulary of these tests

namespace gaugeline::stream {
namespace {

std::string data_directory() { return taught_store<teach_four>().file(0).parent_path().parent_path().native(); }

std::string token(std::size_t row) {
  return std::string(taught_store<teach_four>().load(3)->view().state.items.tokens[row]);
}

std::vector<std::string> questions() {
  const std::string a = " --token '" + token(0) + "'";
  const std::string others = " --other '" + token(1) + "," + token(2) + "'";
  return {"neighbors" + a + " --k 3 --slice 2 --min-uses 0.5",
          "translate" + a + " --from 0 --to -1 --k 4",
          "similarity" + a + others,
          "trajectory" + a + " --from 1 --k 2",
          "trajectory" + a + others,
          "drift --min-uses 1 --skip-commonest 0 --k 3",
          "drift --from 1 --to 3",
          "drift --min-uses 1" + a,
          "drift --min-uses 1000000" + a,
          "score --item '" + token(0) + "' --k 3"};
}

TEST_CASE("a daemon gives the answers that its data directory gives, as JSON and as text") {
  HttpService service;
  const std::string server = " --server 127.0.0.1:" + std::to_string(service.port());
  const std::string data = " --data '" + data_directory() + "'";
  for (const std::string& question : questions()) {
    for (const std::string form : {"", " --json"}) {
      CAPTURE(question);
      CHECK(must("query " + question + form + server) == must("query " + question + form + data));
    }
  }
}

TEST_CASE("what a daemon refuses is told as the data directory tells it, with the same exit status") {
  HttpService service;
  const std::string server = " --server 127.0.0.1:" + std::to_string(service.port());
  for (const std::string question :
       {"neighbors --token 'nobody says this & that'", "neighbors --token a --slice 99", "drift --from 3 --to 1"}) {
    CAPTURE(question);
    const auto remote = launch("query " + question + server);
    const auto local = launch("query " + question + " --data '" + data_directory() + "'");
    CHECK(remote.status == local.status);
    CHECK(remote.err == local.err);
    CHECK(remote.out.empty());
  }
}

TEST_CASE("a daemon and a data directory exclude each other, and one is needed") {
  CHECK(launch("query drift").status == 2);
  CHECK(launch("query drift --data a --server 127.0.0.1:1").status == 2);
  CHECK(launch("query drift --server nowhere").status == 2);
}

TEST_CASE("a daemon that is not there, or does not answer, is an input/output error that names it") {
  std::uint16_t port = 0;
  {
    HttpService service;
    port = service.port();
  }
  const auto gone = launch("query drift --server 127.0.0.1:" + std::to_string(port));
  CHECK(gone.status == 74);
  CHECK(contains(gone.err, "127.0.0.1:" + std::to_string(port)));
  asio::io_context context(1);
  tcp::acceptor silent(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  const auto late =
      launch("query drift --timeout 0.05 --server 127.0.0.1:" + std::to_string(silent.local_endpoint().port()));
  CHECK(late.status == 74);
  CHECK(contains(late.err, "no answer within 0.05 s"));
}

}  // namespace
}  // namespace gaugeline::stream
