// The daemon: accepts framed TCP connections (docs/protocol.md), puts their slices into a bounded queue, learns them
// one after another in a thread of its own, and acknowledges each one when its snapshot is on disk.
//
//   auto server = Server::open(options, callbacks);      // restores the state, and listens from here on
//   server->run();                                       // serves until stop(), or an error
//
// Memory: besides the learner, at most queue_slices + 1 decoded slices, and for each connection one frame that is
// coming in and one decoded slice that waits for room. A full queue stops the reading of sockets, and so, in the end,
// the sender.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/stream/frame.hpp>

namespace gaugeline::stream {

struct ServerOptions {
  std::filesystem::path data_directory;
  std::string listen_address =
      "127.0.0.1";                // numeric, IPv4 or IPv6; whoever can connect can write: there is no password
  std::uint16_t listen_port = 0;  // 0: the system picks one
  Options learner;
  std::size_t threads = 1;                                // workers of the learner; at least 1
  std::uint32_t lag = 0;                                  // as LearningRun::open has it
  std::size_t queue_slices = 4;                           // slices between network and learner; at least 1
  std::size_t max_frame_bytes = default_max_frame_bytes;  // of a slice's body; at most largest_max_frame_bytes
  std::size_t max_connections = 256;
  double handshake_seconds = 10;  // from connecting to the hello
  double stall_seconds = 60;      // without a byte in the middle of a frame, coming in or going out
};

// Any may be empty.
struct ServerCallbacks {
  // Listening; called once, from run's thread.
  std::function<void(std::uint16_t port)> ready = {};
  // From the learner's thread, before the acknowledgement is sent.
  std::function<void(const SliceReport&, double seconds)> learnt = {};
  // Connections and refusals, from run's thread.
  std::function<void(std::string_view line)> log = {};
};

class Server {
 public:
  // Errors: an option out of range, a data directory that cannot be used (see LearningRun), an address that cannot be
  // listened on.
  [[nodiscard]] static Expected<Server> open(const ServerOptions& options, ServerCallbacks callbacks);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  [[nodiscard]] std::uint16_t port() const noexcept;
  // Serves until stop(). Then: nothing more is accepted or taken in, the slice that is being learnt is finished, queued
  // ones are dropped (they are unacknowledged; their senders send them again), outstanding acknowledgements are
  // written, and connections are closed, within seconds. ErrorCode::io_error if a snapshot could not be written; the
  // clients are told. Call once.
  [[nodiscard]] Expected<> run();
  // Thread-safe, and may be called again, also before run().
  void stop();

 private:
  class Impl;
  friend Expected<> serve(const ServerOptions& options, const ServerCallbacks& callbacks);
  explicit Server(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// Opens a server and runs it until SIGTERM or SIGINT, which is a stop(). The second signal ends the process at once.
[[nodiscard]] Expected<> serve(const ServerOptions& options, const ServerCallbacks& callbacks);

}  // namespace gaugeline::stream
