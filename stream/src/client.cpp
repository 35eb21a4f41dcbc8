#include <gaugeline/stream/client.hpp>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>
#include <utility>
#include <variant>

#include <boost/asio/connect.hpp>

#include <gaugeline/stream/access.hpp>
#include <gaugeline/stream/client_session.hpp>

#include "asio.hpp"
#include "channel.hpp"
#include "overloaded.hpp"
#include "tls_channel.hpp"
#include "tls_error.hpp"

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;
using namespace std::chrono_literals;

constexpr std::size_t client_read_bytes = std::size_t{16} << 10U;
constexpr auto attempt_time = 10s;  // for connecting, with the handshake of TLS, and for the welcome
constexpr auto first_pause = 100ms;
constexpr auto longest_pause = 5000ms;

Expected<> failed_transfer(std::string_view what, const boost::system::error_code& error) {
  return fail(ErrorCode::io_error, what, ": ", error.message());
}

// What one connection has, and the next one starts afresh with.
struct Conversation {
  Conversation(std::unique_ptr<Channel> connected, const ClientOptions& options)
      : channel(std::move(connected)), session(options.source, options.token), changed(channel->executor()) {}
  std::unique_ptr<Channel> channel;
  ClientSession session;
  Wakeup changed;
  bool welcomed = false;
  bool all_sent = false;
  bool told_to_wait = false;
};

class Sender {
 public:
  Sender(const ClientOptions& options, const MessageSource& messages, const SendCallbacks& callbacks)
      : options_(options), messages_(messages), callbacks_(callbacks) {}

  Expected<SendProgress> run() {
    asio::co_spawn(context_, send_all(), asio::detached);
    context_.run();
    if (failure_) return std::unexpected(*failure_);
    return progress();
  }

 private:
  // Of these, an error means that the connection is lost and that another may be tried, unless failure_ is set.
  [[nodiscard]] asio::awaitable<Expected<>> send_over_one_connection();
  [[nodiscard]] asio::awaitable<Expected<>> connect(std::unique_ptr<Channel>& channel);
  [[nodiscard]] asio::awaitable<Expected<>> attempt(std::unique_ptr<Channel>& channel);
  [[nodiscard]] asio::awaitable<Expected<>> read(Conversation& conversation);
  [[nodiscard]] asio::awaitable<Expected<>> write(Conversation& conversation);
  [[nodiscard]] asio::awaitable<Expected<>> wait_for_welcome(Conversation& conversation);
  [[nodiscard]] asio::awaitable<Expected<>> until_cancelled(Conversation& conversation);

  [[nodiscard]] asio::awaitable<void> send_all();
  [[nodiscard]] asio::awaitable<Expected<>> pause_after(const Error& lost);
  [[nodiscard]] Expected<> take(Conversation& conversation, std::span<const std::byte> bytes);
  void take(Conversation& conversation, const ClientEvent& event);
  void refuse(std::uint64_t sequence, const Error& why);
  void add(const EventsTaken& taken, std::uint64_t sequence);
  [[nodiscard]] Expected<> fill(Conversation& conversation);
  [[nodiscard]] SendProgress progress() const;
  std::unexpected<Error> give_up(const Error& why) { return std::unexpected(failure_.emplace(why)); }
  // Peers whose TLS does not fit will not fit in a minute either.
  Expected<> lost(std::string_view what, const boost::system::error_code& error) {
    const auto why = failed_transfer(what, error);
    return is_tls_error(error) ? give_up(why.error()) : why;
  }
  void talk(const std::string& line) const {
    if (callbacks_.talk) callbacks_.talk(line);
  }

  const ClientOptions& options_;
  const MessageSource& messages_;
  const SendCallbacks& callbacks_;
  asio::io_context context_{1};
  std::optional<Error> failure_;
  std::uint64_t done_ = 0;           // last sequence number that is answered
  std::set<std::uint64_t> refused_;  // of those
  std::uint64_t awaited_ = 0;        // the last message whose slices are not learnt yet; they are learnt in order
  EventsTaken events_;
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
  std::unique_ptr<Channel> channel;
  const auto connected = co_await connect(channel);
  if (!connected) co_return connected;
  Conversation conversation(std::move(channel), options_);
  const auto ended = co_await (contained(read(conversation)) || contained(write(conversation)) ||
                               contained(wait_for_welcome(conversation)));
  if (conversation.welcomed) last_connected_ = Clock::now();
  conversation.channel->end_sending();
  co_return std::visit([](const Expected<>& outcome) { return outcome; }, ended);
}

asio::awaitable<Expected<>> Sender::attempt(std::unique_ptr<Channel>& channel) {
  tcp::socket socket(context_);
  tcp::resolver resolver(context_);
  const auto [unresolved, endpoints] = co_await resolver.async_resolve(options_.host, options_.port, with_error_code);
  if (unresolved) co_return failed_transfer("cannot resolve " + options_.host + ":" + options_.port, unresolved);
  const auto [error, endpoint] = co_await asio::async_connect(socket, endpoints, with_error_code);
  if (error) co_return failed_transfer("cannot connect to " + options_.host + ":" + options_.port, error);
  channel =
      options_.tls ? tls_channel(std::move(socket), *options_.tls, options_.host) : plain_channel(std::move(socket));
  const auto refused = co_await channel->handshake();
  if (refused) co_return lost("cannot connect to " + options_.host + ":" + options_.port + " by TLS", refused);
  co_return Expected<>{};
}

