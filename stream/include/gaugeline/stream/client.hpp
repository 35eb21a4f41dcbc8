// The sender's side of the framed TCP protocol (docs/protocol.md): streams slices or events, reconnects, and goes on
// after the last message that the daemon has (it says so in its greeting).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/frame.hpp>
#include <gaugeline/stream/messages.hpp>
#include <gaugeline/stream/tls.hpp>

namespace gaugeline::stream {

struct ClientOptions {
  std::string host = "127.0.0.1";  // a name or a numeric address
  std::string port;
  std::string source;             // names this stream of messages; sequence numbers count within it
  std::string token = {};         // for a daemon that asks for one (access.hpp); without TLS it travels in the clear
  double reconnect_seconds = 60;  // give up after so long without a connection; attempts are .1 to 5 s apart
  bool wait_until_learnt = true;  // and not only until all is acknowledged
  // If not null, the daemon must show a certificate for `host` that this side trusts. One that does not is not tried
  // again.
  std::shared_ptr<const TlsContext> tls = nullptr;
};

// After a reconnect, figures go back to what the daemon says that it has.
struct SendProgress {
  std::uint64_t sequence = 0;      // last message that is done with, from 1
  std::uint64_t acknowledged = 0;  // of those, taken and not refused (now or in an earlier run)
  std::uint64_t refused = 0;       // of those, refused by the daemon, or later by its learner
  EventsTaken events;              // what became of the events, all messages of this run together
};

// All are called from the thread that send_slices runs in; any may be empty.
struct SendCallbacks {
  std::function<void(const SendProgress&)> progress = {};
  std::function<void(std::uint64_t sequence, std::string_view reason)> refused = {};
  std::function<void(std::uint64_t sequence, const EventsTaken& taken)> refused_events = {};  // some of a message
  std::function<void(std::string_view line)> talk = {};  // connected, lost, trying again
};

struct ClientMessage {
  FrameType type = FrameType::slice;  // or events
  std::vector<std::byte> body;        // an encoded slice, or lines of events
};

// Gives the message of a sequence number (from 1, rising by one, but it may jump ahead at a start and go back after a
// reconnect); nullopt past the last one.
using MessageSource = std::function<Expected<std::optional<ClientMessage>>(std::uint64_t sequence)>;

// Returns when every message is acknowledged or refused, and every slice learnt. Blocks. Errors: invalid_argument (the
// source's name, the token); what `messages` gives; what the daemon says before it closes the connection (another
// protocol version, a token that may not write, no room, a disk that fails, ...); capacity_exceeded (a message larger
// than the daemon takes); io_error (no connection for too long).
[[nodiscard]] Expected<SendProgress> send_messages(const ClientOptions& options, const MessageSource& messages,
                                                   const SendCallbacks& callbacks);

}  // namespace gaugeline::stream
