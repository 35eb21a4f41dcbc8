#include <gaugeline/stream/client.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <utility>
#include <variant>

#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>

#include <gaugeline/stream/client_session.hpp>

#include "asio.hpp"

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr std::size_t read_bytes = std::size_t{16} << 10U;
constexpr auto attempt_time = 10s;  // for connecting, and for the welcome
constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 5000ms;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

Expected<> failed(std::string_view what, const boost::system::error_code& error) {
  return fail(ErrorCode::io_error, what, ": ", error.message());
}

// What one connection has, and the next one starts afresh with.
struct Conversation {
  Conversation(tcp::socket connected, const std::string& source)
      : socket(std::move(connected)), session(source), changed(socket.get_executor()) {}
  tcp::socket socket;
  ClientSession session;
  Wakeup changed;
  bool welcomed = false;
  bool all_sent = false;
};

class Sender {
 public:
  Sender(const ClientOptions& options, const SliceSource& slices, const SendCallbacks& callbacks)
      : options_(options), slices_(slices), callbacks_(callbacks) {}

  Expected<SendProgress> run() {
    asio::co_spawn(context_, send_all(), asio::detached);
    context_.run();
    if (failure_) return std::unexpected(*failure_);
    return progress();
  }

 private:
  // Of these, an error means that the connection is lost and that another may be tried, unless failure_ is set.
  [[nodiscard]] asio::awaitable<Expected<>> send_over_one_connection();
  [[nodiscard]] asio::awaitable<Expected<>> connect(tcp::socket& socket);
  [[nodiscard]] asio::awaitable<Expected<>> read(Conversation& conversation);
  [[nodiscard]] asio::awaitable<Expected<>> write(Conversation& conversation);
  [[nodiscard]] asio::awaitable<Expected<>> wait_for_welcome(Conversation& conversation);
  [[nodiscard]] asio::awaitable<Expected<>> until_cancelled(Conversation& conversation);

  [[nodiscard]] asio::awaitable<void> send_all();
  [[nodiscard]] asio::awaitable<Expected<>> pause_after(const Error& lost);
  [[nodiscard]] Expected<> take(Conversation& conversation, std::span<const std::byte> bytes);
  void take(Conversation& conversation, const ClientEvent& event);
  [[nodiscard]] Expected<> fill(Conversation& conversation);
  [[nodiscard]] SendProgress progress() const;
  std::unexpected<Error> give_up(const Error& why) { return std::unexpected(failure_.emplace(why)); }
  void talk(const std::string& line) const {
    if (callbacks_.talk) callbacks_.talk(line);
  }

  const ClientOptions& options_;
  const SliceSource& slices_;
  const SendCallbacks& callbacks_;
  asio::io_context context_{1};
  std::optional<Error> failure_;
  std::uint64_t done_ = 0;           // last sequence number that is answered
  std::set<std::uint64_t> refused_;  // of those
  Clock::time_point last_connected_ = Clock::now();
  Clock::duration pause_ = first_pause;
  std::minstd_rand jitter_{std::random_device{}()};
};

asio::awaitable<void> Sender::send_all() {
  while (true) {
    const auto sent = co_await contained(send_over_one_connection());
    if (sent || failure_) co_return;
    const auto paused = co_await contained(pause_after(sent.error()));
    if (!paused) {
      failure_ = paused.error();
      co_return;
    }
  }
}

asio::awaitable<Expected<>> Sender::pause_after(const Error& lost) {
  const std::chrono::duration<double> limit(options_.reconnect_seconds);
  if (Clock::now() - last_connected_ >= limit) {
    co_return fail(ErrorCode::io_error, "no connection to ", options_.host, ":", options_.port, " for ",
                   options_.reconnect_seconds, " s: ", lost.message());
  }
  talk(std::string(lost.message()) + "; trying again");
  // Between half the pause and all of it, so that clients of a daemon that comes back do not all come at once.
  std::uniform_real_distribution<double> share(.5, 1);
  asio::steady_timer timer(context_, std::chrono::duration_cast<Clock::duration>(pause_ * share(jitter_)));
  pause_ = std::min<Clock::duration>(2 * pause_, longest_pause);
  co_await timer.async_wait(with_error_code);
  co_return Expected<>{};
}

asio::awaitable<Expected<>> Sender::send_over_one_connection() {
  tcp::socket socket(context_);
  const auto connected = co_await connect(socket);
  if (!connected) co_return connected;
  Conversation conversation(std::move(socket), options_.source);
  const auto ended = co_await (contained(read(conversation)) || contained(write(conversation)) ||
                               contained(wait_for_welcome(conversation)));
  if (conversation.welcomed) last_connected_ = Clock::now();
  co_return std::visit([](const Expected<>& outcome) { return outcome; }, ended);
}

