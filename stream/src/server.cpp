#include <gaugeline/stream/server.hpp>

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>

#include <gaugeline/stream/messages.hpp>

#include "asio.hpp"
#include "connection.hpp"
#include "daemon_host.hpp"
#include "http_connection.hpp"
#include "intake_losses.hpp"
#include "listener.hpp"
#include "log_limiter.hpp"
#include "service.hpp"
#include "service_manager.hpp"
#include "tls_channel.hpp"

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

// Messages that a client may have unanswered: enough for a commit to take many at once.
constexpr std::uint32_t credit = 64;

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

// A socket that is just accepted takes so few bytes at once: nobody has to wait for it.
void turn_away(tcp::socket socket, const Error& why) {
  std::vector<std::byte> bytes;
  append_frame(bytes, FrameType::error, 0, encode(why));
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  asio::write(socket, asio::buffer(bytes), ignored);
}

MessageKind kind_of(const DataMessage& message) {
  return message.type == FrameType::events ? MessageKind::events : MessageKind::slice;
}

}  // namespace

// Everything below runs in the thread that calls run(), except where it says so.
class Server::Impl final : public ConnectionHost {
 public:
  Impl(const ServerOptions& options, ServerCallbacks callbacks) : options_(options), callbacks_(std::move(callbacks)) {}

  // Before open(): what the environment of a service brings.
  Expected<> enlist(const Environment& environment);

  Expected<> open();
  Expected<> run();
  void stop();             // any thread
  void make_checkpoint();  // any thread
  void heed_signals();
  [[nodiscard]] ServerPorts ports() const noexcept { return ports_; }

  [[nodiscard]] Expected<SourceStanding> greet(const std::shared_ptr<Connection>& connection,
                                               std::string_view token) override;
  [[nodiscard]] bool take_at_once(const std::shared_ptr<Connection>& from, DataMessage& message) override;
  [[nodiscard]] asio::awaitable<void> take(std::shared_ptr<Connection> from, DataMessage message) override;
  [[nodiscard]] BodyBudget& bodies() override { return bodies_; }
  [[nodiscard]] SpareBodies& spare_bodies() override { return service_->spare_bodies(); }
  // Of connections, whose clients could fill a disk with lines.
  void log(std::string_view line) override { limiter_.log("connections", line, Clock::now()); }

 private:
  [[nodiscard]] ServiceCallbacks service_callbacks();
  [[nodiscard]] Expected<std::unique_ptr<Listener>> listen(const std::optional<ListeningSocket>& inherited,
                                                           const std::string& address, std::uint16_t port);
  [[nodiscard]] asio::awaitable<void> stop_on_signal();
  [[nodiscard]] asio::awaitable<void> act_on_signals();
  [[nodiscard]] asio::awaitable<void> say_alive();
  void say(std::string_view line) const {
    if (callbacks_.log) callbacks_.log(line);
  }
  void tell(const Expected<>& told);
  void tell(const IntakeLosses& losses);
  void admit(tcp::socket socket);
  void admit_http(tcp::socket socket);
  [[nodiscard]] std::unique_ptr<Channel> channel_of(tcp::socket socket) const;
  void begin();
  void judge(const std::string& source, std::uint64_t sequence, const Expected<>& outcome);
  void stop_taking();
  void part(const Expected<>& outcome);
  [[nodiscard]] ConnectionLimits connection_limits() const;

  ServerOptions options_;
  ServerCallbacks callbacks_;
  BodyBudget bodies_{options_.body_bytes, [this] { host_->count_refused_body(); }};
  asio::io_context context_{1};
  std::unique_ptr<Listener> listener_, http_listener_;
  std::optional<asio::signal_set> stop_signals_, other_signals_;
  Wakeup stopped_{context_.get_executor()};
  std::optional<ServiceManager> manager_;
  InheritedSockets inherited_;
  LogLimiter limiter_{200, 10s, [this](std::string_view line) { say(line); }};
  ServerPorts ports_;
  std::list<std::shared_ptr<Connection>> connections_;
  std::list<std::shared_ptr<HttpConnection>> http_connections_;
  std::map<std::string, std::weak_ptr<Connection>, std::less<>> speakers_;  // of each source, the connection in charge
  bool began_ = false, stopping_ = false;
  Expected<> outcome_;
  std::unique_ptr<Service> service_;  // its threads post to the context, so it ends before it
  std::unique_ptr<DaemonHost> host_;  // likewise, and asks the service
};

