// A daemon whose disk stops after every single operation of a slice end, and loses what was not synced.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "simulated_daemon.hpp"
#include "small_stream.hpp"

namespace gaugeline::stream {
namespace {

std::string tokens_event(int minute, const std::string& tokens) {
  return "{\"time\": " + std::to_string(60 * minute) + ", \"tokens\": [" + tokens + "]}\n";
}

// Two slices and the beginning of a third, some events late.
std::vector<SentMessage> stream_of_events() {
  std::vector<SentMessage> messages;
  const std::vector<std::string> words{R"("sea", "ship", "sail")", R"("rail", "train", "sea")", R"("ship", "sea")"};
  for (int i = 0; i < 9; ++i) {
    std::string body = tokens_event(20 * i, words[static_cast<std::size_t>(i) % 3]);
    if (i == 7) body += tokens_event(5, R"("late", "sea")");
    messages.push_back({.source = "here", .sequence = static_cast<std::uint64_t>(i) + 1, .body = std::move(body)});
  }
  return messages;
}

// Gives the messages one by one, learns what they give, and goes on after a crash from where the daemon says it stands.
// False if the disk stopped.
bool run_to_the_end(SimulatedDaemon& daemon, History& history, std::uint64_t& acknowledged) {
  for (const SentMessage& message : stream_of_events()) {
    if (message.sequence <= daemon.position("here")) continue;
    std::vector<Incoming> batch;
    batch.push_back(incoming(message));
    batch.back().answer = [&](const Expected<Taken>& taken) {
      REQUIRE(taken);
      acknowledged = message.sequence;
    };
    if (!daemon.record(batch)) return false;
    history.note({message}, daemon);
    while (daemon.has_handovers()) {
      if (!daemon.learn_one()) return false;
    }
  }
  while (daemon.has_handovers()) {
    if (!daemon.learn_one()) return false;
  }
  return true;
}

// What went wrong with the disk.
enum class Accident { crash, kill };

// One life that the disk ends after so many operations, and the next one, which ends well. True if the first did, too.
bool live_twice(SimulatedDisk& disk, std::uint64_t operations, const RecorderOptions& options, Accident accident) {
  SerialExecutor executor;
  History history;
  std::uint64_t acknowledged = 0;
  bool undisturbed = false;
  disk.stop_after(operations);
  if (auto daemon = SimulatedDaemon::start(disk, options, executor))
    undisturbed = run_to_the_end(*daemon, history, acknowledged);
  accident == Accident::crash ? disk.crash() : disk.kill();
  auto daemon = SimulatedDaemon::start(disk, options, executor);
  REQUIRE(daemon);
  CHECK(daemon->position("here") >= acknowledged);
  history.note(stream_of_events(), *daemon);
  REQUIRE(run_to_the_end(*daemon, history, acknowledged));
  CHECK(daemon->run().slices() == 2);
  check_against_model(*daemon, history, options, executor);
  return undisturbed;
}

TEST_CASE("after a crash at any operation of the disk, what was acknowledged is there, once, and the state is exact") {
  for (std::uint64_t seed = 0; seed < 3; ++seed) {
    bool undisturbed = false;
    for (std::uint64_t operations = 0; !undisturbed; ++operations) {
      CAPTURE(seed);
      CAPTURE(operations);
      SimulatedDisk disk(seed);
      undisturbed = live_twice(disk, operations, simulated_recorder(), Accident::crash);
    }
  }
}

TEST_CASE("a process that is killed loses nothing where messages are only given to the system") {
  bool undisturbed = false;
  for (std::uint64_t operations = 0; !undisturbed; ++operations) {
    CAPTURE(operations);
    SimulatedDisk disk(operations);
    undisturbed = live_twice(disk, operations, simulated_recorder(Durability::slice), Accident::kill);
  }
}

TEST_CASE("late events that are put aside are in their file once, whatever happened") {
  for (std::uint64_t operations = 0; operations < 200; operations += 7) {
    SimulatedDisk disk(operations);
    live_twice(disk, operations, simulated_recorder(), Accident::crash);
    const auto bytes = disk.content("/data/late.ndjson");
    const std::string late(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    CHECK(late == tokens_event(5, R"("late", "sea")"));
  }
}

TEST_CASE("a full disk holds acknowledgements back, and loses nothing") {
  SerialExecutor executor;
  const RecorderOptions options = simulated_recorder();
  SimulatedDisk disk(3);
  auto daemon = SimulatedDaemon::start(disk, options, executor).value();
  History history;
  std::uint64_t acknowledged = 0;
  int waits = 0;
  std::uint64_t room = 1000;
  disk.set_capacity(room);
  const auto until_there_is_room = [&](auto call) {
    while (true) {
      const auto done = call();
      if (done) return;
      REQUIRE(done.error().code() == ErrorCode::no_space);
      ++waits;
      disk.set_capacity(room += 300);
    }
  };
  for (const SentMessage& message : stream_of_events()) {
    std::vector<Incoming> batch;
    batch.push_back(incoming(message));
    batch.back().answer = [&](const Expected<Taken>&) { ++acknowledged; };
    until_there_is_room([&] { return daemon.record(batch); });
    history.note({message}, daemon);
    CHECK(acknowledged == message.sequence);
    while (daemon.has_handovers()) until_there_is_room([&] { return daemon.learn_one(); });
  }
  CHECK(waits > 10);
  CHECK(daemon.run().slices() == 2);
  check_against_model(daemon, history, options, executor);
}

TEST_CASE("durability may change from one start to the next, and nothing is lost or counted twice") {
  SerialExecutor executor;
  SimulatedDisk disk(5);
  History history;
  std::uint64_t acknowledged = 0;
  const auto messages = stream_of_events();
  std::size_t next = 0;
  for (const auto durability : {Durability::message, Durability::none, Durability::slice, Durability::message}) {
    {
      auto daemon = SimulatedDaemon::start(disk, simulated_recorder(durability), executor).value();
      for (std::size_t i = 0; i < 2 && next < messages.size(); ++i, ++next) {
        std::vector<Incoming> batch;
        batch.push_back(incoming(messages[next]));
        REQUIRE(daemon.record(batch));
        history.note({messages[next]}, daemon);
      }
      if (durability == Durability::none) REQUIRE(daemon.make_checkpoint());  // as an orderly stop does
      while (daemon.has_handovers()) REQUIRE(daemon.learn_one());
    }
    disk.kill();
  }
  auto daemon = SimulatedDaemon::start(disk, simulated_recorder(), executor).value();
  REQUIRE(run_to_the_end(daemon, history, acknowledged));
  check_against_model(daemon, history, simulated_recorder(), executor);
}

TEST_CASE("a missing snapshot is noticed, since the checkpoint belongs to it") {
  SerialExecutor executor;
  const RecorderOptions options = simulated_recorder();
  SimulatedDisk disk(3);
  History history;
  std::uint64_t acknowledged = 0;
  {
    auto daemon = SimulatedDaemon::start(disk, options, executor).value();
    REQUIRE(run_to_the_end(daemon, history, acknowledged));
  }
  disk.kill();
  REQUIRE(disk.remove("/data/snapshots/0000000001.snapshot"));
  const auto daemon = SimulatedDaemon::start(disk, options, executor);
  REQUIRE(!daemon);
  CHECK(daemon.error().message().starts_with("/data/checkpoint: belongs to the snapshot of slice 1, which is missing"));
}

TEST_CASE("a finished slice over events that are being counted is refused, not acknowledged and then lost") {
  SerialExecutor executor;
  SimulatedDisk disk(3);
  auto daemon = SimulatedDaemon::start(disk, simulated_recorder(), executor).value();
  const auto encoded = encoded_slice(0);  // the first day of 1970
  std::vector<Incoming> batch;
  batch.push_back(incoming({.source = "here", .sequence = 1, .body = tokens_event(5, R"("sea", "ship")")}));
  batch.push_back(incoming({.kind = MessageKind::slice,
                            .source = "there",
                            .sequence = 1,
                            .body = {reinterpret_cast<const char*>(encoded.data()), encoded.size()}}));
  Expected<Taken> taken;
  batch.back().answer = [&](const Expected<Taken>& outcome) { taken = outcome; };
  REQUIRE(daemon.record(batch));
  REQUIRE(!taken);
  CHECK(taken.error().code() == ErrorCode::out_of_order);
  CHECK(!daemon.has_handovers());
}

TEST_CASE("a file of late events that somebody has taken away is begun anew") {
  SerialExecutor executor;
  const RecorderOptions options = simulated_recorder();
  SimulatedDisk disk(3);
  History history;
  std::uint64_t acknowledged = 0;
  {
    auto daemon = SimulatedDaemon::start(disk, options, executor).value();
    REQUIRE(run_to_the_end(daemon, history, acknowledged));
  }
  disk.kill();
  REQUIRE(!disk.content("/data/late.ndjson").empty());
  REQUIRE(disk.remove("/data/late.ndjson"));
  REQUIRE(SimulatedDaemon::start(disk, options, executor));
  CHECK(disk.content("/data/late.ndjson").empty());
}

TEST_CASE("checkpoints of another run, and damaged ones, are refused with the file's name") {
  SerialExecutor executor;
  const RecorderOptions options = simulated_recorder();
  SimulatedDisk disk(3);
  History history;
  std::uint64_t acknowledged = 0;
  {
    auto daemon = SimulatedDaemon::start(disk, options, executor).value();
    REQUIRE(run_to_the_end(daemon, history, acknowledged));
  }
  disk.kill();
  const auto whole = disk.content("/data/checkpoint");
  REQUIRE(!whole.empty());
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 50) {
    auto damaged = whole;
    damaged[at] ^= std::byte{4};
    disk.overwrite("/data/checkpoint", damaged);
    const auto daemon = SimulatedDaemon::start(disk, options, executor);
    REQUIRE(!daemon);
    CHECK(daemon.error().message().starts_with("/data/checkpoint: "));
    disk.kill();
  }
  auto foreign = decode_checkpoint(whole).value();
  foreign.run = "another";
  disk.overwrite("/data/checkpoint", encode_checkpoint(foreign));
  const auto daemon = SimulatedDaemon::start(disk, options, executor);
  REQUIRE(!daemon);
  CHECK(daemon.error().message().starts_with("/data/checkpoint: belongs to run another"));
}

}  // namespace
}  // namespace gaugeline::stream
