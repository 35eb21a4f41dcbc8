// An HTTP server in this process over a host that is made up, and a client that is only a socket.
#pragma once

#include <atomic>
#include <list>
#include <map>
#include <thread>

#include <boost/asio/thread_pool.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "http_connection.hpp"
#include "http_host.hpp"
#include "loopback.hpp"

namespace gaugeline::stream {

// Takes what it is sent, and answers from a store that holds slices 0 to 3 of small_stream.hpp. Used by the network's
// thread; a test reads it once the service has stopped, or atomics.
class FakeHost final : public HttpHost {
 public:
  FakeHost(const formats::SnapshotStore& store, const asio::any_io_executor& executor)
      : store_(store), changed_(executor) {}

  asio::awaitable<Expected<EventsOutcome>> take_events(std::string sender, std::string ndjson) override {
    last_sender = std::move(sender);
    if (ndjson.starts_with("busy")) co_return fail(ErrorCode::capacity_exceeded, "the queue is full");
    if (ndjson.starts_with("throw")) throw std::runtime_error("a fault");
    EventsOutcome outcome;
    std::uint64_t line = 0;
    while (!ndjson.empty()) {
      const auto end = ndjson.find('\n');
      ++line;
      if (ndjson.starts_with('{')) {
        ++outcome.accepted;
      } else {
        ++outcome.refused;
        outcome.errors.push_back({line, Error(ErrorCode::bad_data, "not JSON")});
      }
      ndjson.erase(0, end == std::string::npos ? end : end + 1);
    }
    co_return outcome;
  }
  asio::awaitable<Expected<>> take_slice(std::string sender, std::vector<std::byte> encoded) override {
    last_sender = std::move(sender);
    auto slice = formats::decode_slice(encoded);
    if (!slice) co_return std::unexpected(slice.error());
    if (slice->interval.begin < Time{}) co_return fail(ErrorCode::out_of_order, "time runs backwards");
    co_return Expected<>{};
  }
  asio::awaitable<bool> slice_published(std::uint64_t from) override {
    while (!stopping && from >= slices) {
      ++watching;
      co_await changed_.wait();
      --watching;
    }
    co_return !stopping;
  }
  DaemonStatus status() const override {
    return {.version = "9.9.9",
            .run = "run",
            .model = "skipgram",
            .durability = "message",
            .dimension = 8,
            .slices = slices,
            .item_rows = 1,
            .context_rows = 2,
            .watermark = std::nullopt,
            .open_windows = 1,
            .queue_messages = 0,
            .queue_slices = 0,
            .queue_slices_most = 4,
            .journal_bytes = 77,
            .checkpoint_age_seconds = std::nullopt,
            .uptime_seconds = 1.5,
            .not_ready = ready ? std::vector<std::string>{} : std::vector<std::string>{"the disk is full"}};
  }
  std::string metrics(MetricsFormat format) const override { return figures.page(format); }
  const formats::SnapshotStore& snapshots() const override { return store_; }
  asio::any_io_executor query_executor() override { return queries_.get_executor(); }
  std::span<const std::string> host_names() const override { return names_; }
  bool authorized(std::string_view token, Access access) const override {
    if (!guarded) return true;
    return token == "writer" || (token == "reader" && access == Access::read);
  }
  BodyBudget& bodies() override { return bodies_; }
  void answered(unsigned status) override { figures.http_requests.add(status); }

  void publish() {  // in the network's thread
    ++slices;
    changed_.notify_all();
  }
  void stop() {
    stopping = true;
    changed_.notify_all();
  }

  DaemonMetrics figures;
  std::atomic<std::uint64_t> slices = 4;
  std::atomic<bool> ready = true, guarded = false;
  std::atomic<int> watching = 0;
  bool stopping = false;
  std::string last_sender;

 private:
  const formats::SnapshotStore& store_;
  Wakeup changed_;
  std::vector<std::string> names_{"here", "a"};
  BodyBudget bodies_{std::size_t{1} << 30U, [] {}};
  asio::thread_pool queries_{1};
};

inline void teach_four(const std::filesystem::path& directory) {
  SerialExecutor executor;
  auto run = open_run(directory, executor);
  learn(run, 0, 4);
}

class HttpService {
 public:
  explicit HttpService(const HttpLimits& limits = {}, const formats::SnapshotStore& store = taught_store<teach_four>())
      : limits_(limits),
        acceptor_(context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        host_(store, context_.get_executor()) {
    asio::co_spawn(context_, accept_all(), asio::detached);
    thread_ = std::jthread([this] { context_.run(); });
  }
  ~HttpService() { stop(); }

  // Ends when all connections have.
  void stop() {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      acceptor_.close();
      host_.stop();
      for (const auto& connection : connections_) connection->stop();
    });
    thread_.join();
  }
  template <class Work>
  void in_network(Work work) {
    asio::post(context_, std::move(work));
  }