Expected<> Server::Impl::open() {
  auto service = Service::open(context_, options_, formats::system_files(), service_callbacks());
  if (!service) return std::unexpected(service.error());
  service_ = std::move(*service);
  auto snapshots = formats::SnapshotStore::open(options_.data_directory);
  if (!snapshots) return std::unexpected(snapshots.error());
  host_ = std::make_unique<DaemonHost>(context_.get_executor(), options_, *service_, bodies_, std::move(*snapshots));
  auto listener = listen(inherited_.listen, options_.listen_address, options_.listen_port);
  if (!listener) return std::unexpected(listener.error());
  listener_ = std::move(*listener);
  ports_.listen = listener_->port();
  if (!options_.http && !inherited_.http) return {};
  const HttpEndpoint endpoint = options_.http.value_or(HttpEndpoint());
  auto http = listen(inherited_.http, endpoint.address, endpoint.port);
  if (!http) return std::unexpected(http.error());
  http_listener_ = std::move(*http);
  ports_.http = http_listener_->port();
  return {};
}

Expected<std::unique_ptr<Listener>> Server::Impl::listen(const std::optional<ListeningSocket>& inherited,
                                                         const std::string& address, std::uint16_t port) {
  return inherited ? Listener::adopt(context_, *inherited) : Listener::open(context_, address, port);
}

ServiceCallbacks Server::Impl::service_callbacks() {
  return {.replayed = [this] { begin(); },
          .verdict = [this](const std::string& source, std::uint64_t sequence,
                            const Expected<>& outcome) { judge(source, sequence, outcome); },
          .learnt =
              [this](const SliceReport& report, double seconds) {
                host_->learnt(report, seconds);
                if (callbacks_.learnt) callbacks_.learnt(report, seconds);
              },
          .published = [this] { host_->announce(); },
          .checkpointed = [this] { host_->checkpointed(); },
          .answered = [this](const Expected<Taken>& taken) { host_->count(taken); },
          .lost = [this](const IntakeLosses& losses) { tell(losses); },
          .log = [this](std::string_view line) { say(line); },
          .ended = [this](const Expected<>& outcome) { part(outcome); }};
}

// Until the journal is replayed, connections wait in the listening socket.
void Server::Impl::begin() {
  if (stopping_) return;
  listener_->start([this](tcp::socket socket) { admit(std::move(socket)); },
                   [this](std::string_view line) { log(line); });
  if (callbacks_.ready) callbacks_.ready(ports_);
  began_ = true;
  if (manager_) tell(manager_->tell_ready());
}

Expected<> Server::Impl::run() {
  // A stop() that came before this point is served first: it must find a service to stop.
  service_->start();
  // Whether the daemon is alive and ready can be asked from the start.
  if (http_listener_)
    http_listener_->start([this](tcp::socket socket) { admit_http(std::move(socket)); },
                          [this](std::string_view line) { log(line); });
  context_.run();
  return outcome_;
}

void Server::Impl::stop() {
  asio::post(context_, [this] { stop_taking(); });
}

void Server::Impl::make_checkpoint() {
  asio::post(context_, [this] { service_->make_checkpoint(); });
}

Expected<> Server::Impl::enlist(const Environment& environment) {
  auto manager = ServiceManager::open(environment, ::getpid());
  if (!manager) return std::unexpected(manager.error());
  const auto inherited = inherited_sockets(environment, ::getpid());
  if (!inherited) return std::unexpected(inherited.error());
  manager_.emplace(std::move(*manager));
  inherited_ = *inherited;
  return {};
}

void Server::Impl::tell(const Expected<>& told) {
  if (!told) say("service manager: " + std::string(told.error().message()));
}

