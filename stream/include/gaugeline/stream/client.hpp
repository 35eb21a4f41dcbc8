// The sender's side of the framed TCP protocol: streams slices, reconnects, and goes on after the last slice that the
// daemon has (it says so in its greeting).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

struct ClientOptions {
  std::string host = "127.0.0.1";
  std::string port;
  std::string source;                 // names this stream of messages; sequence numbers count within it
  double reconnect_seconds = 60;      // give up after so long without a connection
  std::size_t max_frame_bytes = std::size_t{256} << 20U;
};

struct SendProgress {
  std::uint64_t sequence = 0;        // last message that is done with, from 1
  std::uint64_t acknowledged = 0;    // of those, learnt (now or in an earlier run)
  std::uint64_t refused = 0;         // of those, refused by the daemon
};

struct SendCallbacks {
  std::function<void(const SendProgress&)> progress;
  std::function<void(std::uint64_t sequence, std::string_view reason)> refused;
  std::function<void(std::string_view line)> talk;  // connected, lost, trying again
};

// Gives the encoded slice of a sequence number (from 1, rising by one, but it may jump ahead at a start and go back
// after a reconnect); nullopt past the last one.
using SliceSource = std::function<Expected<std::optional<std::vector<std::byte>>>(std::uint64_t sequence)>;

// Returns when every slice is acknowledged or refused.
[[nodiscard]] Expected<SendProgress> send_slices(const ClientOptions& options, const SliceSource& slices,
                                                 const SendCallbacks& callbacks);

}  // namespace gaugeline::stream
