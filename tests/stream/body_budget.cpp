// Large messages that come in at the same time share a budget: whoever stalls in the middle of one holds back nobody
// for long, and small ones always go through.
#include "body_budget.hpp"

#include <doctest/doctest.h>

#include <future>
#include <list>
#include <string>

#include <gaugeline/stream/server_session.hpp>

#include "http_service.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20U;

TEST_CASE("claims are of what bodies take beyond the free part, and never pass the budget together") {
  int refused = 0;
  BodyBudget budget(1000, [&] { ++refused; });
  {
    BodyClaim one(budget);
    BodyClaim other(budget);
    CHECK(one.cover(BodyBudget::free_bytes));
    CHECK(budget.taken() == 0);
    CHECK(one.cover(BodyBudget::free_bytes + 600));
    CHECK(other.cover(BodyBudget::free_bytes + 400));
    CHECK(budget.taken() == 1000);
    const auto over = other.cover(BodyBudget::free_bytes + 401);
    REQUIRE(!over);
    CHECK(over.error().code() == ErrorCode::capacity_exceeded);
    CHECK(
        over.error().message() ==
        "there is no room for large messages now, of which 600 bytes are coming in already (--body-bytes): try again");
    CHECK(budget.taken() == 600);  // it gave back all that it had
    CHECK(refused == 1);
    const BodyClaim passed = one.pass_on();
    CHECK(other.cover(BodyBudget::free_bytes + 400));
    CHECK(budget.taken() == 1000);
  }
  CHECK(budget.taken() == 0);
}

TEST_CASE("a session that has failed holds nothing of the frame that was coming in") {
  ServerSession session({});
  Bytes hello, frame;
  append_frame(hello, FrameType::hello, 0, encode(Hello{.source = "here"}));
  std::span<const std::byte> rest(hello);
  REQUIRE(session.receive(rest));
  session.welcome(0, 0);
  append_frame(frame, FrameType::events, 1, Bytes(mib));
  rest = std::span(frame).first(mib / 2);
  REQUIRE(session.receive(rest));
  CHECK(session.body_memory() >= mib / 2 - frame_header_bytes);
  session.fail(Error(ErrorCode::capacity_exceeded, "no room"));
  CHECK(session.body_memory() == 0);
}

ServerOptions tight_options(const TemporaryDirectory& directory) {
  auto options = server_options(directory);
  options.http.emplace();
  options.max_frame_bytes = options.max_event_bytes = options.body_bytes = mib;
  return options;
}

