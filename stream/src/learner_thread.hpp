// The thread that learns: takes what the recorder hands over, one after another, and says what became of each.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>

#include "bounded_queue.hpp"
#include "slice_learner.hpp"

namespace gaugeline::stream {

struct LearnerCounts {
  std::uint64_t learnt = 0;
  std::uint64_t refused = 0;
  std::uint64_t repeated = 0;  // were in a snapshot already
};

// All are called from the learner's thread.
struct LearnerCallbacks {
  std::function<void(const SliceReport&, double seconds)> learnt;
  // On the slices of the message of this source and number: the last of them is done.
  std::function<void(const std::string& source, std::uint64_t sequence, const Expected<>& outcome)> verdict;
  // Of the slice of this source and number, which nobody may wait for.
  std::function<void(const std::string& source, std::uint64_t sequence, const Error& why)> refused;
  std::function<void(std::uint64_t next_record)> checkpointed;
  // The disk is full: tried again every second until there is room; and then it goes on.
  std::function<void(const Error& why)> waits;
  std::function<void()> goes_on;
  // The thread ends: after stop() or finish(), or because a snapshot or checkpoint could not be written.
  std::function<void(const Expected<>& outcome, const LearnerCounts& counts)> finished;
};

class LearnerThread {
 public:
  LearnerThread(SliceLearner learner, std::size_t queue_slices, LearnerCallbacks callbacks);
  LearnerThread(const LearnerThread&) = delete;
  LearnerThread& operator=(const LearnerThread&) = delete;
  ~LearnerThread();  // stops, and waits for the slice that is being learnt

  // Waits for room; false if the thread is ending. Any thread.
  [[nodiscard]] bool push(Handover& handover) { return queue_.push(handover); }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  // Drops what is queued; the slice that is being learnt is finished. Any thread.
  void stop() { queue_.close(); }
  // Takes nothing more, and ends when all that is queued is done. Any thread.
  void finish() { queue_.finish(); }

 private:
  void learn_all();
  [[nodiscard]] Expected<> take(const Handover& handover);
  [[nodiscard]] Expected<SliceLearner::Outcome> persist(const Handover& handover);

  SliceLearner learner_;
  BoundedQueue<Handover> queue_;
  LearnerCallbacks callbacks_;
  LearnerCounts counts_;
  std::jthread thread_;
};

}  // namespace gaugeline::stream