asio::awaitable<Expected<>> Sender::connect(std::unique_ptr<Channel>& channel) {
  asio::steady_timer timer(context_, attempt_time);
  const auto first = co_await (contained(attempt(channel)) || timer.async_wait(with_error_code));
  if (first.index() == 0) co_return std::get<0>(first);
  co_return fail(ErrorCode::io_error, "cannot connect to ", options_.host, ":", options_.port, ": no answer");
}

asio::awaitable<Expected<>> Sender::read(Conversation& conversation) {
  std::vector<std::byte> buffer(client_read_bytes);
  while (true) {
    const auto [error, size] = co_await conversation.channel->read_some(buffer);
    if (error == asio::error::eof) co_return fail(ErrorCode::io_error, "the daemon has closed the connection");
    if (error) co_return lost("connection lost", error);
    const auto taken = take(conversation, std::span(buffer).first(size));
    // Of all that a daemon ends a connection with, only a lack of room passes.
    if (!taken && taken.error().code() == ErrorCode::capacity_exceeded) co_return taken;
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
                          awaited_ = welcome.last_unjudged;
                          refused_.erase(refused_.upper_bound(done_), refused_.end());
                          talk("connected to " + options_.host + ":" + options_.port + ", which has " +
                               std::to_string(done_) + " of " + options_.source);
                        },
                        [&](const Acknowledged& acknowledged) {
                          done_ = acknowledged.sequence;
                          pause_ = first_pause;
                          if (acknowledged.events) {
                            add(*acknowledged.events, done_);
                          }
                          if (!acknowledged.events || acknowledged.events->slices > 0) {
                            awaited_ = std::max(awaited_, done_);
                          }
                        },
                        [&](const Refused& refused) {
                          done_ = refused.sequence;
                          refuse(refused.sequence, refused.why);
                        },
                        [&](const Verdict& verdict) {
                          if (verdict.sequence >= awaited_) awaited_ = 0;
                          if (!verdict.outcome) refuse(verdict.sequence, verdict.outcome.error());
                        }},
             event);
  if (callbacks_.progress) callbacks_.progress(progress());
}

void Sender::refuse(std::uint64_t sequence, const Error& why) {
  refused_.insert(sequence);
  if (callbacks_.refused) callbacks_.refused(sequence, why.message());
}

void Sender::add(const EventsTaken& taken, std::uint64_t sequence) {
  events_.counted += taken.counted;
  events_.slices += taken.slices;
  events_.late += taken.late;
  events_.duplicates += taken.duplicates;
  events_.refused += taken.refused;
  if (taken.refused > 0 && callbacks_.refused_events) callbacks_.refused_events(sequence, taken);
}

Expected<> Sender::fill(Conversation& conversation) {
  auto& session = conversation.session;
  if (conversation.all_sent || !session.can_send()) return {};
  const auto message = messages_(session.next_sequence());
  if (!message) return std::unexpected(message.error());
  if (*message) return session.send((*message)->type, (*message)->body);
  conversation.all_sent = true;
  return {};
}

// Ends when every message is answered and every slice learnt. One message at a time is on its way out, whatever the
// credit: memory holds one.
asio::awaitable<Expected<>> Sender::write(Conversation& conversation) {
  while (true) {
    if (const auto filled = fill(conversation); !filled) co_return give_up(filled.error());
    if (conversation.all_sent && conversation.session.unanswered() == 0) {
      if (awaited_ == 0 || !options_.wait_until_learnt) co_return Expected<>{};
      if (!std::exchange(conversation.told_to_wait, true)) talk("all is sent; waiting until it is learnt");
    }
    const auto output = conversation.session.take_output();
    if (output.empty()) {
      co_await conversation.changed.wait();
      continue;
    }
    std::span<const std::byte> rest(output);
    while (!rest.empty()) {
      const auto [error, size] = co_await conversation.channel->write_some(rest);
      if (error) co_return co_await until_cancelled(conversation);  // the daemon may have said why: read() ends it
      rest = rest.subspan(size);
    }
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
  return {.sequence = done_, .acknowledged = done_ - refused_.size(), .refused = refused_.size(), .events = events_};
}

}  // namespace

Expected<SendProgress> send_messages(const ClientOptions& options, const MessageSource& messages,
                                     const SendCallbacks& callbacks) {
  if (const auto valid = validate_source(options.source); !valid) return std::unexpected(valid.error());
  if (!options.token.empty()) {
    if (const auto valid = validate_token(options.token); !valid) return std::unexpected(valid.error());
  }
  return Sender(options, messages, callbacks).run();
}

}  // namespace gaugeline::stream
