#include <gaugeline/stream/server.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/write.hpp>

#include <gaugeline/stream/learning_run.hpp>
#include <gaugeline/stream/messages.hpp>
#include <gaugeline/stream/thread_pool.hpp>

#include "asio.hpp"
#include "connection.hpp"
#include "learner_thread.hpp"

namespace gaugeline::stream {
namespace {

using namespace std::chrono_literals;

// Beyond the queue, one slice is being learnt and one is on its way: with so many unanswered the learner never waits.
constexpr std::size_t credit_beyond_queue = 2;
// Accepting fails while the process has no file descriptor left; connections that end give some back.
constexpr auto accept_pause = 100ms;

Expected<> validate(const ServerOptions& options) {
  Expected<> valid;
  const auto check = [&](std::string_view name, auto value, auto least, auto most) {
    if (!valid || (value >= least && value <= most)) return;
    valid = fail(ErrorCode::invalid_argument, name, " is ", value, "; it must be from ", least, " to ", most);
  };
  check("threads", options.threads, std::size_t{1}, std::size_t{1024});
  check("queue_slices", options.queue_slices, std::size_t{1}, std::size_t{1} << 16U);
  check("max_frame_bytes", options.max_frame_bytes, max_control_bytes, largest_max_frame_bytes);
  check("max_connections", options.max_connections, std::size_t{1}, std::size_t{1} << 16U);
  check("handshake_seconds", options.handshake_seconds, 1e-3, 1e6);
  check("stall_seconds", options.stall_seconds, 1e-3, 1e6);
  return valid;
}

Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

Expected<tcp::acceptor> listen(asio::io_context& context, const std::string& address, std::uint16_t port) {
  boost::system::error_code error;
  const tcp::endpoint endpoint(asio::ip::make_address(address, error), port);
  if (error) return fail(ErrorCode::invalid_argument, "listen address ", address, " is not numeric");
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(ErrorCode::io_error, "cannot listen on ", address_of(endpoint), ": ", error.message());
  }
  return acceptor;
}

asio::awaitable<Expected<formats::SliceData>> decode_here(std::vector<std::byte> body) {
  co_return formats::decode_slice(body);
}

// A socket that is just accepted takes so few bytes at once: nobody has to wait for it.
void turn_away(tcp::socket socket, const Error& why) {
  std::vector<std::byte> bytes;
  append_frame(bytes, FrameType::error, 0, encode(why));
  boost::system::error_code ignored;
  socket.non_blocking(true, ignored);
  asio::write(socket, asio::buffer(bytes), ignored);
}

}  // namespace

// Everything below runs in the thread that calls run(), except where it says so.
class Server::Impl final : public ConnectionHost {
 public:
  Impl(const ServerOptions& options, ServerCallbacks callbacks)
      : options_(options), callbacks_(std::move(callbacks)), workers_(options.threads) {}

  Expected<> open();
  Expected<> run();
  void stop();  // any thread
  void stop_on_signals();
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  [[nodiscard]] std::uint64_t greet(const std::shared_ptr<Connection>& connection) override;
  [[nodiscard]] asio::awaitable<Expected<formats::SliceData>> decode(std::vector<std::byte> body) override;
  [[nodiscard]] asio::awaitable<void> enqueue(QueuedSlice slice) override;
  void log(std::string_view line) override {
    if (callbacks_.log) callbacks_.log(line);
  }

 private:
  [[nodiscard]] asio::awaitable<void> accept_all();
  void admit(tcp::socket socket);
  [[nodiscard]] LearnerCallbacks learner_callbacks();
  void take(const Verdict& verdict);
  void stop_taking();
  void part(const Expected<>& outcome, const LearnerCounts& counts);
  [[nodiscard]] ConnectionLimits connection_limits() const;

  ServerOptions options_;
  ServerCallbacks callbacks_;
  ThreadPool workers_;
  asio::io_context context_{1};
  asio::thread_pool decoder_{1};
  std::optional<tcp::acceptor> acceptor_;
  std::optional<asio::signal_set> signals_;
  std::uint16_t port_ = 0;
  Wakeup room_{context_.get_executor()};
  std::list<std::shared_ptr<Connection>> connections_;
  std::map<std::string, std::weak_ptr<Connection>, std::less<>> speakers_;  // of each source, the connection in charge
  LearningRun::Positions positions_;                                        // on disk, as far as verdicts have told
  bool stopping_ = false;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> learner_at_work_;
  Expected<> outcome_;
  std::optional<LearningRun> run_;        // until the learner's thread takes it
  std::optional<LearnerThread> learner_;  // last, so that it ends first: it posts to the context
};

Expected<> Server::Impl::open() {
  options_.learner.worker_capacity = static_cast<std::uint32_t>(options_.threads);
  auto run = LearningRun::open(options_.data_directory, options_.learner, workers_, options_.lag);
  if (!run) return std::unexpected(run.error());
  auto acceptor = listen(context_, options_.listen_address, options_.listen_port);
  if (!acceptor) return std::unexpected(acceptor.error());
  run_.emplace(std::move(*run));
  positions_ = run_->positions();
  acceptor_.emplace(std::move(*acceptor));
  boost::system::error_code ignored;
  port_ = acceptor_->local_endpoint(ignored).port();
  return {};
}

Expected<> Server::Impl::run() {
  if (callbacks_.ready) callbacks_.ready(port_);
  asio::co_spawn(context_, accept_all(), asio::detached);
  // A stop() that came before this point is served first: it must find a learner to stop.
  learner_.emplace(std::move(*run_), options_.queue_slices, learner_callbacks());
  learner_at_work_.emplace(context_.get_executor());
  context_.run();
  return outcome_;
}

