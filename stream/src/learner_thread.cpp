#include "learner_thread.hpp"

#include <chrono>
#include <utility>

#include "thread_role.hpp"

namespace gaugeline::stream {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto pause_when_full = 1s;

}  // namespace

LearnerThread::LearnerThread(SliceLearner learner, std::size_t queue_slices, LearnerCallbacks callbacks)
    : learner_(std::move(learner)),
      queue_(queue_slices),
      callbacks_(std::move(callbacks)),
      thread_([this] { learn_all(); }) {}

LearnerThread::~LearnerThread() { stop(); }

void LearnerThread::learn_all() {
  name_thread("learner");
  give_way_to_others();
  Expected<> outcome;
  while (outcome) {
    const auto handover = queue_.pop();
    if (!handover) break;
    outcome = take(*handover);
  }
  queue_.close();
  callbacks_.finished(outcome, counts_);
}

Expected<> LearnerThread::take(const Handover& handover) {
  const auto begin = Clock::now();
  const auto taken = persist(handover);
  if (!taken) return std::unexpected(taken.error());
  const std::chrono::duration<double> elapsed = Clock::now() - begin;
  if (taken->report) {
    ++counts_.learnt;
    if (callbacks_.learnt) callbacks_.learnt(*taken->report, elapsed.count());
  } else if (!std::holds_alternative<std::monostate>(handover.slice)) {
    ++(taken->verdict ? counts_.repeated : counts_.refused);
  }
  if (!taken->verdict) callbacks_.refused(handover.source, handover.sequence, taken->verdict.error());
  if (!handover.origin.empty()) callbacks_.verdict(handover.origin, handover.origin_sequence, taken->verdict);
  if (taken->next_record) callbacks_.checkpointed(*taken->next_record);
  return {};
}

Expected<SliceLearner::Outcome> LearnerThread::persist(const Handover& handover) {
  for (bool told = false;; told = true) {
    auto taken = learner_.take(handover);
    if (taken || taken.error().code() != ErrorCode::no_space) {
      if (told) callbacks_.goes_on();
      return taken;
    }
    if (!told) callbacks_.waits(taken.error());
    if (queue_.wait_until_closed(Clock::now() + pause_when_full))
      return fail(ErrorCode::io_error, "stopped while the disk was full: ", taken.error().message());
  }
}

}  // namespace gaugeline::stream
