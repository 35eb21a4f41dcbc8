// What a daemon and its service manager tell each other: systemd's protocol, sd_notify(3) and sd_listen_fds(3), which
// is a few environment variables and datagrams, so that no library is needed.
//
// The environment is passed in. Without a service manager everything below does nothing and succeeds. Thread-safe
// except for moves.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

// The value of a variable; nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(const char* name)>;

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Errors: invalid_argument (a value that means nothing),
  // io_error (no socket to be had).
  [[nodiscard]] static Expected<ServiceManager> open(const Environment& environment, ::pid_t process);

  // Each may fail with io_error (nobody takes it), which is worth a line in the log and no more.
  [[nodiscard]] Expected<> tell_ready() const;
  // Ends with tell_ready(). `now` orders it before or after the manager's request.
  [[nodiscard]] Expected<> tell_reloading(std::chrono::steady_clock::time_point now) const;
  [[nodiscard]] Expected<> tell_stopping() const;
  [[nodiscard]] Expected<> tell_alive() const;
  // One line for people; control characters are shown as spaces.
  [[nodiscard]] Expected<> tell_status(std::string_view status) const;

  // How often tell_alive() is due: half the time after which the manager takes a silent daemon for hung. nullopt:
  // never.
  [[nodiscard]] std::optional<std::chrono::microseconds> alive_interval() const noexcept { return alive_interval_; }
  [[nodiscard]] bool is_there() const noexcept { return socket_ != nullptr; }

 private:
  ServiceManager() = default;
  [[nodiscard]] Expected<> tell(std::string_view state) const;

  struct Socket;
  std::shared_ptr<const Socket> socket_;  // null: nobody listens
  std::optional<std::chrono::microseconds> alive_interval_;
};

// A listening TCP socket that the service manager has opened; whoever takes it closes it.
struct ListeningSocket {
  int descriptor = -1;
  int family = 0;  // AF_INET or AF_INET6
};

struct InheritedSockets {
  std::optional<ListeningSocket> listen;
  std::optional<ListeningSocket> http;
};

// Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, which names each socket `listen` or `http` (FileDescriptorName= in
// the socket unit). Errors: invalid_argument (a variable that means nothing, another name or the same twice, a
// descriptor that is no listening TCP socket).
[[nodiscard]] Expected<InheritedSockets> inherited_sockets(const Environment& environment, ::pid_t process,
                                                           int first_descriptor = 3);

}  // namespace gaugeline::stream
