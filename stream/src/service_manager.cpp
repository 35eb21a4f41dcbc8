#include "service_manager.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>
#include <utility>
#include <vector>

namespace gaugeline::stream {
namespace {

constexpr std::size_t most_status_bytes = 500;

// The number in a variable; nullopt if it is not set.
Expected<std::optional<std::int64_t>> number_in(const Environment& environment, const char* name) {
  const auto text = environment(name);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{} || end != text->data() + text->size() || number < 1) {
    return fail(ErrorCode::invalid_argument, name, " is '", *text, "'; it must be a number from 1");
  }
  return number;
}

Expected<std::optional<std::chrono::microseconds>> alive_interval_in(const Environment& environment, ::pid_t process) {
  const auto limit = number_in(environment, "WATCHDOG_USEC");
  if (!limit) return std::unexpected(limit.error());
  const auto watched = number_in(environment, "WATCHDOG_PID");
  if (!watched) return std::unexpected(watched.error());
  if (!*limit || (*watched && **watched != process)) return std::nullopt;
  return std::chrono::microseconds(std::max<std::int64_t>(**limit / 2, 1));
}

std::unexpected<Error> failed(std::string_view what, std::string_view where) {
  const int number = errno;
  return fail(ErrorCode::io_error, "NOTIFY_SOCKET ", where, ": ", what, ": ", std::generic_category().message(number));
}

}  // namespace

struct ServiceManager::Socket {
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (descriptor >= 0) ::close(descriptor);
  }

  std::string name;
  int descriptor = -1;
  sockaddr_un address{};
  socklen_t address_size = 0;
};

Expected<ServiceManager> ServiceManager::open(const Environment& environment, ::pid_t process) {
  ServiceManager manager;
  const auto interval = alive_interval_in(environment, process);
  if (!interval) return std::unexpected(interval.error());
  manager.alive_interval_ = *interval;
  const auto name = environment("NOTIFY_SOCKET");
  if (!name) return manager;

  auto socket = std::make_shared<Socket>();
  socket->name = *name;
  auto& address = socket->address;
  if (name->size() < 2 || name->size() >= sizeof address.sun_path || (name->front() != '/' && name->front() != '@')) {
    return fail(ErrorCode::invalid_argument, "NOTIFY_SOCKET is '", *name,
                "'; it must be a path from / or a name behind @, of at most ", sizeof address.sun_path - 1, " bytes");
  }
  address.sun_family = AF_UNIX;
  std::ranges::copy(*name, std::begin(address.sun_path));
  // An abstract name begins with a zero instead of the @, and ends where the address ends; a path ends with a zero.
  const bool is_abstract = name->front() == '@';
  if (is_abstract) address.sun_path[0] = '\0';
  socket->address_size =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name->size() + (is_abstract ? 0U : 1U));
  socket->descriptor = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket->descriptor < 0) return failed("no socket", *name);
  manager.socket_ = std::move(socket);
  return manager;
}

Expected<> ServiceManager::tell(std::string_view state) const {
  if (!socket_) return {};
  const auto sent = ::sendto(socket_->descriptor, state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&socket_->address), socket_->address_size);
  if (sent < 0) return failed("cannot be told", socket_->name);
  return {};
}

Expected<> ServiceManager::tell_ready() const { return tell("READY=1"); }
Expected<> ServiceManager::tell_stopping() const { return tell("STOPPING=1"); }
Expected<> ServiceManager::tell_alive() const { return tell("WATCHDOG=1"); }

// The steady clock is CLOCK_MONOTONIC, which the manager compares with.
Expected<> ServiceManager::tell_reloading(std::chrono::steady_clock::time_point now) const {
  const auto elapsed = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
  return tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(elapsed.count()));
}

// A line break would begin another variable.
Expected<> ServiceManager::tell_status(std::string_view status) const {
  std::string state("STATUS=");
  state.append(status.substr(0, most_status_bytes));
  std::ranges::replace_if(state, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return tell(state);
}

namespace {

std::vector<std::string_view> split_at_colons(std::string_view text) {
  std::vector<std::string_view> parts;
  for (auto colon = text.find(':'); colon != std::string_view::npos; colon = text.find(':')) {
    parts.push_back(text.substr(0, colon));
    text.remove_prefix(colon + 1);
  }
  parts.push_back(text);
  return parts;
}

std::optional<int> socket_option(int descriptor, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (::getsockopt(descriptor, SOL_SOCKET, option, &value, &size) != 0) return std::nullopt;
  return value;
}

Expected<ListeningSocket> listening_socket(int descriptor) {
  const auto family = socket_option(descriptor, SO_DOMAIN).value_or(AF_UNSPEC);
  if ((family != AF_INET && family != AF_INET6) || socket_option(descriptor, SO_TYPE) != SOCK_STREAM ||
      socket_option(descriptor, SO_ACCEPTCONN) != 1) {
    return fail(ErrorCode::invalid_argument, "descriptor ", descriptor,
                " from the service manager is no TCP socket that listens; use ListenStream=ADDRESS:PORT, Accept=no");
  }
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);  // programs that we start must not hold the port
  return ListeningSocket{.descriptor = descriptor, .family = family};
}

}  // namespace

Expected<InheritedSockets> inherited_sockets(const Environment& environment, ::pid_t process, int first_descriptor) {
  const auto heir = number_in(environment, "LISTEN_PID");
  if (!heir) return std::unexpected(heir.error());
  const auto count = number_in(environment, "LISTEN_FDS");
  if (!count) return std::unexpected(count.error());
  InheritedSockets sockets;
  if (!*heir || **heir != process || !*count) return sockets;

  const auto all_names = environment("LISTEN_FDNAMES").value_or("");
  const auto names = split_at_colons(all_names);
  if (std::cmp_not_equal(names.size(), **count)) {
    return fail(ErrorCode::invalid_argument, "LISTEN_FDNAMES '", all_names, "' has ", names.size(), " names for ",
                **count, " sockets");
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto* const place = names[i] == "listen" ? &sockets.listen : names[i] == "http" ? &sockets.http : nullptr;
    if (place == nullptr || *place) {
      return fail(ErrorCode::invalid_argument, "LISTEN_FDNAMES '", all_names,
                  "': there is one socket 'listen' and one 'http'; set FileDescriptorName= in the socket unit");
    }
    const auto socket = listening_socket(first_descriptor + static_cast<int>(i));
    if (!socket) return std::unexpected(socket.error());
    *place = *socket;
  }
  return sockets;
}

}  // namespace gaugeline::stream
