#include "channel.hpp"

namespace gaugeline::stream {
namespace {

class PlainChannel final : public Channel {
 public:
  explicit PlainChannel(tcp::socket socket) : socket_(std::move(socket)), peer_(prepare(socket_)) {}

  asio::awaitable<boost::system::error_code> handshake() override { co_return boost::system::error_code(); }

  asio::awaitable<Transfer> read_some(std::span<std::byte> buffer) override {
    const auto [error, size] =
        co_await socket_.async_read_some(asio::buffer(buffer.data(), buffer.size()), with_error_code);
    co_return Transfer(error, size);
  }

  asio::awaitable<Transfer> write_some(std::span<const std::byte> bytes) override {
    const auto [error, size] =
        co_await socket_.async_write_some(asio::buffer(bytes.data(), bytes.size()), with_error_code);
    co_return Transfer(error, size);
  }

  void end_sending() override {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
  }
  void close() override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
  std::string peer() const override { return peer_; }
  asio::any_io_executor executor() override { return socket_.get_executor(); }

 private:
  tcp::socket socket_;
  std::string peer_;
};

}  // namespace

std::string prepare(tcp::socket& socket) {
  boost::system::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  return address_of(socket.remote_endpoint(ignored));
}

std::unique_ptr<Channel> plain_channel(tcp::socket socket) { return std::make_unique<PlainChannel>(std::move(socket)); }

}  // namespace gaugeline::stream
