#include "service_manager.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <map>

#include <formats/temporary_directory.hpp>

namespace gaugeline::stream {
namespace {

using namespace std::chrono_literals;
constexpr ::pid_t our_process = 4711;
using Variables = std::map<std::string, std::string>;

Environment holding(const Variables& variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Expected<ServiceManager> open(const Variables& variables) {
  return ServiceManager::open(holding(variables), our_process);
}

// The manager's end: a datagram socket with a path, or with an abstract name behind @.
class Listener {
 public:
  explicit Listener(const std::string& name) : descriptor_(::socket(AF_UNIX, SOCK_DGRAM, 0)) {
    const timeval patience{.tv_sec = 60, .tv_usec = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    REQUIRE(name.size() < sizeof address.sun_path);
    name.copy(address.sun_path, name.size());
    auto size = offsetof(sockaddr_un, sun_path) + name.size() + 1;
    if (name.front() == '@') {
      address.sun_path[0] = '\0';
      --size;
    }
    REQUIRE(::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) == 0);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  ~Listener() { ::close(descriptor_); }

  [[nodiscard]] std::string hear() const {
    std::array<char, 2048> buffer{};
    const auto size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    REQUIRE(size >= 0);
    return {buffer.data(), static_cast<std::size_t>(size)};
  }

 private:
  int descriptor_;
};

TEST_CASE("without a service manager nothing is told, and nothing fails") {
  const auto manager = open({}).value();
  CHECK(!manager.is_there());
  CHECK(!manager.alive_interval());
  CHECK(manager.tell_ready());
  CHECK(manager.tell_status("idle"));
}

TEST_CASE("what is told arrives, at a path and at an abstract name") {
  const test::TemporaryDirectory directory;
  for (const auto& name : {(directory / "notify").native(), "@gaugeline-test-" + std::to_string(::getpid())}) {
    const Listener listener(name);
    const auto manager = open({{"NOTIFY_SOCKET", name}}).value();
    CHECK(manager.is_there());
    CHECK(manager.tell_ready());
    CHECK(listener.hear() == "READY=1");
    CHECK(manager.tell_alive());
    CHECK(listener.hear() == "WATCHDOG=1");
    CHECK(manager.tell_reloading(std::chrono::steady_clock::time_point(1234567us)));
    CHECK(listener.hear() == "RELOADING=1\nMONOTONIC_USEC=1234567");
    CHECK(manager.tell_stopping());
    CHECK(listener.hear() == "STOPPING=1");
  }
}

TEST_CASE("a status is one line, and cannot say anything else") {
  const test::TemporaryDirectory directory;
  const auto name = (directory / "notify").native();
  const Listener listener(name);
  const auto manager = open({{"NOTIFY_SOCKET", name}}).value();
  CHECK(manager.tell_status("slice 7\nREADY=1"));
  CHECK(listener.hear() == "STATUS=slice 7 READY=1");
  CHECK(manager.tell_status(std::string(100'000, 'x')));
  CHECK(listener.hear() == "STATUS=" + std::string(500, 'x'));
}

TEST_CASE("a manager that is gone is an error that names its socket, not an end") {
  const test::TemporaryDirectory directory;
  const auto name = (directory / "notify").native();
  const auto told = open({{"NOTIFY_SOCKET", name}}).value().tell_ready();
  CHECK(told.error().code() == ErrorCode::io_error);
  CHECK(told.error().message() == "NOTIFY_SOCKET " + name + ": cannot be told: No such file or directory");
}

TEST_CASE("names that are no socket's are refused") {
  for (const auto& name : {std::string(), std::string("@"), std::string("relative/path"), std::string(108, '/')}) {
    CHECK(open({{"NOTIFY_SOCKET", name}}).error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("the watchdog is told twice as often as it asks, by the process that it watches") {
  CHECK(open({{"WATCHDOG_USEC", "30000000"}}).value().alive_interval() == 15s);
  CHECK(open({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "4711"}}).value().alive_interval() == 15s);
  CHECK(!open({{"WATCHDOG_USEC", "30000000"}, {"WATCHDOG_PID", "1"}}).value().alive_interval());
  for (const auto* wrong : {"", "0", "-5", "soon", "5s", "99999999999999999999"}) {
    CHECK(open({{"WATCHDOG_USEC", wrong}}).error().code() == ErrorCode::invalid_argument);
  }
}

// Sockets at descriptors that follow each other, as a service manager leaves them.
class Inheritance {
 public:
  void add(int family, int type, bool listens) {
    const int descriptor = ::socket(family, type, 0);
    REQUIRE(descriptor >= 0);
    if (listens) REQUIRE(::listen(descriptor, 1) == 0);  // at a port that the system picks
    const int place = first + static_cast<int>(count_++);
    REQUIRE(::dup2(descriptor, place) == place);
    ::close(descriptor);
  }
  ~Inheritance() {
    for (unsigned i = 0; i < count_; ++i) ::close(first + static_cast<int>(i));
  }
  [[nodiscard]] Expected<InheritedSockets> take(const std::string& names, const std::string& heir = "4711") const {
    return inherited_sockets(
        holding({{"LISTEN_PID", heir}, {"LISTEN_FDS", std::to_string(count_)}, {"LISTEN_FDNAMES", names}}), our_process,
        first);
  }

  static constexpr int first = 300;

 private:
  unsigned count_ = 0;
};

TEST_CASE("sockets are taken over by their names, in any order, and are not passed on") {
  Inheritance inheritance;
  inheritance.add(AF_INET, SOCK_STREAM, true);
  inheritance.add(AF_INET6, SOCK_STREAM, true);
  const auto sockets = inheritance.take("http:listen").value();
  CHECK(sockets.http.value().descriptor == Inheritance::first);
  CHECK(sockets.http.value().family == AF_INET);
  CHECK(sockets.listen.value().descriptor == Inheritance::first + 1);
  CHECK(sockets.listen.value().family == AF_INET6);
  CHECK((::fcntl(Inheritance::first, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("sockets that are for another process, or none, are left alone") {
  Inheritance inheritance;
  inheritance.add(AF_INET, SOCK_STREAM, true);
  CHECK(!inheritance.take("listen", "1").value().listen);
  const auto none = inherited_sockets(holding({}), our_process).value();
  CHECK(!none.listen);
  CHECK(!none.http);
}

TEST_CASE("sockets that cannot be used are refused with what to do") {
  Inheritance inheritance;
  SUBCASE("a socket that does not listen") {
    inheritance.add(AF_INET, SOCK_STREAM, false);
    CHECK(inheritance.take("listen").error().message() ==
          "descriptor 300 from the service manager is no TCP socket that listens; use ListenStream=ADDRESS:PORT, "
          "Accept=no");
  }
  SUBCASE("datagrams") {
    inheritance.add(AF_INET, SOCK_DGRAM, false);
    CHECK(!inheritance.take("listen"));
  }
  SUBCASE("a local socket") {
    inheritance.add(AF_UNIX, SOCK_STREAM, false);
    CHECK(!inheritance.take("listen"));
  }
  SUBCASE("no descriptor at all") {
    CHECK(!inherited_sockets(holding({{"LISTEN_PID", "4711"}, {"LISTEN_FDS", "1"}, {"LISTEN_FDNAMES", "listen"}}),
                             our_process, 300));
  }
}

TEST_CASE("names that mean nothing are refused") {
  Inheritance inheritance;
  inheritance.add(AF_INET, SOCK_STREAM, true);
  inheritance.add(AF_INET, SOCK_STREAM, true);
  for (const auto* names : {"", "listen", "listen:listen", "listen:http:", "listen:gaugeline.socket"}) {
    CHECK(inheritance.take(names).error().code() == ErrorCode::invalid_argument);
  }
}

}  // namespace
}  // namespace gaugeline::stream
