// The sender's side of the framed TCP protocol (docs/protocol.md): streams slices, reconnects, and goes on after the
// last slice that the daemon has (it says so in its greeting).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

struct ClientOptions {
  std::string host = "127.0.0.1";  // a name or a numeric address
  std::string port;
  std::string source;             // names this stream of messages; sequence numbers count within it
  double reconnect_seconds = 60;  // give up after so long without a connection; attempts are .1 to 5 s apart
};

// After a reconnect, figures go back to what the daemon says that it has.
struct SendProgress {
  std::uint64_t sequence = 0;      // last message that is done with, from 1
  std::uint64_t acknowledged = 0;  // of those, learnt (now or in an earlier run)
  std::uint64_t refused = 0;       // of those, refused by the daemon
};

// All are called from the thread that send_slices runs in; any may be empty.
struct SendCallbacks {
  std::function<void(const SendProgress&)> progress = {};
  std::function<void(std::uint64_t sequence, std::string_view reason)> refused = {};
  std::function<void(std::string_view line)> talk = {};  // connected, lost, trying again
};

// Gives the encoded slice of a sequence number (from 1, rising by one, but it may jump ahead at a start and go back
// after a reconnect); nullopt past the last one.
using SliceSource = std::function<Expected<std::optional<std::vector<std::byte>>>(std::uint64_t sequence)>;

// Returns when every slice is acknowledged or refused. Blocks. Errors: invalid_argument (the source's name); what
// `slices` gives; what the daemon says before it closes the connection (another protocol version, no room, a disk that
// is full, ...); capacity_exceeded (a slice larger than the daemon takes); io_error (no connection for too long).
[[nodiscard]] Expected<SendProgress> send_slices(const ClientOptions& options, const SliceSource& slices,
                                                 const SendCallbacks& callbacks);

}  // namespace gaugeline::stream
