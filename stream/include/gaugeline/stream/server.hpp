// The daemon: accepts framed TCP connections (docs/protocol.md), records their slices and events in a journal,
// acknowledges them, counts events into windows of event time (Intake), and learns one slice after another. Network,
// recording and learning have a thread each.
//
//   auto server = Server::open(options, callbacks);      // restores the state, and listens from here on
//   server->run();                                       // serves until stop(), or an error
//
// Memory: besides the learner, the open windows of events (IntakeOptions::max_open_bytes), queue_bytes of messages that
// wait to be recorded, at most queue_slices + 2 slices that wait for the learner, and of the messages that are coming
// in or wait for room 128 KiB each, and body_bytes beyond that of all together: one that does not fit is refused for
// now. Full queues stop the reading of sockets, and so, in the end, the senders.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/stream/access.hpp>
#include <gaugeline/stream/durability.hpp>
#include <gaugeline/stream/frame.hpp>
#include <gaugeline/stream/intake.hpp>
#include <gaugeline/stream/tls.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::stream {

struct HttpEndpoint {
  std::string address = "127.0.0.1";  // numeric, IPv4 or IPv6
  std::uint16_t port = 0;             // 0: the system picks one
};

[[nodiscard]] inline Time system_time() {
  return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

struct ServerOptions {
  std::filesystem::path data_directory;
  std::string listen_address = "127.0.0.1";            // numeric, IPv4 or IPv6
  std::uint16_t listen_port = 0;                       // 0: the system picks one
  std::optional<HttpEndpoint> http;                    // without: framed TCP only
  std::vector<std::string> http_hosts = {};            // under which HTTP may be asked, besides addresses and localhost
  std::shared_ptr<const TlsContext> tls = nullptr;     // null: without
  std::shared_ptr<const AccessList> access = nullptr;  // null: whoever can connect can write
  Options learner;
  std::size_t threads = 1;  // workers of the learner; at least 1
  std::uint32_t lag = 0;    // as LearningRun::open has it
  Durability durability = Durability::message;
  IntakeOptions intake;                              // event time
  double idle_seconds = 60;                          // without an event, a source holds no window open; 0: always
  double max_ahead_seconds = 86400;                  // how far ahead of the clock an event may lie; 0: no bound
  std::function<Time()> clock = system_time;         // for tests: one that stands still
  std::size_t queue_slices = 4;                      // slices between recorder and learner; at least 1
  std::size_t queue_bytes = std::size_t{64} << 20U;  // of messages that wait to be recorded
  std::uint64_t checkpoint_bytes = std::uint64_t{256} << 20U;  // of the journal, between two checkpoints at most
  std::size_t journal_segment_bytes = std::size_t{64} << 20U;
  std::size_t max_frame_bytes = default_max_frame_bytes;  // of a slice's body; at most largest_max_frame_bytes
  std::size_t body_bytes = std::size_t{1} << 30U;         // of all messages that come in; at least max_frame_bytes
  std::size_t max_connections = 256;                      // of each protocol
  std::size_t max_event_bytes = std::size_t{16} << 20U;   // of one HTTP request; at most max_frame_bytes
  double handshake_seconds = 10;                          // from connecting to the hello
  std::uint64_t keep_snapshots = 0;                       // the last so many, older ones are removed; 0: all
  // In the middle of a message: without a byte going out, or with less than 256 KiB of it, or its rest, coming in.
  double stall_seconds = 60;
};

struct ServerPorts {
  std::uint16_t listen = 0;
  std::optional<std::uint16_t> http;
};

// Any may be empty.
struct ServerCallbacks {
  // Listening, and the journal is replayed; called once, from run's thread.
  std::function<void(const ServerPorts& ports)> ready = {};
  // From the learner's thread.
  std::function<void(const SliceReport&, double seconds)> learnt = {};
  // Connections and refusals, from run's thread. Where there are many in a short time, some are only counted.
  std::function<void(std::string_view line)> log = {};
  // Certificates and the like are to be read again (SIGHUP); from run's thread.
  std::function<void()> reload = {};
};

class Server {
 public:
  // Names an option that is out of range.
  [[nodiscard]] static Expected<> validate(const ServerOptions& options);
  // Errors: as validate(), a data directory that cannot be used (see LearningRun and docs/operations.md), an address
  // that cannot be listened on.
  [[nodiscard]] static Expected<Server> open(const ServerOptions& options, ServerCallbacks callbacks);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  [[nodiscard]] ServerPorts ports() const noexcept;
  // Serves until stop(). Then: nothing more is accepted or taken in, the slice that is being learnt is finished, what
  // waits is left to the journal (Durability::none: is finished too), outstanding acknowledgements are written, and
  // connections are closed, within seconds. ErrorCode::io_error if something could not be written; the clients are
  // told. A full disk is no error: it waits. Call once.
  [[nodiscard]] Expected<> run();
  // Thread-safe, and may be called again, also before run().
  void stop();
  // Makes a checkpoint of all that is recorded, so that a restart has less to replay. Thread-safe.
  void make_checkpoint();

 private:
  class Impl;
  friend Expected<> serve(const ServerOptions& options, const ServerCallbacks& callbacks);
  explicit Server(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// Opens a server and runs it until SIGTERM or SIGINT, which is a stop(). The second signal ends the process at once.
// SIGUSR1 makes a checkpoint, SIGHUP reloads. Takes the sockets that the service manager hands over in the place of
// those in the options (systemd's socket activation: `listen`, `http`), and tells it when it is ready, that it is
// alive, and when it stops (sd_notify).
[[nodiscard]] Expected<> serve(const ServerOptions& options, const ServerCallbacks& callbacks);

}  // namespace gaugeline::stream
