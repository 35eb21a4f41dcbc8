#include "tls_channel.hpp"

#include <array>
#include <vector>

#include "tls_engine.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::size_t receive_bytes = std::size_t{16} << 10U;

class TlsChannel final : public Channel {
 public:
  TlsChannel(tcp::socket socket, const TlsContext& context, const std::string& host)
      : socket_(std::move(socket)), peer_(prepare(socket_)), engine_(context, host), turn_(socket_.get_executor()) {
    boost::system::error_code ignored;
    socket_.non_blocking(true, ignored);  // end_sending() waits for nothing
  }

  asio::awaitable<boost::system::error_code> handshake() override;
  asio::awaitable<Transfer> read_some(std::span<std::byte> buffer) override;
  asio::awaitable<Transfer> write_some(std::span<const std::byte> bytes) override;
  void end_sending() override;
  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  std::string peer() const override { return peer_; }
  asio::any_io_executor executor() override { return socket_.get_executor(); }

 private:
  // Reading, too, has things to send (answers to a change of keys): one sender at a time keeps the records in order.
  class Sender {
   public:
    explicit Sender(TlsChannel& channel) noexcept : channel_(channel) { channel_.is_sending_ = true; }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    ~Sender() {
      channel_.is_sending_ = false;
      channel_.turn_.notify_all();
    }

   private:
    TlsChannel& channel_;
  };

  [[nodiscard]] asio::awaitable<boost::system::error_code> send();
  [[nodiscard]] asio::awaitable<boost::system::error_code> receive();
  [[nodiscard]] std::span<const std::byte> to_send();

  tcp::socket socket_;
  std::string peer_;
  TlsEngine engine_;
  std::array<std::byte, receive_bytes> received_;
  std::vector<std::byte> sending_;
  std::size_t sent_ = 0;      // bytes of sending_
  std::size_t accepted_ = 0;  // bytes that the engine has taken of a write that has not returned yet
  bool is_sending_ = false;
  Wakeup turn_;
};

std::span<const std::byte> TlsChannel::to_send() {
  if (sent_ == sending_.size()) {
    sending_ = engine_.take_output();
    sent_ = 0;
  }
  return std::span(sending_).subspan(sent_);
}

asio::awaitable<boost::system::error_code> TlsChannel::send() {
  while (is_sending_) co_await turn_.wait();
  const Sender sender(*this);
  for (auto rest = to_send(); !rest.empty(); rest = to_send()) {
    const auto [error, size] =
        co_await socket_.async_write_some(asio::buffer(rest.data(), rest.size()), with_error_code);
    sent_ += size;
    if (error) co_return error;
  }
  co_return boost::system::error_code();
}

asio::awaitable<boost::system::error_code> TlsChannel::receive() {
  const auto [error, size] = co_await socket_.async_read_some(asio::buffer(received_), with_error_code);
  engine_.put(std::span(received_).first(size));
  if (error != asio::error::eof) co_return error;
  engine_.put_end();  // only the engine knows whether it was due
  co_return boost::system::error_code();
}

asio::awaitable<boost::system::error_code> TlsChannel::handshake() {
  while (true) {
    const auto step = engine_.handshake();
    const auto unsent = co_await send();
    if (step.error) co_return step.error;
    if (unsent || !step.needs_input) co_return unsent;
    if (const auto error = co_await receive()) co_return error;
  }
}

asio::awaitable<Channel::Transfer> TlsChannel::read_some(std::span<std::byte> buffer) {
  while (true) {
    const auto step = engine_.read(buffer);
    if (!step.needs_input) co_return Transfer(step.error, step.bytes);
    // First, so that a peer that makes us answer and does not listen is not read: memory stays bounded.
    if (const auto error = co_await send()) co_return Transfer(error, 0);
    if (const auto error = co_await receive()) co_return Transfer(error, 0);
  }
}

asio::awaitable<Channel::Transfer> TlsChannel::write_some(std::span<const std::byte> bytes) {
  if (accepted_ == 0) {
    const auto step = engine_.write(bytes);
    if (step.error) co_return Transfer(step.error, 0);
    // To write, the session needs nothing from the peer: there are no renegotiations.
    if (step.needs_input) co_return Transfer(asio::error::operation_not_supported, 0);
    accepted_ = step.bytes;
  }
  const auto error = co_await send();
  if (error) co_return Transfer(error, 0);
  co_return Transfer(boost::system::error_code(), std::exchange(accepted_, 0));
}

// A peer that takes nothing more does not learn that the end was meant.
void TlsChannel::end_sending() {
  engine_.end_sending();
  boost::system::error_code error;
  for (auto rest = to_send(); !error && !rest.empty() && !is_sending_; rest = to_send()) {
    sent_ += socket_.write_some(asio::buffer(rest.data(), rest.size()), error);
  }
  socket_.shutdown(tcp::socket::shutdown_send, error);
}

}  // namespace

std::unique_ptr<Channel> tls_channel(tcp::socket socket, const TlsContext& context, const std::string& host) {
  return std::make_unique<TlsChannel>(std::move(socket), context, host);
}

}  // namespace gaugeline::stream