asio::awaitable<Expected<>> Sender::connect(tcp::socket& socket) {
  const auto attempt = [&]() -> asio::awaitable<Expected<>> {
    tcp::resolver resolver(context_);
    const auto [unresolved, endpoints] = co_await resolver.async_resolve(options_.host, options_.port, with_error_code);
    if (unresolved) co_return failed("cannot resolve " + options_.host + ":" + options_.port, unresolved);
    const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints, with_error_code);
    if (error) co_return failed("cannot connect to " + options_.host + ":" + options_.port, error);
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    co_return Expected<>{};
  };
  asio::steady_timer timer(context_, attempt_time);
  const auto first = co_await (contained(attempt()) || timer.async_wait(with_error_code));
  if (first.index() == 0) co_return std::get<0>(first);
  co_return fail(ErrorCode::io_error, "cannot connect to ", options_.host, ":", options_.port, ": no answer");
}

asio::awaitable<Expected<>> Sender::read(Conversation& conversation) {
  std::vector<std::byte> buffer(read_bytes);
  while (true) {
    const auto [error, size] = co_await conversation.socket.async_read_some(asio::buffer(buffer), with_error_code);
    if (error == asio::error::eof) co_return fail(ErrorCode::io_error, "the daemon has closed the connection");
    if (error) co_return failed("connection lost", error);
    const auto taken = take(conversation, std::span(buffer).first(size));
    if (!taken) co_return give_up(taken.error());
    conversation.changed.notify_all();
  }
}

Expected<> Sender::take(Conversation& conversation, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const auto event = conversation.session.receive(bytes);
    if (!event) return std::unexpected(event.error());
    if (*event) take(conversation, **event);
  }
  return {};
}

void Sender::take(Conversation& conversation, const ClientEvent& event) {
  std::visit(Overloaded{[&](const Welcome& welcome) {
                          conversation.welcomed = true;
                          done_ = welcome.last_sequence;
                          refused_.erase(refused_.upper_bound(done_), refused_.end());
                          talk("connected to " + options_.host + ":" + options_.port + ", which has " +
                               std::to_string(done_) + " of " + options_.source);
                        },
                        [&](const Acknowledged& acknowledged) {
                          done_ = acknowledged.sequence;
                          pause_ = first_pause;
                        },
                        [&](const Refused& refused) {
                          done_ = refused.sequence;
                          refused_.insert(refused.sequence);
                          if (callbacks_.refused) callbacks_.refused(refused.sequence, refused.why.message());
                        }},
             event);
  if (callbacks_.progress) callbacks_.progress(progress());
}

Expected<> Sender::fill(Conversation& conversation) {
  auto& session = conversation.session;
  if (conversation.all_sent || !session.can_send()) return {};
  const auto slice = slices_(session.next_sequence());
  if (!slice) return std::unexpected(slice.error());
  if (*slice) return session.send(**slice);
  conversation.all_sent = true;
  return {};
}

// Ends when every slice is answered. One slice at a time is on its way out, whatever the credit: memory holds one.
asio::awaitable<Expected<>> Sender::write(Conversation& conversation) {
  while (true) {
    if (const auto filled = fill(conversation); !filled) co_return give_up(filled.error());
    if (conversation.all_sent && conversation.session.unanswered() == 0) co_return Expected<>{};
    const auto output = conversation.session.take_output();
    if (output.empty()) {
      co_await conversation.changed.wait();
      continue;
    }
    const auto [error, size] = co_await asio::async_write(conversation.socket, asio::buffer(output), with_error_code);
    if (error) co_return co_await until_cancelled(conversation);  // the daemon may have said why: read() ends it
  }
}

asio::awaitable<Expected<>> Sender::wait_for_welcome(Conversation& conversation) {
  asio::steady_timer timer(context_, attempt_time);
  co_await timer.async_wait(with_error_code);
  if (!conversation.welcomed) co_return fail(ErrorCode::io_error, "no welcome from the daemon");
  co_return co_await until_cancelled(conversation);
}

asio::awaitable<Expected<>> Sender::until_cancelled(Conversation& conversation) {
  while (true) co_await conversation.changed.wait();
}

SendProgress Sender::progress() const {
  return {.sequence = done_, .acknowledged = done_ - refused_.size(), .refused = refused_.size()};
}

}  // namespace

Expected<SendProgress> send_slices(const ClientOptions& options, const SliceSource& slices,
                                   const SendCallbacks& callbacks) {
  if (const auto valid = validate_source(options.source); !valid) return std::unexpected(valid.error());
  return Sender(options, slices, callbacks).run();
}

}  // namespace gaugeline::stream
