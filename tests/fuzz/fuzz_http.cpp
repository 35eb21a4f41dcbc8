// The HTTP server without a socket: any bytes, cut anywhere, through parser, routes and a host that is made up; every
// answer must be one that can be written. The first byte says how the bytes are cut.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <span>

#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "http_connection.hpp"
#include "http_problem.hpp"
#include "http_reader.hpp"
#include "http_routes.hpp"

using namespace gaugeline;
using namespace gaugeline::stream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

class Host final : public HttpHost {
 public:
  explicit Host(asio::io_context& context) : context_(context) {}
  asio::awaitable<Expected<EventsOutcome>> take_events(std::string /*sender*/, std::string ndjson) override {
    require(ndjson.size() <= 1000);
    co_return EventsOutcome{.accepted = ndjson.size(), .duplicates = 0, .late = 0, .refused = 0, .errors = {}};
  }
  asio::awaitable<Expected<>> take_slice(std::string /*sender*/, std::vector<std::byte> encoded) override {
    require(encoded.size() <= 1000);
    co_return fail(ErrorCode::bad_data, "no slice");
  }
  asio::awaitable<bool> slice_published(std::uint64_t /*from*/) override { co_return false; }
  DaemonStatus status() const override { return {}; }
  std::string metrics(MetricsFormat /*format*/) const override { return "metrics\n"; }
  const formats::SnapshotStore& snapshots() const override { return store(); }
  asio::any_io_executor query_executor() override { return context_.get_executor(); }
  std::span<const std::string> host_names() const override { return names_; }
  bool authorized(std::string_view token, Access access) const override {
    return token.empty() || access == Access::read;
  }
  BodyBudget& bodies() override { return bodies_; }
  void answered(unsigned /*status*/) override {}

 private:
  // An empty data directory, which stays for the next run.
  static const formats::SnapshotStore& store() {
    static const auto opened = [] {
      const auto folder =
          std::filesystem::temp_directory_path() / ("gaugeline-fuzz-http-" + std::to_string(::getuid()));
      std::filesystem::create_directories(folder / "snapshots");
      return formats::SnapshotStore::open(folder).value();
    }();
    return opened;
  }
  asio::io_context& context_;
  std::vector<std::string> names_ = {"gateway.example"};
  BodyBudget bodies_{1000, [] {}};
};

asio::awaitable<void> answer(const Route& route, HttpHost& host, HttpRequest& request, HttpResponse& response) {
  response = co_await route.answer(host, request);
}

void check(const HttpResponse& response) {
  require(response.status >= 200 && response.status < 600);
  const std::string head = response_head(response, 0, true);
  require(head.starts_with("HTTP/1.1 ") && head.find("\r\n\r\n") == head.size() - 4);
  // A JSON document is one line of characters that can be shown, whatever was sent.
  const auto* text = std::get_if<std::string>(&response.body);
  if (text == nullptr || !response.content_type.ends_with("json") || text->find("\"openapi\"") != std::string::npos)
    return;
  require(text->ends_with("}\n"));
  require(printable(text->substr(0, text->size() - 1)) == text->substr(0, text->size() - 1));
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  HttpLimits limits;
  limits.header_bytes = 2000;
  limits.event_bytes = limits.slice_bytes = 1000;
  HttpReader reader(limits);
  asio::io_context context(1);
  Host host(context);
  const auto advance = [&] {
    while (reader.has_head() && !reader.refusal()) {
      auto [route, refusal] = find_route(reader.request(), host);
      if (route == nullptr) return check(refusal);
      reader.accept_body(body_limit(*route, limits));
      reader.receive({});
      if (!reader.complete() || reader.refusal()) return;
      HttpResponse response;
      asio::co_spawn(context, answer(*route, host, reader.request(), response), asio::detached);
      context.restart();
      context.run();
      check(response);
      reader.next();
      reader.receive({});
    }
  };
  const std::size_t piece = 1 + data[0];
  auto rest = std::as_bytes(std::span(data, size)).subspan(1);
  while (!rest.empty() && !reader.refusal()) {
    const auto part = rest.first(std::min(piece, rest.size()));
    rest = rest.subspan(part.size());
    reader.receive(part);
    advance();
  }
  reader.end();
  if (reader.refusal()) check(*reader.refusal());
  return 0;
}
