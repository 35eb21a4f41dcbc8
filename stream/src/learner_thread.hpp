// The thread that learns: takes slices from a bounded queue, one after another, and says what became of each.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/stream/learning_run.hpp>

#include "bounded_queue.hpp"

namespace gaugeline::stream {

class Connection;

struct QueuedSlice {
  std::weak_ptr<Connection> from;  // only passed on: it belongs to the network's thread
  std::string source;
  std::uint64_t sequence = 0;
  Expected<formats::SliceData> slice;  // or why it could not be decoded: verdicts keep the order of slices
};

struct Verdict {
  std::weak_ptr<Connection> from;
  std::string source;
  std::uint64_t sequence = 0;
  Expected<> outcome;  // without an error, the slice is on disk
};

struct LearnerCounts {
  std::uint64_t learnt = 0;
  std::uint64_t refused = 0;
  std::uint64_t repeated = 0;  // were on disk already
};

// All are called from the learner's thread.
struct LearnerCallbacks {
  std::function<void()> room;  // a place in the queue has become free
  std::function<void(const SliceReport&, double seconds)> learnt;
  std::function<void(Verdict)> verdict;
  // The thread ends: after stop(), or because a snapshot could not be written.
  std::function<void(const Expected<>& outcome, const LearnerCounts& counts)> finished;
};

class LearnerThread {
 public:
  LearnerThread(LearningRun run, std::size_t queue_slices, LearnerCallbacks callbacks);
  LearnerThread(const LearnerThread&) = delete;
  LearnerThread& operator=(const LearnerThread&) = delete;
  ~LearnerThread();  // stops, and waits for the slice that is being learnt

  // False, and the slice left as it is, if the queue is full or the thread is stopping. Any thread.
  [[nodiscard]] bool try_push(QueuedSlice& slice) { return queue_.try_push(slice); }
  // Drops what is queued; the slice that is being learnt is finished. Any thread.
  void stop() { queue_.close(); }

 private:
  void learn_all();
  [[nodiscard]] Expected<> learn(const QueuedSlice& queued);

  LearningRun run_;
  BoundedQueue<QueuedSlice> queue_;
  LearnerCallbacks callbacks_;
  LearnerCounts counts_;
  std::jthread thread_;
};

}  // namespace gaugeline::stream
