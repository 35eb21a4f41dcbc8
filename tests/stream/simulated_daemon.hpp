// The daemon's recorder and learner on a simulated disk, without threads, clock or network, beside a record of all that
// it took; and the plain model that its state is held against: the same messages, one after another, on a disk that
// never fails.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gaugeline/stream/learning_run.hpp>
#include <support/same_state.hpp>
#include <support/simulated_disk.hpp>

#include "../../stream/src/recorder.hpp"
#include "../../stream/src/slice_learner.hpp"

namespace gaugeline::stream {

using test::SimulatedDisk;

// As a sender gives it, so that it can be given again.
struct SentMessage {
  MessageKind kind = MessageKind::events;
  std::string source;
  std::uint64_t sequence = 0;
  std::string body;
};

inline Incoming incoming(const SentMessage& message) {
  Incoming made{.source = message.source, .sequence = message.sequence, .content = IdleSource{}, .answer = {}};
  if (message.kind == MessageKind::events) made.content = read_event_lines(message.body);
  if (message.kind == MessageKind::slice) {
    const auto bytes = std::as_bytes(std::span(message.body));
    const auto slice = formats::decode_slice(bytes);
    if (slice) {
      made.content = ReceivedSlice{.encoded = {bytes.begin(), bytes.end()}, .interval = slice->interval};
    } else {
      made.content = slice.error();
    }
  }
  return made;
}

inline Options simulated_learner() {
  Options options = Options::skipgram();
  options.dimension = 4;
  options.first_slice_sweeps = 2;
  options.negative_head = options.negative_tail = 8;
  options.item_capacity = options.context_capacity = 24;
  options.slice_token_capacity = 32;
  options.observation_capacity = 1U << 12U;
  return options;
}

inline RecorderOptions simulated_recorder(Durability durability = Durability::message) {
  RecorderOptions options;
  options.durability = durability;
  options.intake.slicing.period = {std::chrono::microseconds(std::chrono::hours{1})};
  options.intake.slicing.lateness = std::chrono::minutes{20};
  options.intake.late = LatePolicy::aside;
  options.intake.duplicate_horizon = 50;
  options.journal.segment_bytes = 4096;
  return options;
}

class SimulatedDaemon {
 public:
  // Opens what the disk holds, and replays the journal; the slices wait in the queue.
  [[nodiscard]] static Expected<SimulatedDaemon> start(SimulatedDisk& disk, const RecorderOptions& options,
                                                       Executor& executor) {
    auto run = LearningRun::open("/data", simulated_learner(), executor, 0, disk);
    if (!run) return std::unexpected(run.error());
    auto recorder = Recorder::open("/data", options,
                                   {.identity = run->run(),
                                    .positions = run->positions(),
                                    .slices = run->slices(),
                                    .learnt_until = run->learnt_until()},
                                   disk);
    if (!recorder) return std::unexpected(recorder.error());
    run->rename(recorder->run());
    SimulatedDaemon daemon(std::move(*recorder), SliceLearner(std::move(*run), "/data", 2, disk));
    const auto replayed = daemon.recorder_.replay([&](Handover handover) -> Expected<> {
      daemon.handovers_.push_back(std::move(handover));
      return {};
    });
    if (!replayed) return std::unexpected(replayed.error());
    return daemon;
  }

  // no_space: call again with the same batch.
  [[nodiscard]] Expected<> record(std::vector<Incoming>& batch) {
    if (const auto recorded = recorder_.record(batch); !recorded) return recorded;
    for (const Incoming& message : batch) {
      if (message.answer) message.answer(message.taken);
    }
    while (auto handover = recorder_.next_handover()) handovers_.push_back(std::move(*handover));
    return {};
  }
  [[nodiscard]] Expected<> make_checkpoint() {
    auto made = recorder_.checkpoint();
    if (!made) return std::unexpected(made.error());
    handovers_.push_back(std::move(*made));
    return {};
  }
  // The next slice or checkpoint, if there is one.
  [[nodiscard]] Expected<> learn_one() {
    if (handovers_.empty()) return {};
    const auto outcome = learner_.take(handovers_.front());
    if (!outcome) return std::unexpected(outcome.error());
    handovers_.pop_front();
    return outcome->next_record ? recorder_.forget_before(*outcome->next_record) : Expected<>();
  }
  [[nodiscard]] bool has_handovers() const { return !handovers_.empty(); }
  [[nodiscard]] const Recorder& recorder() const { return recorder_; }
  [[nodiscard]] const LearningRun& run() const { return learner_.run(); }
  [[nodiscard]] std::uint64_t position(std::string_view source) const {
    const auto found = recorder_.positions().find(source);
    return found == recorder_.positions().end() ? 0 : found->second;
  }

 private:
  SimulatedDaemon(Recorder recorder, SliceLearner learner)
      : recorder_(std::move(recorder)), learner_(std::move(learner)) {}
  Recorder recorder_;
  SliceLearner learner_;
  std::deque<Handover> handovers_;
};

// What the daemon took, in order: told by where it says that each source stands.
class History {
 public:
  // Of messages that were given to the daemon, in order, and perhaps to one that has died since.
  void note(const std::vector<SentMessage>& given, const SimulatedDaemon& daemon) {
    for (const SentMessage& message : given) {
      const bool numbered = message.sequence != 0;
      auto& position = positions_[numbered ? message.source : std::string(unnumbered_source)];
      const std::uint64_t sequence = numbered ? message.sequence : position + 1;
      if (sequence <= position || sequence > daemon.position(numbered ? message.source : unnumbered_source)) continue;
      position = sequence;
      taken_.push_back(message);
    }
  }
  [[nodiscard]] const std::vector<SentMessage>& taken() const { return taken_; }

 private:
  std::map<std::string, std::uint64_t, std::less<>> positions_;
  std::vector<SentMessage> taken_;
};

// The daemon's state is that of the plain model: learnt tables and open windows, bit for bit, and as many slices.
inline void check_against_model(const SimulatedDaemon& daemon, const History& history, const RecorderOptions& options,
                                Executor& executor) {
  SimulatedDisk disk(1);
  RecorderOptions plain = options;
  plain.durability = Durability::none;
  auto model = SimulatedDaemon::start(disk, plain, executor).value();
  for (const SentMessage& message : history.taken()) {
    std::vector<Incoming> batch;
    batch.push_back(incoming(message));
    REQUIRE(model.record(batch));
    while (model.has_handovers()) REQUIRE(model.learn_one());
  }
  CHECK(daemon.run().slices() == model.run().slices());
  CHECK(testing::same_state(daemon.run().learner().state(), model.run().learner().state()));
  CHECK(daemon.recorder().intake().encode().value() == model.recorder().intake().encode().value());
  CHECK(daemon.recorder().positions() == model.recorder().positions());
}

}  // namespace gaugeline::stream
