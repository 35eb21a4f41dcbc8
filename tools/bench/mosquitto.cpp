#include "mosquitto.hpp"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace gaugeline::bench {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using namespace std::chrono_literals;

// One that nobody listens on: mosquitto cannot pick its own.
std::uint16_t free_port() {
  asio::io_context context;
  return tcp::acceptor(context, {asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

bool takes_connections(std::uint16_t port) {
  asio::io_context context;
  tcp::socket socket(context);
  boost::system::error_code error;
  socket.connect({asio::ip::address_v4::loopback(), port}, error);
  return !error;
}

// The store is written when the broker ends and every second; messages are not synced.
std::string configuration(std::uint16_t port, const std::filesystem::path& folder) {
  std::string text = "listener " + std::to_string(port) + " 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n";
  text += "persistence true\nautosave_interval 1\npersistence_location " + (folder / "").native() + "\n";
  // As root, it would become a user who cannot write there.
  if (::geteuid() == 0) text += "user root\n";
  return text + "log_dest file " + (folder / "log").native() + "\nlog_type error\nlog_type warning\n";
}

}  // namespace

std::optional<std::filesystem::path> find_mosquitto() {
  for (const char* const place : {"/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"}) {
    if (::access(place, X_OK) == 0) return place;
  }
  return std::nullopt;
}

Mosquitto::Mosquitto(const std::filesystem::path& program, const std::filesystem::path& folder) : port_(free_port()) {
  std::string path = program.native();
  std::string flag = "-c";
  std::string file = (folder / "mosquitto.conf").native();
  std::ofstream(file) << configuration(port_, folder);
  const std::array<char*, 4> arguments{path.data(), flag.data(), file.data(), nullptr};
  if (::posix_spawn(&process_, path.c_str(), nullptr, nullptr, arguments.data(), environ) != 0)
    throw std::runtime_error(path + " cannot be started");
  for (int attempt = 0; attempt < 500; ++attempt) {
    if (takes_connections(port_)) return;
    std::this_thread::sleep_for(10ms);
  }
  ::kill(process_, SIGKILL);
  ::waitpid(process_, nullptr, 0);
  throw std::runtime_error(path + " takes no connections: see " + (folder / "log").native());
}

Mosquitto::~Mosquitto() {
  ::kill(process_, SIGTERM);
  ::waitpid(process_, nullptr, 0);
}

}  // namespace gaugeline::bench
