#include "listener.hpp"

#include <utility>

namespace gaugeline::stream {
namespace {

using namespace std::chrono_literals;

// Accepting fails while the process has no file descriptor left; connections that end give some back.
constexpr auto accept_pause = 100ms;

}  // namespace

Expected<std::unique_ptr<Listener>> Listener::open(asio::io_context& context, const std::string& address,
                                                   std::uint16_t port) {
  boost::system::error_code error;
  const tcp::endpoint endpoint(asio::ip::make_address(address, error), port);
  if (error) return fail(ErrorCode::invalid_argument, "listen address ", address, " is not numeric");
  tcp::acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(ErrorCode::io_error, "cannot listen on ", address_of(endpoint), ": ", error.message());
  return std::unique_ptr<Listener>(new Listener(std::move(acceptor)));
}

Expected<std::unique_ptr<Listener>> Listener::adopt(asio::io_context& context, const ListeningSocket& socket) {
  boost::system::error_code error;
  tcp::acceptor acceptor(context);
  acceptor.assign(socket.family == AF_INET6 ? tcp::v6() : tcp::v4(), socket.descriptor, error);
  if (error) return fail(ErrorCode::io_error, "cannot take the service manager's socket: ", error.message());
  return std::unique_ptr<Listener>(new Listener(std::move(acceptor)));
}

std::uint16_t Listener::port() const {
  boost::system::error_code ignored;
  return acceptor_.local_endpoint(ignored).port();
}

void Listener::start(std::function<void(tcp::socket)> admit, std::function<void(std::string_view line)> log) {
  admit_ = std::move(admit);
  log_ = std::move(log);
  asio::co_spawn(acceptor_.get_executor(), accept_all(), asio::detached);
}

void Listener::stop() {
  stopping_ = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
}

asio::awaitable<void> Listener::accept_all() {
  asio::steady_timer pause(acceptor_.get_executor());
  while (!stopping_) {
    auto [error, socket] = co_await acceptor_.async_accept(with_error_code);
    if (stopping_) co_return;
    if (!error) {
      admit_(std::move(socket));
      continue;
    }
    log_("cannot accept: " + error.message());
    pause.expires_after(accept_pause);
    co_await pause.async_wait(with_error_code);
  }
}

}  // namespace gaugeline::stream