void Server::Impl::tell(const IntakeLosses& losses) {
  host_->count(losses);
  for (const std::string& line : lines_of(losses)) limiter_.log("events", line, Clock::now());
}

void Server::Impl::heed_signals() {
  stop_signals_.emplace(context_, SIGTERM, SIGINT);
  other_signals_.emplace(context_, SIGHUP, SIGUSR1);
  asio::co_spawn(context_, stop_on_signal(), asio::detached);
  asio::co_spawn(context_, act_on_signals(), asio::detached);
  if (manager_ && manager_->alive_interval()) asio::co_spawn(context_, say_alive(), asio::detached);
}

// After the first signal the default action is back: the second one ends the process.
asio::awaitable<void> Server::Impl::stop_on_signal() {
  const auto [error, number] = co_await stop_signals_->async_wait(with_error_code);
  if (error) co_return;
  say("stops: a signal came");
  boost::system::error_code ignored;
  stop_signals_->clear(ignored);
  if (manager_) tell(manager_->tell_stopping());
  stop_taking();
}

asio::awaitable<void> Server::Impl::act_on_signals() {
  while (!stopping_) {
    const auto [error, number] = co_await other_signals_->async_wait(with_error_code);
    if (error) co_return;
    if (number == SIGUSR1) {
      say("makes a checkpoint: a signal came");
      service_->make_checkpoint();
      continue;
    }
    // A daemon that is not ready yet is told of by begin().
    const bool tells = manager_ && began_;
    if (tells) tell(manager_->tell_reloading(Clock::now()));
    if (callbacks_.reload) callbacks_.reload();
    if (tells) tell(manager_->tell_ready());
  }
}

asio::awaitable<void> Server::Impl::say_alive() {
  asio::steady_timer timer(context_);
  while (!stopping_) {
    tell(manager_->tell_alive());
    timer.expires_after(*manager_->alive_interval());
    co_await (timer.async_wait(with_error_code) || stopped_.wait());
  }
}

std::unique_ptr<Channel> Server::Impl::channel_of(tcp::socket socket) const {
  return options_.tls ? tls_channel(std::move(socket), *options_.tls) : plain_channel(std::move(socket));
}

void Server::Impl::admit_http(tcp::socket socket) {
  const HttpLimits limits{.event_bytes = options_.max_event_bytes, .slice_bytes = options_.max_frame_bytes};
  auto connection = std::make_shared<HttpConnection>(channel_of(std::move(socket)), *host_, limits);
  if (http_connections_.size() >= options_.max_connections) {
    asio::co_spawn(context_, connection->turn_away(), [connection](const std::exception_ptr&) {});
    return;
  }
  const auto place = http_connections_.insert(http_connections_.end(), std::move(connection));
  host_->connections(DaemonMetrics::http, 1);
  asio::co_spawn(context_, (*place)->run(), [this, place](const std::exception_ptr&) {
    http_connections_.erase(place);
    host_->connections(DaemonMetrics::http, -1);
  });
}

void Server::Impl::admit(tcp::socket socket) {
  if (connections_.size() >= options_.max_connections) {
    log("a connection is turned away: there are " + std::to_string(connections_.size()));
    if (options_.tls) return;  // a handshake would take what there is no room for
    turn_away(std::move(socket), Error(ErrorCode::capacity_exceeded, "the server has ", options_.max_connections,
                                       " connections, and takes no more"));
    return;
  }
  auto channel = channel_of(std::move(socket));
  const auto place = connections_.insert(connections_.end(),
                                         std::make_shared<Connection>(std::move(channel), *this, connection_limits()));
  host_->connections(DaemonMetrics::framed, 1);
  asio::co_spawn(context_, (*place)->run(), [this, place](const std::exception_ptr&) {
    connections_.erase(place);
    host_->connections(DaemonMetrics::framed, -1);
  });
}

ConnectionLimits Server::Impl::connection_limits() const {
  return {.session = {.credit = credit, .max_frame_bytes = options_.max_frame_bytes},
          .handshake = seconds(options_.handshake_seconds),
          .stall = seconds(options_.stall_seconds)};
}

