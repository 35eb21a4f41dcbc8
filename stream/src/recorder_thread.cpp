#include "recorder_thread.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "thread_role.hpp"

namespace gaugeline::stream {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_when_full = 1s;
constexpr std::chrono::steady_clock::duration slow_commit = 2ms, longest_gathering = 2ms;

}  // namespace

RecorderThread::RecorderThread(Recorder recorder, LearnerThread& learner, RecorderThreadOptions options,
                               RecorderCallbacks callbacks)
    : recorder_(std::move(recorder)),
      learner_(learner),
      options_(options),
      callbacks_(std::move(callbacks)),
      queue_(options.queue_bytes),
      thread_([this] { record_all(); }) {}

RecorderThread::~RecorderThread() { stop(); }

void RecorderThread::record_all() {
  name_thread("recorder");
  Expected<> outcome;
  try {
    outcome = replay();
    if (outcome) outcome = record_until_stopped();
  } catch (const std::exception& exception) {
    outcome = fail(ErrorCode::out_of_memory, "recording: ", exception.what());
  }
  queue_.close();
  callbacks_.finished(outcome);
}

Expected<> RecorderThread::replay() {
  publish_status(false, false);
  const auto replayed = until_there_is_room(false, [this] {
    return recorder_.replay([this](Handover handover) -> Expected<> {
      if (!handover.origin.empty()) callbacks_.handed_again(handover.origin, handover.origin_sequence);
      return hand_over(std::move(handover));
    });
  });
  if (!replayed) return replayed;
  told_ = recorder_.intake().counts();
  publish_status(true, false);
  callbacks_.replayed(recorder_.positions());
  return {};
}

// Tries again while the disk is full; a stop meanwhile is no error, and what was not done then is not acknowledged.
template <class Call>
Expected<> RecorderThread::until_there_is_room(bool replayed, const Call& call) {
  for (bool waited = false;; waited = true) {
    const Expected<> done = call();
    if (done || done.error().code() != ErrorCode::no_space) {
      if (waited && done) callbacks_.goes_on();
      return done;
    }
    if (!waited) callbacks_.waits(done.error());
    publish_status(replayed, true);
    if (queue_.wait_until_closed(Clock::now() + pause_when_full)) return {};
  }
}

Expected<> RecorderThread::record_until_stopped() {
  if (options_.idle.count() > 0) {
    for (std::string& source : recorder_.intake().active_sources())
      last_event_.emplace(std::move(source), Clock::now());
  }
  while (auto messages = queue_.pop_all(next_idle())) {
    const std::size_t count = messages->size();
    if (count != 0) callbacks_.room();
    note_arrivals(*messages);
    add_idle_sources(*messages);
    if (const auto recorded = record(std::move(*messages)); !recorded) return recorded;
    tell_losses();
    publish_status(true, false);
    if (const auto served = serve_requests(); !served) return served;
    // Senders that were just answered soon have more: a slow sync that comes next is for them, too, and not only for
    // those who came meanwhile and whose next messages would wait for the one after it. While a fast one goes on,
    // others are served; and where there is none, a few at once are better than one by one.
    if (recorder_.durability() != Durability::message || last_commit_ >= slow_commit)
      queue_.wait_for(queue_.size() + count, Clock::now() + std::min(last_commit_ / 4, longest_gathering));
  }
  // Without a journal, what was counted since the last checkpoint is nowhere else.
  return recorder_.durability() == Durability::none ? make_and_hand_over_checkpoint() : Expected<>();
}

Expected<> RecorderThread::record(std::vector<Incoming> messages) {
  bool all = false;  // not if the thread is to stop while the disk is full
  const auto recorded = until_there_is_room(true, [&] {
    const auto began = Clock::now();
    const auto done = recorder_.record(messages);
    last_commit_ = Clock::now() - began;
    all = done.has_value();
    return done;
  });
  if (!recorded || !all) return recorded;
  for (Incoming& message : messages) {
    auto* slice = std::get_if<ReceivedSlice>(&message.content);
    if (slice != nullptr && slice->place) callbacks_.spent(std::move(slice->encoded));
    // Small ones are freed by the thread that made them: two that share an allocator's lock wait for one another.
    const auto* lines = std::get_if<EventLines>(&message.content);
    if (lines != nullptr && lines->text.size() > small_message) message.content = IdleSource{};
  }
  callbacks_.recorded(std::move(messages));
  while (auto handover = recorder_.next_handover()) {
    if (const auto handed = hand_over(std::move(*handover)); !handed) return handed;
  }
  return {};
}

