#include "learner_thread.hpp"

#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

namespace gaugeline::stream {

LearnerThread::LearnerThread(LearningRun run, std::size_t queue_slices, LearnerCallbacks callbacks)
    : run_(std::move(run)), queue_(queue_slices), callbacks_(std::move(callbacks)), thread_([this] { learn_all(); }) {}

LearnerThread::~LearnerThread() { stop(); }

void LearnerThread::learn_all() {
  Expected<> outcome;
  while (auto queued = queue_.pop()) {
    callbacks_.room();
    outcome = learn(*queued);
    // Only a snapshot that cannot be written is an I/O error. The state on disk then lags behind the learner's.
    if (!outcome && outcome.error().code() == ErrorCode::io_error) break;
    if (!outcome) ++counts_.refused;
    callbacks_.verdict({.from = std::move(queued->from),
                        .source = std::move(queued->source),
                        .sequence = queued->sequence,
                        .outcome = std::exchange(outcome, {})});
  }
  queue_.close();
  callbacks_.finished(outcome, counts_);
}

Expected<> LearnerThread::learn(const QueuedSlice& queued) try {
  if (queued.sequence <= run_.last_sequence(queued.source)) {
    ++counts_.repeated;
    return {};
  }
  if (!queued.slice) return std::unexpected(queued.slice.error());
  const auto begin = std::chrono::steady_clock::now();
  const auto report = run_.process(queued.slice->view(), queued.source, queued.sequence);
  if (!report) return std::unexpected(report.error());
  ++counts_.learnt;
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  if (callbacks_.learnt) callbacks_.learnt(*report, elapsed.count());
  return {};
} catch (const std::exception& exception) {
  // Memory ran out between learning and publishing: as with a full disk, the state on disk is what counts.
  return fail(ErrorCode::io_error, "slice ", queued.sequence, " of ", queued.source, ": ", exception.what());
}

}  // namespace gaugeline::stream
