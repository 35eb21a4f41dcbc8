#include "synced_messages.hpp"

#include <array>
#include <exception>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
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
  FramedClient(tcp::socket& socket, std::size_t number, std::string_view message)
      : socket_(socket), session_("bench:" + std::to_string(number)), message_(std::as_bytes(std::span(message))) {}

  asio::awaitable<void> greet() { co_await exchange(); }
  asio::awaitable<void> send() {
    if (!session_.send(stream::FrameType::events, message_)) throw std::runtime_error("the message is too long");
    co_await exchange();
  }

 private:
  // Sends what there is, and waits for one event.
  asio::awaitable<void> exchange() {
    const auto output = session_.take_output();
    co_await asio::async_write(socket_, asio::buffer(output), use_awaitable);
    while (true) {
      const std::size_t size = co_await socket_.async_read_some(asio::buffer(input_), use_awaitable);
      auto bytes = std::span<const std::byte>(input_).first(size);
      const auto event = session_.receive(bytes);
      if (!event || !bytes.empty()) throw std::runtime_error("an answer that was not expected");
      if (!*event) continue;
      if (std::holds_alternative<stream::Refused>(**event)) throw std::runtime_error("a message is refused");
      co_return;
    }
  }

  tcp::socket& socket_;
  stream::ClientSession session_;
  std::span<const std::byte> message_;
  std::array<std::byte, 4096> input_{};
};

// OASIS, MQTT 3.1.1: 3.1 CONNECT, 3.2 CONNACK, 3.3 PUBLISH, 3.4 PUBACK.
class MqttClient {
 public:
  MqttClient(tcp::socket& socket, std::size_t number, std::string_view message)
      : socket_(socket), name_("bench" + std::to_string(number)), message_(message) {}

  asio::awaitable<void> greet() {
    constexpr char clean_session = 0x02;
    std::string body = field("MQTT");
    body.append({4, clean_session, 0, 60});  // protocol level, flags, seconds of keep-alive
    co_await exchange(packet(0x10, body + field(name_)), {0x20, 2, 0, 0});
  }
  asio::awaitable<void> send() {
    ++identifier_;
    if (identifier_ == 0) identifier_ = 1;
    const auto high = static_cast<char>(identifier_ >> 8U);
    const auto low = static_cast<char>(identifier_ & 0xFFU);
    std::string body = field("gaugeline/" + name_);
    body.append({high, low}).append(message_);
    co_await exchange(packet(0x32, body), {0x40, 2, high, low});
  }

 private:
  static std::string field(std::string_view text) {
    std::string bytes{static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xFFU)};
    return bytes.append(text);
  }
  static std::string packet(char head, std::string_view body) {
    std::string bytes{head};
    for (std::size_t rest = body.size(); rest != 0 || bytes.size() == 1; rest >>= 7U)
      bytes.push_back(static_cast<char>((rest & 0x7FU) | (rest > 0x7FU ? 0x80U : 0U)));
    return bytes.append(body);
  }
  asio::awaitable<void> exchange(std::string bytes, std::array<char, 4> expected) {
    co_await asio::async_write(socket_, asio::buffer(bytes), use_awaitable);
    std::array<char, 4> answer{};
    co_await asio::async_read(socket_, asio::buffer(answer), use_awaitable);
    if (answer != expected) throw std::runtime_error("mosquitto gives another answer than an acknowledgement");
  }

  tcp::socket& socket_;
  std::string name_;
  std::string_view message_;
  std::uint16_t identifier_ = 0;
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
  Client client(socket, number, load.message);
  co_await client.greet();
  while (!count.over) {
    co_await client.send();
    ++count.acknowledged;
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