void Server::Impl::stop() {
  asio::post(context_, [this] { stop_taking(); });
}

// After the first signal the default action is back: the second one ends the process.
void Server::Impl::stop_on_signals() {
  signals_.emplace(context_, SIGTERM, SIGINT);
  signals_->async_wait([this](const boost::system::error_code& error, int) {
    if (error) return;
    log("stops: a signal came");
    boost::system::error_code ignored;
    signals_->clear(ignored);
    stop_taking();
  });
}

asio::awaitable<void> Server::Impl::accept_all() {
  asio::steady_timer pause(context_);
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_->async_accept(with_error_code);
    if (stopping_) co_return;
    if (!error) {
      admit(std::move(socket));
      continue;
    }
    log("cannot accept: " + error.message());
    pause.expires_after(accept_pause);
    co_await pause.async_wait(with_error_code);
  }
}

void Server::Impl::admit(tcp::socket socket) {
  if (connections_.size() >= options_.max_connections) {
    log("a connection is turned away: there are " + std::to_string(connections_.size()));
    turn_away(std::move(socket), Error(ErrorCode::capacity_exceeded, "the server has ", options_.max_connections,
                                       " connections, and takes no more"));
    return;
  }
  const auto place = connections_.insert(connections_.end(),
                                         std::make_shared<Connection>(std::move(socket), *this, connection_limits()));
  asio::co_spawn(context_, (*place)->run(), [this, place](const std::exception_ptr&) { connections_.erase(place); });
}

ConnectionLimits Server::Impl::connection_limits() const {
  return {.session = {.credit = static_cast<std::uint32_t>(options_.queue_slices + credit_beyond_queue),
                      .max_frame_bytes = options_.max_frame_bytes},
          .handshake = seconds(options_.handshake_seconds),
          .stall = seconds(options_.stall_seconds)};
}

// The newest connection speaks for a source: the older one is most often a dead one that nobody has closed. What the
// older one had in the queue is learnt; the newer one's copies of it are then acknowledged without being learnt again.
std::uint64_t Server::Impl::greet(const std::shared_ptr<Connection>& connection) {
  auto& speaker = speakers_[connection->source()];
  if (const auto older = speaker.lock()) {
    older->close(Error(ErrorCode::protocol_violation, "source ", connection->source(),
                       " has connected again; this connection is closed"));
  }
  speaker = connection;
  std::erase_if(speakers_, [](const auto& entry) { return entry.second.expired(); });
  const auto position = positions_.find(connection->source());
  return position == positions_.end() ? 0 : position->second;
}

// In a thread of its own: other connections are served meanwhile. It ends soon, so it need not be cancelled.
asio::awaitable<Expected<formats::SliceData>> Server::Impl::decode(std::vector<std::byte> body) {
  co_return co_await asio::co_spawn(decoder_, decode_here(std::move(body)),
                                    asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

asio::awaitable<void> Server::Impl::enqueue(QueuedSlice slice) {
  while (!learner_->try_push(slice)) co_await room_.wait();
}

LearnerCallbacks Server::Impl::learner_callbacks() {
  return {
      .room = [this] { asio::post(context_, [this] { room_.notify_all(); }); },
      .learnt = callbacks_.learnt,
      .verdict =
          [this](Verdict verdict) { asio::post(context_, [this, verdict = std::move(verdict)] { take(verdict); }); },
      .finished =
          [this](const Expected<>& outcome, const LearnerCounts& counts) {
            asio::post(context_, [this, outcome, counts] { part(outcome, counts); });
          }};
}

void Server::Impl::take(const Verdict& verdict) {
  if (verdict.outcome) {
    auto& position = positions_[verdict.source];
    position = std::max(position, verdict.sequence);
  }
  if (const auto connection = verdict.from.lock()) connection->answer(verdict.sequence, verdict.outcome);
}

void Server::Impl::stop_taking() {
  stopping_ = true;
  learner_->stop();
  boost::system::error_code ignored;
  acceptor_->close(ignored);
}

void Server::Impl::part(const Expected<>& outcome, const LearnerCounts& counts) {
  outcome_ = outcome;
  stop_taking();
  learner_at_work_.reset();
  boost::system::error_code ignored;
  if (signals_) signals_->cancel(ignored);
  const auto why = outcome ? std::nullopt : std::optional(outcome.error());
  for (const auto& connection : connections_) connection->close(why);
  log("stopped: " + std::to_string(counts.learnt) + " slices learnt, " + std::to_string(counts.refused) + " refused, " +
      std::to_string(counts.repeated) + " repeated");
}

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Expected<Server> Server::open(const ServerOptions& options, ServerCallbacks callbacks) {
  if (const auto valid = validate(options); !valid) return std::unexpected(valid.error());
  auto impl = std::make_unique<Impl>(options, std::move(callbacks));
  if (const auto opened = impl->open(); !opened) return std::unexpected(opened.error());
  return Server(std::move(impl));
}

std::uint16_t Server::port() const noexcept { return impl_->port(); }
Expected<> Server::run() { return impl_->run(); }
void Server::stop() { impl_->stop(); }

Expected<> serve(const ServerOptions& options, const ServerCallbacks& callbacks) {
  auto server = Server::open(options, callbacks);
  if (!server) return std::unexpected(server.error());
  server->impl_->stop_on_signals();
  return server->run();
}

}  // namespace gaugeline::stream
