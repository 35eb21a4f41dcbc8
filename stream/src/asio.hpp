// What the network code takes from Boost.Asio, and the two small things that it adds.
#pragma once

#include <chrono>
#include <exception>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gaugeline/error.hpp>

namespace gaugeline::stream {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

// Completion token: co_await gives [error_code, results...] instead of throwing.
inline constexpr auto with_error_code = asio::as_tuple(asio::use_awaitable);

// Lets coroutines of one thread wait until a condition may have changed: while (!condition) co_await wakeup.wait();
class Wakeup {
 public:
  explicit Wakeup(const asio::any_io_executor& executor) : never_(executor, Clock::time_point::max()) {}
  void notify_all() { never_.cancel(); }
  asio::awaitable<void> wait() { co_await never_.async_wait(with_error_code); }

 private:
  asio::steady_timer never_;
};

// Exceptions of Asio (a coroutine that is cancelled ends by one) and of the allocator, as values.
inline asio::awaitable<Expected<>> contained(asio::awaitable<Expected<>> work) {
  try {
    co_return co_await std::move(work);
  } catch (const std::bad_alloc&) {
    co_return fail(ErrorCode::out_of_memory, "out of memory");
  } catch (const std::exception& exception) {
    co_return fail(ErrorCode::io_error, exception.what());
  }
}

inline std::string address_of(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address().to_string();
  const auto port = std::to_string(endpoint.port());
  return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

}  // namespace gaugeline::stream