Expected<> RecorderThread::make_and_hand_over_checkpoint() {
  std::optional<Handover> made;
  const auto durable = until_there_is_room(true, [&]() -> Expected<> {
    auto checkpoint = recorder_.checkpoint();
    if (!checkpoint) return std::unexpected(checkpoint.error());
    made = std::move(*checkpoint);
    return {};
  });
  return durable && made ? hand_over(std::move(*made)) : durable;
}

// Fails only when the learner is ending: its own error, if there is one, is told by its thread.
Expected<> RecorderThread::hand_over(Handover handover) {
  if (learner_.push(handover)) return {};
  return fail(ErrorCode::out_of_order, "the learner has ended");
}

Expected<> RecorderThread::serve_requests() {
  bool wanted = false;
  std::uint64_t before = 0;
  {
    const std::lock_guard lock(mutex_);
    wanted = std::exchange(checkpoint_wanted_, false);
    before = std::exchange(forget_before_, 0);
  }
  if (before != 0) {
    if (const auto forgotten = recorder_.forget_before(before); !forgotten) return forgotten;
    publish_status(true, false);
  }
  if (!wanted && recorder_.bytes_since_checkpoint() < options_.checkpoint_bytes) return {};
  return make_and_hand_over_checkpoint();
}

void RecorderThread::make_checkpoint() {
  {
    const std::lock_guard lock(mutex_);
    checkpoint_wanted_ = true;
  }
  queue_.wake();
}

void RecorderThread::forget_before(std::uint64_t record) {
  {
    const std::lock_guard lock(mutex_);
    forget_before_ = record;
  }
  queue_.wake();
}

void RecorderThread::note_arrivals(const std::vector<Incoming>& messages) {
  const auto now = Clock::now();
  for (const Incoming& message : messages) {
    const auto* lines = std::get_if<EventLines>(&message.content);
    if (lines == nullptr) continue;
    refused_events_ += lines->refused;
    if (options_.idle.count() == 0) continue;
    for (const EventLines::Line& line : lines->lines)
      last_event_.insert_or_assign(line.event.source.empty() ? message.source : line.event.source, now);
  }
}

RecorderThread::Clock::time_point RecorderThread::next_idle() const {
  auto next = Clock::time_point::max();
  for (const auto& [source, last] : last_event_) next = std::min(next, last + options_.idle);
  // The standard library adds to it: the last moment of all would overflow.
  return std::min(next, Clock::now() + std::chrono::hours{24});
}

// The one that has been silent longest first: while another is not idle yet, the watermark follows that one.
void RecorderThread::add_idle_sources(std::vector<Incoming>& messages) {
  const auto now = Clock::now();
  std::vector<std::pair<Clock::time_point, std::string>> idle;
  for (const auto& [source, last] : last_event_) {
    if (last + options_.idle <= now) idle.emplace_back(last, source);
  }
  std::ranges::sort(idle);
  for (auto& [last, source] : idle) {
    last_event_.erase(source);
    messages.push_back({.source = std::move(source), .sequence = 0, .content = IdleSource{}, .answer = {}});
  }
}

void RecorderThread::tell_losses() {
  const IntakeCounts& now = recorder_.intake().counts();
  auto losses = losses_between(std::exchange(told_, now), now);
  if (losses == IntakeLosses{}) return;
  if (losses.slices_dropped > 0) losses.why_dropped = recorder_.last_dropped();
  callbacks_.lost(losses);
}

void RecorderThread::publish_status(bool replayed, bool disk_full) {
  const Intake& intake = recorder_.intake();
  const RecorderStatus status{.replayed = replayed,
                              .disk_full = disk_full,
                              .journal_bytes = recorder_.journal_bytes(),
                              .watermark = intake.watermark(),
                              .open_windows = intake.open_windows(),
                              .open_bytes = intake.open_bytes(),
                              .counts = intake.counts(),
                              .refused_events = refused_events_};
  const std::lock_guard lock(mutex_);
  status_ = status;
}

RecorderStatus RecorderThread::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace gaugeline::stream