// Lines of events of so many bytes, as one message.
std::string events_of(std::size_t bytes) {
  std::string lines;
  for (int second = 0; lines.size() < bytes; ++second)
    lines += R"({"time": )" + std::to_string(second) + R"(, "tokens": ["sea", ")" + std::string(200, 'a') + "\"]}\n";
  return lines;
}
Bytes as_bytes(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// Claims the largest frame that there may be, sends most of it, and stalls.
class Staller : public RawClient {
 public:
  Staller(std::uint16_t port, std::size_t number) : RawClient(port) {
    static_cast<void>(greet("staller " + std::to_string(number)));
    Bytes frame;
    append_frame(frame, FrameType::events, 1, Bytes(mib));
    send(std::span(frame).first(mib * 3 / 4));
  }
};

MessageSource one_message(const std::string& lines) {
  return [lines](std::uint64_t sequence) -> Expected<std::optional<ClientMessage>> {
    if (sequence > 1) return std::nullopt;
    return ClientMessage{.type = FrameType::events, .body = as_bytes(lines)};
  };
}

double figure(HttpClient& client, const std::string& name) {
  const std::string page = client.get("/metrics").body;
  const auto at = page.find("\n" + name + " ");
  REQUIRE(at != std::string::npos);
  return std::stod(page.substr(at + name.size() + 2));
}

TEST_CASE("stalled senders of large messages keep the budget, and small messages go through") {
  const TemporaryDirectory directory;
  RunningServer server(tight_options(directory));
  std::list<Staller> stallers;
  for (std::size_t number = 0; number < 12; ++number) stallers.emplace_back(server.port(), number);
  HttpClient http(server.http_port());
  const std::string refused = R"(gaugeline_events_rejected_total{reason="capacity_exceeded"})";
  while (figure(http, refused) < 11) std::this_thread::yield();  // one stalls within the budget
  const double taken = figure(http, "gaugeline_body_bytes");
  CHECK(taken > 0);
  CHECK(taken <= mib);
  CHECK(http.get("/v1/status").json().at("body_bytes").to_number<double>() <= mib);

  const std::string small = events_of(std::size_t{60} << 10U);
  const std::string ndjson = "Content-Type: application/x-ndjson\r\n";
  CHECK(send_messages(client_options(server.port(), "small"), one_message(small), {}).value().acknowledged == 1);
  CHECK(http.ask("POST", "/v1/events", ndjson, small).status == 200);
  auto large = std::async(std::launch::async, [&] {
    return send_messages(client_options(server.port(), "large"), one_message(events_of(mib - 1000)), {});
  });
  const double before = figure(http, refused);
  while (figure(http, refused) < before + 1) std::this_thread::yield();  // it has tried, and tries again
  const auto reply = http.ask("POST", "/v1/events", ndjson, events_of(mib - 1000));
  CHECK(reply.status == 429);
  CHECK(reply.fields.at("retry-after") == "1");
  CHECK(reply.detail().ends_with("(--body-bytes): try again"));

  stallers.clear();
  CHECK(large.get().value().acknowledged == 1);
  CHECK(server.stop());
}

TEST_CASE("whoever stalls loses its share with its connection, and the others go on") {
  const TemporaryDirectory directory;
  auto options = tight_options(directory);
  options.stall_seconds = .3;
  RunningServer server(options);
  std::list<Staller> stallers;
  for (std::size_t number = 0; number < 12; ++number) stallers.emplace_back(server.port(), number);
  const auto sent = send_messages(client_options(server.port(), "large"), one_message(events_of(mib - 1000)), {});
  CHECK(sent.value().acknowledged == 1);
  for (Staller& staller : stallers) {
    const Error why = staller.farewell();
    CAPTURE(why.message());
    CHECK((why.code() == ErrorCode::capacity_exceeded ||
           why.message() == "too little came for too long in the middle of a frame"));
  }
  HttpClient http(server.http_port());
  while (figure(http, "gaugeline_body_bytes") > 0) std::this_thread::yield();
  CHECK(server.stop());
}

TEST_CASE("a body of HTTP takes what has come of it, whatever its length claims to be") {
  const TemporaryDirectory directory;
  RunningServer server(tight_options(directory));
  const std::string head = "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n";
  HttpClient watching(server.http_port());
  {
    std::list<HttpClient> claiming;
    for (int i = 0; i < 20; ++i)
      claiming.emplace_back(server.http_port()).send(head + "Content-Length: 1048576\r\n\r\n{");
    CHECK(figure(watching, "gaugeline_body_bytes") == 0);
    claiming.front().send(std::string(mib / 2, ' '));
    while (figure(watching, "gaugeline_body_bytes") < static_cast<double>(mib) / 4) std::this_thread::yield();
  }
  // They have gone.
  while (figure(watching, "gaugeline_body_bytes") > 0) std::this_thread::yield();
  CHECK(watching.ask("POST", "/v1/events", "Content-Type: application/x-ndjson\r\n", events_of(mib - 1000)).status ==
        200);
  CHECK(figure(watching, "gaugeline_body_bytes") == 0);
}

TEST_CASE("the budget has room for one largest message") {
  const TemporaryDirectory directory;
  auto options = tight_options(directory);
  options.body_bytes = mib - 1;
  CHECK(Server::validate(options).error().message() ==
        "body_bytes is 1048575; it must be from 1048576 to 1099511627776");
}

}  // namespace
}  // namespace gaugeline::stream