  [[nodiscard]] std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  FakeHost& host() { return host_; }

 private:
  asio::awaitable<void> accept_all() {
    while (true) {
      auto [error, socket] = co_await acceptor_.async_accept(with_error_code);
      if (error) co_return;
      const auto place = connections_.insert(
          connections_.end(), std::make_shared<HttpConnection>(plain_channel(std::move(socket)), host_, limits_));
      asio::co_spawn(context_, (*place)->run(),
                     [this, place](const std::exception_ptr&) { connections_.erase(place); });
    }
  }

  HttpLimits limits_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::list<std::shared_ptr<HttpConnection>> connections_;
  FakeHost host_;
  std::jthread thread_;
};

struct Reply {
  int status = 0;
  std::map<std::string, std::string> fields;  // names in lower case
  std::string body;

  [[nodiscard]] boost::json::object json() const {
    CAPTURE(body);
    boost::json::error_code error;
    auto value = boost::json::parse(body, error);
    REQUIRE(!error);
    REQUIRE(value.is_object());
    return value.get_object();
  }
  // The detail of a problem, which must be one of this status.
  [[nodiscard]] std::string detail() const {
    CHECK(fields.at("content-type") == "application/problem+json");
    const auto problem = json();
    CHECK(problem.at("status").to_number<int>() == status);
    CHECK(problem.at("type").is_string());
    CHECK(problem.at("title").is_string());
    return std::string(std::string_view(problem.at("detail").get_string()));
  }
};

class HttpClient {
 public:
  explicit HttpClient(std::uint16_t port) : socket_(connected_socket(port)) { REQUIRE(socket_ >= 0); }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient() { ::close(socket_); }

  // Fails quietly: the server may have closed.
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto size = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(size));
    }
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }
  [[nodiscard]] bool hears_within(int milliseconds) const { return socket_hears_within(socket_, milliseconds); }
  // Up to and with `end`; what came before the connection closed, if it did.
  std::string read_until(std::string_view end) {
    while (received_.find(end) == std::string::npos && receive_some()) continue;
    const auto at = received_.find(end);
    const std::size_t size = at == std::string::npos ? received_.size() : at + end.size();
    std::string text = received_.substr(0, size);
    received_.erase(0, size);
    return text;
  }
  std::string read_bytes(std::size_t count) {
    while (received_.size() < count && receive_some()) continue;
    std::string bytes = received_.substr(0, count);
    received_.erase(0, bytes.size());
    return bytes;
  }
  bool closed() { return received_.empty() && !receive_some(); }

  Reply receive(bool head = false) {
    const std::string header = read_until("\r\n\r\n");
    CAPTURE(header);
    REQUIRE(header.starts_with("HTTP/1.1 "));
    Reply reply{.status = std::stoi(header.substr(9, 3)), .fields = {}, .body = {}};
    for (std::size_t at = header.find("\r\n") + 2; at + 2 < header.size();) {
      const auto end = header.find("\r\n", at);
      const auto colon = header.find(": ", at);
      std::string name = header.substr(at, colon - at);
      for (char& c : name) c = static_cast<char>(std::tolower(c));
      reply.fields[name] = header.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    const auto length = reply.fields.find("content-length");
    if (!head && length != reply.fields.end()) reply.body = read_bytes(std::stoul(length->second));
    return reply;
  }
  Reply ask(std::string_view method, std::string_view target, std::string_view fields = {},
            std::string_view body = {}) {
    std::string request(method);
    request.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(fields);
    if (!body.empty()) request.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    send(request.append("\r\n").append(body));
    return receive(method == "HEAD");
  }
  Reply get(std::string_view target, std::string_view fields = {}) { return ask("GET", target, fields); }

 private:
  bool receive_some() {
    std::array<char, 65536> buffer{};
    const auto size = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (size > 0) received_.append(buffer.data(), static_cast<std::size_t>(size));
    return size > 0;
  }
  int socket_;
  std::string received_;
};

}  // namespace gaugeline::stream
