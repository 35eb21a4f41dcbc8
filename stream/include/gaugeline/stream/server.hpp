// The daemon: accepts framed TCP connections, puts their slices into a bounded queue, learns them one after another in
// a thread of its own, and acknowledges each one when its snapshot is on disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

namespace gaugeline::stream {

struct ServerOptions {
  std::filesystem::path data_directory;
  std::string listen_address = "127.0.0.1";
  std::uint16_t listen_port = 0;     // 0: the system picks one
  Options learner;
  std::size_t threads = 1;           // workers of the learner
  std::size_t queue_slices = 4;      // slices between network and learner; a full queue stops the reading of sockets
  std::size_t max_frame_bytes = std::size_t{256} << 20U;
  std::size_t max_connections = 256;
};

struct ServerCallbacks {
  std::function<void(std::uint16_t port)> ready;                  // listening; called once, from run's thread
  std::function<void(const SliceReport&, double seconds)> learnt;  // from the learner's thread
  std::function<void(std::string_view line)> log;                  // connections, refusals; any thread
};

// Runs until SIGTERM or SIGINT, or until an error that it cannot go on from. On a signal it stops reading, lets the
// slice that is being learnt finish, writes the outstanding acknowledgements, and returns.
[[nodiscard]] Expected<> serve(const ServerOptions& options, const ServerCallbacks& callbacks);

}  // namespace gaugeline::stream
