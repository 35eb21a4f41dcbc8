// Debian's MQTT broker as a child process, with persistence, on the loopback interface.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>

namespace gaugeline::bench {

// Where the program lies; nullopt if it is not installed.
[[nodiscard]] std::optional<std::filesystem::path> find_mosquitto();

class Mosquitto {
 public:
  // Returns when it takes connections. Its configuration, log and store lie in `folder`.
  Mosquitto(const std::filesystem::path& program, const std::filesystem::path& folder);
  Mosquitto(const Mosquitto&) = delete;
  Mosquitto& operator=(const Mosquitto&) = delete;
  ~Mosquitto();  // ends it, and waits

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  std::uint16_t port_;
  pid_t process_ = -1;
};

}  // namespace gaugeline::bench
