// Many clients, each of which sends a small message, waits until it is acknowledged, and sends the next: over the
// framed protocol, and as an MQTT 3.1.1 publisher at QoS 1. Both run in one thread, on the same sockets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace gaugeline::bench {

struct SyncedMessages {
  std::size_t clients = 64;
  std::chrono::duration<double> warm_up{1};
  std::chrono::duration<double> counted{5};
  std::string message;  // a line of NDJSON; MQTT carries the same bytes
};

// Messages per second that were acknowledged.
[[nodiscard]] double framed_messages_per_second(std::uint16_t port, const SyncedMessages& load);
[[nodiscard]] double mqtt_messages_per_second(std::uint16_t port, const SyncedMessages& load);

}  // namespace gaugeline::bench
