// The recorder's thread over a simulated disk: who is answered, and when.
#include <doctest/doctest.h>

#include <future>
#include <string>
#include <vector>

#include <gaugeline/executor.hpp>

#include "recorder_thread.hpp"
#include "simulated_daemon.hpp"

namespace gaugeline::stream {
namespace {

// Both threads; what was recorded, and a promise for each thing that a test waits for.
class Threads {
 public:
  explicit Threads(SimulatedDisk& disk) {
    auto run = LearningRun::open("/data", simulated_learner(), executor_, 0, disk).value();
    auto recorder = Recorder::open("/data", simulated_recorder(),
                                   {.identity = run.run(), .positions = {}, .slices = 0, .learnt_until = {}}, disk)
                        .value();
    learner_.emplace(SliceLearner(std::move(run), "/data", 2, disk), 2,
                     LearnerCallbacks{.learnt = [](const SliceReport&, double) {},
                                      .verdict = [](const std::string&, std::uint64_t, const Expected<>&) {},
                                      .refused = [](const std::string&, std::uint64_t, const Error&) {},
                                      .checkpointed = [](std::uint64_t) {},
                                      .waits = [](const Error&) {},
                                      .goes_on = [] {},
                                      .finished = [](const Expected<>&, const LearnerCounts&) {}});
    recorder_.emplace(
        std::move(recorder), *learner_, RecorderThreadOptions(),
        RecorderCallbacks{.room = [] {},
                          .spent = [](std::vector<std::byte>) {},
                          .recorded = [this](std::vector<Incoming> messages) { note(std::move(messages)); },
                          .replayed = [this](const Positions&) { replayed.set_value(); },
                          .handed_again = [](const std::string&, std::uint64_t) {},
                          .waits = [this](const Error&) { waits.set_value(); },
                          .goes_on = [this] { goes_on.set_value(); },
                          .lost = [](const IntakeLosses&) {},
                          .finished = [this](const Expected<>& outcome) { finished.set_value(outcome); }});
    replayed.get_future().wait();
  }

  void push(std::uint64_t sequence) {
    auto message =
        incoming({.source = "here", .sequence = sequence, .body = R"({"time": 5, "tokens": ["sea", "ship", "sail"]})"});
    REQUIRE(recorder_->try_push(message, 1));
  }
  // Waits for the thread's end.
  Expected<> stop() {
    recorder_->stop();
    return finished.get_future().get();
  }

  std::promise<void> replayed, waits, goes_on, recorded;
  std::promise<Expected<>> finished;
  std::vector<std::uint64_t> answered;  // sequence numbers

 private:
  void note(std::vector<Incoming> messages) {
    for (const Incoming& message : messages) {
      CHECK(message.taken);
      answered.push_back(message.sequence);
    }
    if (answered.size() == 3) recorded.set_value();
  }

  SerialExecutor executor_;
  std::optional<LearnerThread> learner_;
  std::optional<RecorderThread> recorder_;
};

TEST_CASE("messages are answered in their order, on a full disk when there is room") {
  for (const bool full : {false, true}) {
    CAPTURE(full);
    SimulatedDisk disk(1);
    Threads threads(disk);
    if (full) disk.set_capacity(0);
    for (const std::uint64_t sequence : {1U, 2U, 3U}) threads.push(sequence);
    if (full) {
      threads.waits.get_future().wait();
      disk.set_capacity(1U << 20U);
      threads.goes_on.get_future().wait();
    }
    threads.recorded.get_future().wait();
    CHECK(threads.stop());
    CHECK(threads.answered == std::vector<std::uint64_t>{1, 2, 3});
  }
}

TEST_CASE("messages that a full disk holds up until the end are never answered") {
  SimulatedDisk disk(1);
  Threads threads(disk);
  disk.set_capacity(0);
  threads.push(1);
  threads.waits.get_future().wait();
  CHECK(threads.stop());
  CHECK(threads.answered.empty());
}

}  // namespace
}  // namespace gaugeline::stream
