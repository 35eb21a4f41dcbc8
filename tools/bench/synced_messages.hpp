// Many clients, each of which sends small messages and has so many unacknowledged at a time: over the framed protocol,
// and as an MQTT 3.1.1 publisher at QoS 1. Both run in one thread, in the same way: what may be sent goes out in one
// write.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace gaugeline::bench {

struct SyncedMessages {
  std::size_t clients = 64;
  std::size_t unacknowledged = 1;  // of each; at least 1
  std::chrono::duration<double> warm_up{1};
  std::chrono::duration<double> counted{5};
  std::string message;  // a line of NDJSON; MQTT carries the same bytes
};

// Messages per second that were acknowledged.
[[nodiscard]] double framed_messages_per_second(std::uint16_t port, const SyncedMessages& load);
[[nodiscard]] double mqtt_messages_per_second(std::uint16_t port, const SyncedMessages& load);

}  // namespace gaugeline::bench
