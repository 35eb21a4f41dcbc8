#include "synced_messages.hpp"

#include <array>
#include <deque>
#include <exception>
#include <span>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <gaugeline/stream/client_session.hpp>

namespace gaugeline::bench {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using asio::use_awaitable;

class FramedClient {
 public:
  FramedClient(std::size_t number, std::string_view message)
      : session_("bench:" + std::to_string(number)), message_(std::as_bytes(std::span(message))) {}

  void queue() {
    if (!session_.send(stream::FrameType::events, message_)) throw std::runtime_error("the message is too long");
  }
  [[nodiscard]] std::vector<std::byte> take_output() { return session_.take_output(); }
  // How many answers these bytes complete.
  [[nodiscard]] std::size_t receive(std::span<const std::byte> bytes) {
    std::size_t answers = 0;
    while (!bytes.empty()) {
      const auto event = session_.receive(bytes);
      if (!event) throw std::runtime_error("an answer that was not expected");
      if (!*event) continue;
      if (std::holds_alternative<stream::Refused>(**event)) throw std::runtime_error("a message is refused");
      ++answers;
    }
    return answers;
  }

 private:
  stream::ClientSession session_;  // whose greeting waits for an answer, too
  std::span<const std::byte> message_;
};

// OASIS, MQTT 3.1.1: 3.1 CONNECT, 3.2 CONNACK, 3.3 PUBLISH, 3.4 PUBACK.
class MqttClient {
 public:
  MqttClient(std::size_t number, std::string_view message)
      : topic_("gaugeline/bench" + std::to_string(number)), message_(message) {
    constexpr char clean_session = 0x02;
    std::string body = field("MQTT");
    body.append({4, clean_session, 0, 60});  // protocol level, flags, seconds of keep-alive
    append_packet(0x10, body + field("bench" + std::to_string(number)));
    expected_.push_back({0x20, 2, 0, 0});
  }

  void queue() {
    ++identifier_;
    if (identifier_ == 0) identifier_ = 1;
    const auto high = static_cast<char>(identifier_ >> 8U);
    const auto low = static_cast<char>(identifier_ & 0xFFU);
    std::string body = field(topic_);
    body.append({high, low}).append(message_);
    append_packet(0x32, body);
    expected_.push_back({0x40, 2, high, low});
  }
  [[nodiscard]] std::vector<std::byte> take_output() { return std::exchange(output_, {}); }
  [[nodiscard]] std::size_t receive(std::span<const std::byte> bytes) {
    input_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::size_t answers = 0;
    for (; input_.size() >= (answers + 1) * answer_bytes; ++answers) {
      const std::string_view answer = std::string_view(input_).substr(answers * answer_bytes, answer_bytes);
      if (expected_.empty() || answer != std::string_view(expected_.front()))
        throw std::runtime_error("mosquitto gives another answer than an acknowledgement");
      expected_.pop_front();
    }
    input_.erase(0, answers * answer_bytes);
    return answers;
  }

 private:
  static constexpr std::size_t answer_bytes = 4;  // of CONNACK and of PUBACK

  static std::string field(std::string_view text) {
    std::string bytes{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xFFU)};
    return bytes.append(text);
  }
  void append_packet(char head, std::string_view body) {
    std::string bytes{head};
    for (std::size_t rest = body.size(); rest != 0 || bytes.size() == 1; rest >>= 7U)
      bytes.push_back(static_cast<char>((rest & 0x7FU) | (rest > 0x7FU ? 0x80U : 0U)));
    const auto packet = std::as_bytes(std::span(bytes.append(body)));
    output_.insert(output_.end(), packet.begin(), packet.end());
  }

  std::string topic_;
  std::string_view message_;
  std::uint16_t identifier_ = 0;
  std::vector<std::byte> output_;
  std::string input_;
  std::deque<std::string> expected_;
};

struct Count {
  std::uint64_t acknowledged = 0;
  bool over = false;
};

template <class Client>
asio::awaitable<void> run_client(std::uint16_t port, std::size_t number, const SyncedMessages& load, Count& count) {
  tcp::socket socket(co_await asio::this_coro::executor);
  co_await socket.async_connect({asio::ip::address_v4::loopback(), port}, use_awaitable);
  socket.set_option(tcp::no_delay(true));
  Client client(number, load.message);
  std::array<std::byte, 4096> input{};
  std::size_t unanswered = 1;  // the greeting
  bool greeted = false;
  while (!count.over) {
    if (const auto output = client.take_output(); !output.empty())
      co_await asio::async_write(socket, asio::buffer(output), use_awaitable);
    const std::size_t size = co_await socket.async_read_some(asio::buffer(input), use_awaitable);
    const std::size_t answers = client.receive(std::span(input).first(size));
    unanswered -= answers;
    if (std::exchange(greeted, greeted || answers > 0)) count.acknowledged += answers;
    for (; greeted && unanswered < load.unacknowledged; ++unanswered) client.queue();
  }
}

asio::awaitable<double> measure(const SyncedMessages& load, Count& count) {
  using Clock = asio::steady_timer::clock_type;
  asio::steady_timer timer(co_await asio::this_coro::executor);
  timer.expires_after(std::chrono::duration_cast<Clock::duration>(load.warm_up));
  co_await timer.async_wait(use_awaitable);
  const std::uint64_t before = count.acknowledged;
  const auto begin = Clock::now();
  timer.expires_after(std::chrono::duration_cast<Clock::duration>(load.counted));
  co_await timer.async_wait(use_awaitable);
  const std::chrono::duration<double> elapsed = Clock::now() - begin;
  count.over = true;
  co_return static_cast<double>(count.acknowledged - before) / elapsed.count();
}

template <class Client>
double messages_per_second(std::uint16_t port, const SyncedMessages& load) {
  asio::io_context context{1};
  Count count;
  double rate = 0;
  const auto rethrow = [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  };
  for (std::size_t number = 0; number < load.clients; ++number)
    asio::co_spawn(context, run_client<Client>(port, number, load, count), rethrow);
  asio::co_spawn(context, measure(load, count), [&](const std::exception_ptr& error, double measured) {
    rethrow(error);
    rate = measured;
  });
  context.run();
  return rate;
}

}  // namespace

double framed_messages_per_second(std::uint16_t port, const SyncedMessages& load) {
  return messages_per_second<FramedClient>(port, load);
}
double mqtt_messages_per_second(std::uint16_t port, const SyncedMessages& load) {
  return messages_per_second<MqttClient>(port, load);
}

}  // namespace gaugeline::bench