// The newest connection speaks for a source: the older one is most often a dead one that nobody has closed. What the
// older one had in the queue is taken; the newer one's copies of it are then acknowledged without being taken again.
Expected<SourceStanding> Server::Impl::greet(const std::shared_ptr<Connection>& connection, std::string_view token) {
  if (options_.access && !options_.access->allows(token, Access::write)) {
    return fail(ErrorCode::permission_denied, token.empty() ? "the hello has no token; to write, one is needed"
                                                            : "the token of the hello may not write");
  }
  if (connection->source().starts_with(reserved_prefix))
    return fail(ErrorCode::protocol_violation, "source names that begin with ", reserved_prefix,
                " are the daemon's own");
  auto& speaker = speakers_[connection->source()];
  if (const auto older = speaker.lock()) {
    older->close(Error(ErrorCode::protocol_violation, "source ", connection->source(),
                       " has connected again; this connection is closed"));
  }
  speaker = connection;
  std::erase_if(speakers_, [](const auto& entry) { return entry.second.expired(); });
  return service_->standing(connection->source());
}

bool Server::Impl::take_at_once(const std::shared_ptr<Connection>& from, DataMessage& message) {
  if (!service_->takes_at_once(message.body.size())) return false;
  auto incoming = service_->decode_at_once(kind_of(message), from->source(), message.sequence, std::move(message.body));
  from->expect_answer(incoming);
  service_->submit_at_once(incoming);
  return true;
}

asio::awaitable<void> Server::Impl::take(std::shared_ptr<Connection> from, DataMessage message) {
  auto incoming =
      co_await service_->decode(kind_of(message), from->source(), message.sequence, std::move(message.body));
  from->expect_answer(incoming);
  [[maybe_unused]] const bool taken = co_await service_->submit(incoming, std::nullopt);
}

void Server::Impl::judge(const std::string& source, std::uint64_t sequence, const Expected<>& outcome) {
  const auto speaker = speakers_.find(source);
  if (speaker == speakers_.end()) return;
  if (const auto connection = speaker->second.lock()) connection->judge(sequence, outcome);
}

void Server::Impl::stop_taking() {
  stopping_ = true;
  service_->stop();
  listener_->stop();
}

void Server::Impl::part(const Expected<>& outcome) {
  outcome_ = outcome;
  stop_taking();
  boost::system::error_code ignored;
  if (stop_signals_) stop_signals_->cancel(ignored);
  if (other_signals_) other_signals_->cancel(ignored);
  stopped_.notify_all();
  limiter_.end_intervals(Clock::time_point::max());
  const auto why = outcome ? std::nullopt : std::optional(outcome.error());
  for (const auto& connection : connections_) connection->close(why);
  if (http_listener_) http_listener_->stop();
  host_->stop();
  for (const auto& connection : http_connections_) connection->stop();
}

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Expected<Server> Server::open(const ServerOptions& options, ServerCallbacks callbacks) {
  if (const auto valid = Server::validate(options); !valid) return std::unexpected(valid.error());
  auto impl = std::make_unique<Impl>(options, std::move(callbacks));
  if (const auto opened = impl->open(); !opened) return std::unexpected(opened.error());
  return Server(std::move(impl));
}

ServerPorts Server::ports() const noexcept { return impl_->ports(); }
Expected<> Server::run() { return impl_->run(); }
void Server::stop() { impl_->stop(); }
void Server::make_checkpoint() { impl_->make_checkpoint(); }

Expected<> serve(const ServerOptions& options, const ServerCallbacks& callbacks) {
  if (const auto valid = Server::validate(options); !valid) return valid;
  Server server(std::make_unique<Server::Impl>(options, callbacks));
  const auto environment = [](const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  if (const auto enlisted = server.impl_->enlist(environment); !enlisted) return enlisted;
  // From here on, so that no signal ends a daemon that is opening its data directory.
  server.impl_->heed_signals();
  if (const auto opened = server.impl_->open(); !opened) return opened;
  return server.run();
}

}  // namespace gaugeline::stream
