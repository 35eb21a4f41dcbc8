#include "http_service.hpp"

#include <fstream>

namespace gaugeline::stream {
namespace {

constexpr std::string_view ndjson = "Content-Type: application/x-ndjson\r\n";
using namespace std::chrono_literals;

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

TEST_CASE("requests follow each other on one connection, also without waiting for the answers") {
  HttpService service;
  HttpClient client(service.port());
  CHECK(client.get("/livez").body == "alive\n");
  client.send(
      "\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n"
      "POST /v1/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-ndjson\r\nContent-Length: 3\r\n\r\n{}\n"
      "GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.receive().body == "alive\n");
  CHECK(client.receive().json().at("version") == "9.9.9");
  CHECK(client.receive().json().at("accepted") == 1);
  const auto last = client.receive();
  CHECK(last.body == "ready\n");
  CHECK(last.fields.at("connection") == "close");
  CHECK(client.closed());
}

TEST_CASE("HEAD answers as GET does, without the content") {
  HttpService service;
  HttpClient client(service.port());
  for (const std::string target : {"/v1/status", "/v1/snapshots/latest", "/nowhere", "/livez"}) {
    CAPTURE(target);
    const auto whole = client.get(target);
    const auto head = client.ask("HEAD", target);
    CHECK(head.status == whole.status);
    CHECK(head.fields.at("content-length") == std::to_string(whole.body.size()));
    CHECK(head.fields.at("content-type") == whole.fields.at("content-type"));
  }
}

TEST_CASE("a query answers with the JSON of the answer, and refuses what it does not understand") {
  HttpService service;
  HttpClient client(service.port());
  const auto token = std::string(
      latest_snapshot(service.host().snapshots().file(0).parent_path().parent_path()).view().state.items.tokens[0]);
  const auto answer = client.get("/v1/neighbors?k=2&token=" + token);
  CHECK(answer.status == 200);
  CHECK(answer.fields.at("content-type") == "application/json");
  CHECK(answer.json().at("neighbors").as_array().size() == 2);
  const auto refused = [&](const std::string& target, int status, std::string_view part) {
    CAPTURE(target);
    const auto reply = HttpClient(service.port()).get(target);
    CAPTURE(reply.body);
    CHECK(reply.status == status);
    CHECK(contains(reply.detail(), part));
  };
  refused("/v1/neighbors", 400, "parameter token is missing");
  refused("/v1/neighbors?token=", 400, "parameter token: ");
  refused("/v1/neighbors?token=a&tokn=b", 400, "parameter tokn is not known here; there is token, slice, k, min_uses");
  refused("/v1/neighbors?token=a&token=b", 400, "token is given twice");
  refused("/v1/neighbors?token=a&k=0", 400, "k is a whole number from 1 to 1000000");
  refused("/v1/neighbors?token=a&k=1e3", 400, "k is a whole number");
  refused("/v1/neighbors?token=a&min_uses=-1", 400, "min_uses is a number that is not negative");
  refused("/v1/neighbors?token=a&min_uses=nan", 400, "min_uses");
  refused("/v1/neighbors?token=%ff", 400, "not UTF-8");
  refused("/v1/neighbors?token=a%00b", 400, "control characters");
  refused("/v1/neighbors?token=%zz", 400, "the target is not of the form");
  refused("/v1/neighbors?token=nobody%20says+this", 404, "nobody says this");
  refused("/v1/neighbors?token=" + token + "&slice=-9223372036854775808", 404, "there are only 4 slices");
  refused("/v1/neighbors?token=" + token + "&slice=never", 400, "slice 'never'");
  refused("/v1/drift?token=" + token + "&k=3", 400, "parameter k is not known here");
  refused("/v1/status?verbose=1", 400, "parameter verbose is not known here; there is none");
  refused("/v1/snapshots/../../lock", 404, "/v1/snapshots/{slice}");
  refused("/v1/snapshots/..%2f..%2flock", 404, "/openapi.json");
  refused("/v1/snapshots/-1", 404, "not the index of a slice");
  refused("/v1/snapshots/99", 404, "slice 99 has no snapshot");
  refused("/", 404, "GET /v1/neighbors");
}

TEST_CASE("what is refused says so by its status") {
  HttpLimits limits;
  limits.event_bytes = 100;
  limits.header_bytes = 1000;
  limits.header_fields = 10;
  limits.target_bytes = 200;
  HttpService service(limits);
  const auto status = [&](const std::string& request) {
    CAPTURE(request);
    HttpClient client(service.port());
    client.send(request);
    const auto reply = client.receive();
    CHECK(!reply.detail().empty());
    CHECK(reply.fields.at("connection") == "close");
    client.end_sending();
    CHECK(client.closed());
    return reply.status;
  };
  const std::string post = "POST /v1/events HTTP/1.1\r\nHost: a\r\n";
  const std::string typed = post + std::string(ndjson);
  std::string fields;
  for (int i = 0; i < 12; ++i) fields += "A" + std::to_string(i) + ": b\r\n";
  CHECK(status("garbage\r\n\r\n") == 400);
  CHECK(status("GET /livez HTTP/1.1\r\n\r\n") == 400);  // no Host
  CHECK(status("GET /livez HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n") == 400);
  CHECK(status("GET livez HTTP/1.1\r\nHost: a\r\n\r\n") == 400);
  CHECK(status("GET /livez HTTP/3.1\r\nHost: a\r\n\r\n") == 505);
  CHECK(status("GET /" + std::string(300, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n") == 414);
  CHECK(status("GET /" + std::string(3000, 'a')) == 414);
  CHECK(status("GET /livez HTTP/1.1\r\nHost: a\r\nA: " + std::string(3000, 'a')) == 431);
  CHECK(status("GET /livez HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n") == 431);
  CHECK(status(typed + "Content-Length: 101\r\n\r\n") == 413);
  CHECK(status(typed + "Content-Length: 99999999999999999999\r\n\r\n") == 400);
  CHECK(status(typed + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(0x65, 'a')) == 413);
  CHECK(status(typed + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(90000, 'a')) == 400);
  CHECK(status(typed + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n") == 400);
  CHECK(status(post + "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n") == 415);
  CHECK(status(post + "Content-Length: 2\r\n\r\n") == 415);
  CHECK(status(typed + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n") == 415);
  CHECK(status("GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n") == 413);
  // After these the connection goes on.
  HttpClient client(service.port());
  const auto deleted = client.ask("DELETE", "/v1/events");
  CHECK(deleted.status == 405);
  CHECK(deleted.fields.at("allow") == "POST");
  CHECK(client.ask("DELETE", "/v1/slices").fields.at("allow") == "GET, HEAD, POST");
  CHECK(client.ask("BREW", "/livez").status == 405);
  CHECK(client.get("/nowhere").status == 404);
  service.host().ready = false;
  const auto unready = client.get("/readyz");
  CHECK(unready.status == 503);
  CHECK(unready.detail() == "the disk is full");
  CHECK(client.get("/livez").status == 200);
}

TEST_CASE("events are counted, and the refused lines named") {
  HttpService service;
  HttpClient client(service.port());
  const auto some = client.ask("POST", "/v1/events", ndjson, "{}\nbad\n{}\n{}");
  CHECK(some.status == 200);
  CHECK(some.json().at("accepted") == 3);
  CHECK(some.json().at("refused") == 1);
  CHECK(some.json().at("errors").as_array()[0].at("line") == 2);
  CHECK(some.json().at("errors").as_array()[0].at("reason") == "not JSON");
  const auto none = client.ask("POST", "/v1/events", ndjson, "bad\nworse\n");
  CHECK(none.status == 400);
  CHECK(contains(none.detail(), "every line was refused"));
  CHECK(none.json().at("errors").as_array().size() == 2);
  const auto busy = client.ask("POST", "/v1/events", ndjson, "busy");
  CHECK(busy.status == 429);
  CHECK(busy.detail() == "the queue is full");
  CHECK(busy.fields.at("retry-after") == "1");
  const auto fault = client.ask("POST", "/v1/events", ndjson, "throw");
  CHECK(fault.status == 500);
  client.send("POST /v1/events HTTP/1.1\r\nHost: a\r\n" + std::string(ndjson) +
              "Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n2;name=value\r\n{}\r\n0\r\nTrailer: 1\r\n\r\n");
  CHECK(client.receive().json().at("accepted") == 2);
  client.send("POST /v1/events HTTP/1.1\r\nHost: a\r\n" + std::string(ndjson) +
              "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  CHECK(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  CHECK(client.receive().json().at("accepted") == 1);
  service.stop();
  CHECK(service.host().last_sender == "http:127.0.0.1");
}

TEST_CASE("a slice is taken, or refused for its content") {
  HttpService service;
  HttpClient client(service.port());
  const auto post = [&](const Bytes& bytes) {
    return client.ask("POST", "/v1/slices", "Content-Type: application/octet-stream\r\n",
                      {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  };
  CHECK(post(encoded_slice(5)).status == 200);
  CHECK(post(Bytes(100, std::byte{42})).status == 400);
}

TEST_CASE("slices and snapshots are listed by pages") {
  HttpService service;
  HttpClient client(service.port());
  const auto all = client.get("/v1/slices").json();
  REQUIRE(all.at("slices").as_array().size() == 4);
  CHECK(all.at("next").is_null());
  CHECK(all.at("slices").as_array()[3].at("index") == 3);
  const auto page = client.get("/v1/snapshots?from=1&k=2").json();
  REQUIRE(page.at("snapshots").as_array().size() == 2);
  CHECK(page.at("snapshots").as_array()[0].at("index") == 1);
  CHECK(page.at("next") == 3);
  CHECK(client.get("/v1/snapshots?from=4").json().at("snapshots").as_array().empty());
}

TEST_CASE("a snapshot is the file, whole or in part, with its checksum as entity tag") {
  HttpService service;
  HttpClient client(service.port());
  const std::string file = test::read_text(service.host().snapshots().file(3));
  const auto whole = client.get("/v1/snapshots/latest");
  CHECK(whole.status == 200);
  CHECK(whole.body == file);
  CHECK(whole.fields.at("content-location") == "/v1/snapshots/3");
  const std::string tag = whole.fields.at("etag");
  CHECK(tag.size() == 18);
  CHECK(client.get("/v1/snapshots/0").fields.at("etag") != tag);
  const std::string size = std::to_string(file.size());
  const auto part = client.get("/v1/snapshots/3", "Range: bytes=10-19\r\n");
  CHECK(part.status == 206);
  CHECK(part.fields.at("content-range") == "bytes 10-19/" + size);
  CHECK(part.body == file.substr(10, 10));
  CHECK(client.get("/v1/snapshots/3", "Range: bytes=-5\r\n").body == file.substr(file.size() - 5));
  CHECK(client.get("/v1/snapshots/3", "Range: bytes=7-\r\nIf-Range: " + tag + "\r\n").body == file.substr(7));
  CHECK(client.get("/v1/snapshots/3", "Range: bytes=7-\r\nIf-Range: \"other\"\r\n").body == file);
  CHECK(client.get("/v1/snapshots/3", "Range: bytes=1-2,4-5\r\n").status == 200);
  const auto beyond = client.get("/v1/snapshots/3", "Range: bytes=" + size + "-\r\n");
  CHECK(beyond.status == 416);
  CHECK(beyond.fields.at("content-range") == "bytes */" + size);
  const auto same = client.get("/v1/snapshots/3", "If-None-Match: \"x\", W/" + tag + "\r\n");
  CHECK(same.status == 304);
  CHECK(same.fields.count("content-length") == 0);
  CHECK(client.ask("HEAD", "/v1/snapshots/3").fields.at("content-length") == size);
}

TEST_CASE("a data directory without a snapshot, or with a damaged one, says so") {
  const TemporaryDirectory directory;
  const auto store = formats::SnapshotStore::create(directory.path()).value();
  HttpService service({}, store);
  HttpClient client(service.port());
  CHECK(client.get("/v1/snapshots/latest").status == 404);
  CHECK(client.get("/v1/neighbors?token=a").status == 404);
  CHECK(client.get("/v1/slices").json().at("slices").as_array().empty());
  std::ofstream(store.file(0)) << "no snapshot";
  for (const std::string target : {"/v1/snapshots/latest", "/v1/neighbors?token=a", "/v1/slices"}) {
    const auto reply = client.get(target);
    CHECK(reply.status == 500);
    CHECK(contains(reply.detail(), "0000000000.snapshot"));
  }
}

TEST_CASE("without the right token nothing is told or taken but health") {
  HttpService service;
  service.host().guarded = true;
  HttpClient client(service.port());
  const auto none = client.get("/v1/status");
  CHECK(none.status == 401);
  CHECK(none.fields.at("www-authenticate") == "Bearer realm=\"gaugeline\"");
  const auto wrong = client.get("/v1/status", "Authorization: Bearer wrong\r\n");
  CHECK(wrong.status == 401);
  CHECK(contains(wrong.fields.at("www-authenticate"), "invalid_token"));
  CHECK(!contains(wrong.body, "wrong"));
  CHECK(client.get("/v1/status", "Authorization: bearer  reader\r\n").status == 200);
  CHECK(client.get("/metrics").status == 401);
  CHECK(client.get("/v1/snapshots/latest").status == 401);
  CHECK(client.get("/livez").status == 200);
  CHECK(client.get("/readyz").status == 200);
  const std::string as_reader = std::string(ndjson) + "Authorization: Bearer reader\r\n";
  CHECK(client.ask("POST", "/v1/events", std::string(ndjson) + "Authorization: Bearer writer\r\n", "{}").status == 200);
  CHECK(client.ask("POST", "/v1/events", as_reader, "{}").status == 401);  // last: its body is not read
}

TEST_CASE("metrics come in the format that is asked for, and count the answers") {
  HttpService service;
  HttpClient client(service.port());
  CHECK(client.get("/nowhere").status == 404);
  const auto plain = client.get("/metrics");
  CHECK(plain.fields.at("content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(contains(plain.body, "gaugeline_http_requests_total{code=\"404\"} 1\n"));
  const auto open =
      client.get("/metrics", "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.2\r\n");
  CHECK(open.fields.at("content-type") == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(open.body.ends_with("# EOF\n"));
  CHECK(contains(client.get("/metrics", "Accept: text/plain,application/openmetrics-text;q=.1\r\n").body, "process_"));
}

TEST_CASE("a watcher hears of each new slice, from where it left off") {
  HttpLimits limits;
  limits.watch_comment = 20ms;
  HttpService service(limits);
  HttpClient client(service.port());
  client.send("GET /v1/watch HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 1\r\n\r\n");
  const auto head = client.receive();
  CHECK(head.status == 200);
  CHECK(head.fields.at("content-type") == "text/event-stream");
  for (const std::string id : {"2", "3"}) {
    CHECK(client.read_until("\n") == "id: " + id + "\n");
    CHECK(client.read_until("\n") == "event: slice\n");
    const std::string data = client.read_until("\n\n");
    CHECK(data.starts_with("data: {\"index\": " + id + ", \"begin\": "));
  }
  CHECK(client.read_until("\n\n") == ":\n\n");  // nothing new: a sign of life
  service.stop();
  std::string rest = client.read_until("never");
  while (rest.starts_with(":\n\n")) rest.erase(0, 3);
  CHECK(rest.empty());
}

TEST_CASE("a watcher that begins now hears of the next slice only") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, 1);
  const auto store = formats::SnapshotStore::open(directory.path()).value();
  HttpService service({}, store);
  service.host().slices = 1;
  HttpClient client(service.port());
  client.send("GET /v1/watch HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.receive().status == 200);
  learn(run, 1, 2);
  service.in_network([&] { service.host().publish(); });
  CHECK(client.read_until("\n") == "id: 1\n");
}

TEST_CASE("a client that is slow to send, or half closed, gets an answer and holds nobody up") {
  HttpLimits limits;
  limits.header = 30ms;
  limits.stall = 30ms;
  HttpService service(limits);
  HttpClient slow(service.port());
  slow.send("GET /livez HT");
  HttpClient other(service.port());
  CHECK(other.get("/livez").status == 200);
  const auto late = slow.receive();
  CHECK(late.status == 408);
  CHECK(contains(late.detail(), "in time"));
  HttpClient stalled(service.port());
  stalled.send("POST /v1/events HTTP/1.1\r\nHost: a\r\n" + std::string(ndjson) + "Content-Length: 5\r\n\r\n{}");
  CHECK(stalled.receive().status == 408);
  HttpClient trickles(service.port());
  trickles.send("POST /v1/events HTTP/1.1\r\nHost: a\r\n" + std::string(ndjson) + "Content-Length: 5000\r\n\r\n");
  int sent = 0;
  for (; sent < 5000 && !trickles.hears_within(1); ++sent) trickles.send(" ");  // a byte a millisecond
  CHECK(sent < 2500);
  CHECK(trickles.receive().status == 408);
  HttpClient half(service.port());
  half.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n");
  half.end_sending();
  CHECK(half.receive().status == 200);
  CHECK(half.closed());
  HttpClient cut(service.port());
  cut.send("POST /v1/events HTTP/1.1\r\nHost: a\r\n" + std::string(ndjson) + "Content-Length: 5\r\n\r\n{}");
  cut.end_sending();
  CHECK(cut.receive().status == 400);
}

TEST_CASE("a connection without a request ends after the idle time, or when the service stops") {
  HttpLimits limits;
  limits.idle = 20ms;
  HttpService service(limits);
  HttpClient idle(service.port());
  CHECK(idle.closed());
  HttpService patient;
  HttpClient waiting(patient.port());
  CHECK(waiting.get("/livez").status == 200);
  patient.stop();
  CHECK(waiting.closed());
}

TEST_CASE("a hundred connections at once are all answered, whatever some of them send") {
  HttpService service;
  std::list<HttpClient> clients;
  for (int i = 0; i < 100; ++i) clients.emplace_back(service.port());
  Random random(3);
  std::size_t answered = 0;
  int i = 0;
  for (auto& client : clients) {
    if (i++ % 4 == 0) {
      std::string bytes(500, '\0');
      for (char& c : bytes) c = static_cast<char>(random.bits());
      client.send(bytes + "\r\n\r\n");
    } else {
      client.send("GET /v1/status HTTP/1.1\r\nHost: a\r\n\r\n");
    }
  }
  i = 0;
  for (auto& client : clients) answered += client.receive().status == (i++ % 4 == 0 ? 400 : 200) ? 1U : 0U;
  CHECK(answered == 100);
}

}  // namespace
}  // namespace gaugeline::stream
