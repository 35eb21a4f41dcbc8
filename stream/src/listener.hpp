// A listening socket, and the loop that accepts from it. Lives in the network's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "asio.hpp"
#include "service_manager.hpp"

namespace gaugeline::stream {

class Listener {
 public:
  // `address` is numeric. Errors: invalid_argument (it is not), io_error.
  [[nodiscard]] static Expected<std::unique_ptr<Listener>> open(asio::io_context& context, const std::string& address,
                                                                std::uint16_t port);
  // One that the service manager has opened.
  [[nodiscard]] static Expected<std::unique_ptr<Listener>> adopt(asio::io_context& context,
                                                                 const ListeningSocket& socket);
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Until stop(); connections wait before that. The listener must live as long as the context runs.
  void start(std::function<void(tcp::socket)> admit, std::function<void(std::string_view line)> log);
  void stop();

 private:
  explicit Listener(tcp::acceptor acceptor) : acceptor_(std::move(acceptor)) {}
  [[nodiscard]] asio::awaitable<void> accept_all();

  tcp::acceptor acceptor_;
  std::function<void(tcp::socket)> admit_;
  std::function<void(std::string_view line)> log_;
  bool stopping_ = false;
};

}  // namespace gaugeline::stream
