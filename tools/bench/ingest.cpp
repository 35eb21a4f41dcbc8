// What the daemon takes in over loopback, beside what the same machine does in the same run:
//
//   slices    one sender's burst of framed slices until all are acknowledged, beside a plain sink that only counts the
//             bytes of the same sender, and beside the disk alone (write and fdatasync of the same bytes). Learning
//             goes on meanwhile, in a thread of its own, and is not waited for.
//   events    many clients that send events one by one, beside mosquitto (apt-get install mosquitto) at QoS 1. They
//             wait for the acknowledgement of each before they send the next, or have up to 20 unacknowledged, which is
//             what mosquitto's own clients do (max_inflight_messages). It acknowledges from memory: with persistence
//             it writes its store every second and syncs no message. Nobody subscribes: it is as fast as it can be.
//
//   bench_ingest --rounds 3
//
// The daemon and the clients run in this process, mosquitto in one of its own. A round runs all by turns; the ratios
// are the medians of the rounds' ratios. What bounds: with --durability message one sync a group commit, so that so
// many clients cannot have more messages a second than they are many times the disk's syncs; slices, the copies on
// their way and the processors, of which the learner has one to itself as long as there is something to learn.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/stream/server.hpp>

#include "framed_slices.hpp"
#include "mosquitto.hpp"
#include "scratch_folder.hpp"
#include "synced_messages.hpp"

using namespace gaugeline;
using namespace gaugeline::bench;
using stream::Durability;

namespace {

struct Arguments {
  std::string part = "both";
  std::filesystem::path folder = std::filesystem::temp_directory_path();
  int rounds = 3;
  std::size_t slices = 48;
  std::size_t slice_bytes = std::size_t{4} << 20U;
  std::size_t clients = 64;
  std::vector<std::size_t> unacknowledged{1, 20};
  double seconds = 5;
};

// A daemon in this process, with a fresh data directory.
class Daemon {
 public:
  Daemon(const std::filesystem::path& folder, Durability durability)
      : data_(folder), server_(open(data_.path(), durability)), thread_([this] { run(); }) {}
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  ~Daemon() { server_.stop(); }
  [[nodiscard]] std::uint16_t port() const { return server_.ports().listen; }

 private:
  static stream::Server open(const std::filesystem::path& data, Durability durability) {
    stream::ServerOptions options;
    options.data_directory = data;
    options.learner = Options::skipgram();
    options.learner.dimension = 4;
    options.learner.first_slice_sweeps = options.learner.sweeps = options.learner.pass_sweeps = 1;
    options.learner.passes = 0;
    options.learner.negative_head = options.learner.negative_tail = 16;
    options.learner.item_capacity = options.learner.context_capacity = options.learner.slice_token_capacity =
        burst_tokens + 100;
    options.learner.observation_capacity = 1U << 23U;
    options.queue_slices = 256;
    options.durability = durability;
    return stream::Server::open(options, {}).value();
  }
  void run() {
    if (const auto outcome = server_.run(); !outcome)
      std::fprintf(stderr, "the daemon: %s\n", std::string(outcome.error().message()).c_str());
  }

  ScratchFolder data_;
  stream::Server server_;
  std::jthread thread_;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void print(const char* what, double figure, const char* unit, const std::vector<double>& ratios, const char* of) {
  std::printf("  %-32s %10.0f %s", what, figure, unit);
  if (!ratios.empty()) std::printf("   %5.1f %% of %s", 100 * median(ratios), of);
  std::printf("\n");
  std::fflush(stdout);
}

void measure_slices(const Arguments& arguments) {
  constexpr double megabyte = 1e6;
  const Burst burst = make_burst(arguments.slices, arguments.slice_bytes);
  std::printf("framed slices: %zu of %.1f MB, from one sender\n", burst.count,
              static_cast<double>(burst.slices.size() / burst.count) / megabyte);
  constexpr std::array kinds{Durability::message, Durability::slice, Durability::none};
  std::vector<double> sink, disk, disk_ratios;
  std::array<std::vector<double>, kinds.size()> rates, ratios;
  for (int round = 0; round < arguments.rounds; ++round) {
    sink.push_back(sink_bytes_per_second(burst));
    const ScratchFolder folder(arguments.folder);
    disk.push_back(disk_bytes_per_second(folder.path(), burst));
    disk_ratios.push_back(disk.back() / sink.back());
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      const Daemon daemon(arguments.folder, kinds[kind]);
      rates[kind].push_back(daemon_bytes_per_second(daemon.port(), burst));
      ratios[kind].push_back(rates[kind].back() / sink.back());
    }
  }
  print("sink that counts bytes", median(sink) / megabyte, "MB/s", {}, "");
  print("disk alone, synced", median(disk) / megabyte, "MB/s", disk_ratios, "the sink");
  for (std::size_t kind = 0; kind < kinds.size(); ++kind)
    print(("daemon, --durability " + std::string(name(kinds[kind]))).c_str(), median(rates[kind]) / megabyte, "MB/s",
          ratios[kind], "the sink");
}

// The most that a daemon could acknowledge if every client's message shared each sync.
double syncs_per_second(const std::filesystem::path& folder, const std::string& bytes) {
  const auto file = formats::system_files().create(folder / "syncs").value();
  const auto begin = std::chrono::steady_clock::now();
  constexpr int syncs = 200;
  for (int n = 0; n < syncs; ++n) {
    if (!file->append(std::as_bytes(std::span(bytes))) || !file->sync()) return 0;
  }
  return syncs / std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void measure_events(const Arguments& arguments, std::size_t unacknowledged) {
  SyncedMessages load;
  load.clients = arguments.clients;
  load.unacknowledged = unacknowledged;
  load.counted = std::chrono::duration<double>(arguments.seconds);
  load.message = R"({"time": 1167609600, "tokens": ["login", "open", "read", "logout"]})";
  std::printf("single events: %zu clients, %zu bytes each, %zu of a client unacknowledged at a time\n", load.clients,
              load.message.size(), load.unacknowledged);
  const auto program = find_mosquitto();
  if (!program) std::puts("  mosquitto is not installed, so there is nothing to compare with");
  constexpr std::array kinds{Durability::message, Durability::slice};
  std::vector<double> syncs, broker;
  std::array<std::vector<double>, kinds.size()> rates, ratios;
  for (int round = 0; round < arguments.rounds; ++round) {
    const ScratchFolder folder(arguments.folder);
    syncs.push_back(syncs_per_second(folder.path(), load.message));
    if (program) {
      const Mosquitto mosquitto(*program, folder.path());
      broker.push_back(mqtt_messages_per_second(mosquitto.port(), load));
    }
    for (std::size_t kind = 0; kind < kinds.size(); ++kind) {
      const Daemon daemon(arguments.folder, kinds[kind]);
      rates[kind].push_back(framed_messages_per_second(daemon.port(), load));
      if (program) ratios[kind].push_back(rates[kind].back() / broker.back());
    }
  }
  print("disk alone, syncs", median(syncs), "a second", {}, "");
  if (program) print("mosquitto, QoS 1, not synced", median(broker), "messages/s", {}, "");
  for (std::size_t kind = 0; kind < kinds.size(); ++kind)
    print(("daemon, --durability " + std::string(name(kinds[kind]))).c_str(), median(rates[kind]), "messages/s",
          ratios[kind], "mosquitto");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app{"What the daemon takes in, beside a plain sink and mosquitto"};
  app.add_option("part", arguments.part, "slices, events or both")
      ->check(CLI::IsMember({"slices", "events", "both"}))
      ->capture_default_str();
  app.add_option("--folder", arguments.folder, "Where the data directories lie: on the disk that is meant")
      ->capture_default_str();
  app.add_option("--rounds", arguments.rounds, "Rounds")->check(CLI::Range(1, 100))->capture_default_str();
  app.add_option("--slices", arguments.slices, "Slices of a burst")->check(CLI::Range(1, 64))->capture_default_str();
  app.add_option("--slice-bytes", arguments.slice_bytes, "Bytes of a slice, about")
      ->check(CLI::Range(std::size_t{1} << 10U, std::size_t{1} << 24U))
      ->capture_default_str();
  app.add_option("--clients", arguments.clients, "Clients that send events")
      ->check(CLI::Range(1, 200))
      ->capture_default_str();
  app.add_option("--unacknowledged", arguments.unacknowledged, "Events that a client has unacknowledged at a time")
      ->delimiter(',')
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--seconds", arguments.seconds, "Seconds of each measurement of events")
      ->check(CLI::Range(.1, 600.))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    if (arguments.part != "events") measure_slices(arguments);
    if (arguments.part != "slices") {
      for (const std::size_t count : arguments.unacknowledged) measure_events(arguments, count);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_ingest: %s\n", error.what());
    return 1;
  }
  return 0;
}
