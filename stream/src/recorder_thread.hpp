// The thread that records: all messages that have come while the last ones were synced share the next sync (group
// commit). It feeds the learner's thread, waits for it when it is behind, and so holds the senders back.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/types.hpp>

#include "bounded_queue.hpp"
#include "intake_losses.hpp"
#include "learner_thread.hpp"
#include "recorder.hpp"

namespace gaugeline::stream {

struct RecorderThreadOptions {
  std::size_t queue_bytes = std::size_t{64} << 20U;  // of messages that wait for their commit
  std::uint64_t checkpoint_bytes = std::uint64_t{256}
                                   << 20U;  // of the journal, after which a checkpoint is made at the latest
  std::chrono::microseconds idle{};         // a source without events for so long holds no window open; 0: never idle
};

// What the thread has come to; a copy of a moment.
struct RecorderStatus {
  bool replayed = false;  // the journal; messages are taken in from then on
  bool disk_full = false;
  std::uint64_t journal_bytes = 0;
  std::optional<Time> watermark;
  std::size_t open_windows = 0;
  std::size_t open_bytes = 0;
  IntakeCounts counts;
  std::uint64_t refused_events = 0;  // since the start
};

// All are called from the recorder's thread.
struct RecorderCallbacks {
  std::function<void()> room;                              // in the queue
  std::function<void(std::vector<std::byte> body)> spent;  // of a slice that is in the journal
  // To be answered, in this order.
  std::function<void(std::vector<Incoming> messages)> recorded;
  std::function<void(const Positions&)> replayed;  // messages are taken in from here on
  // Slices from the journal go to the learner again, of the message of this source and number.
  std::function<void(const std::string& source, std::uint64_t sequence)> handed_again;
  // The disk is full: tried again every second until there is room; and then it goes on.
  std::function<void(const Error& why)> waits;
  std::function<void()> goes_on;
  // Not of what the journal held: that was told when it came.
  std::function<void(const IntakeLosses& losses)> lost;
  // The thread ends: after stop(), or because nothing can be recorded any more.
  std::function<void(const Expected<>& outcome)> finished;
};

class RecorderThread {
 public:
  RecorderThread(Recorder recorder, LearnerThread& learner, RecorderThreadOptions options, RecorderCallbacks callbacks);
  RecorderThread(const RecorderThread&) = delete;
  RecorderThread& operator=(const RecorderThread&) = delete;
  ~RecorderThread();

  // All: any thread.
  // False, and the message left as it is, if there is no room, or the thread is ending.
  [[nodiscard]] bool try_push(Incoming& message, std::size_t bytes) { return queue_.try_push(message, bytes); }
  // Whether try_push would take so many bytes, as long as nobody else calls it.
  [[nodiscard]] bool has_room(std::size_t bytes) const { return queue_.has_room(bytes); }
  void make_checkpoint();
  // A checkpoint that goes on from this record is on disk.
  void forget_before(std::uint64_t record);
  void stop() { queue_.close(); }
  [[nodiscard]] std::size_t waiting() const { return queue_.size(); }
  [[nodiscard]] RecorderStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;

  void record_all();
  [[nodiscard]] Expected<> replay();
  [[nodiscard]] Expected<> record_until_stopped();
  [[nodiscard]] Expected<> record(std::vector<Incoming> messages);
  template <class Call>
  [[nodiscard]] Expected<> until_there_is_room(bool replayed, const Call& call);
  [[nodiscard]] Expected<> make_and_hand_over_checkpoint();
  [[nodiscard]] Expected<> hand_over(Handover handover);
  [[nodiscard]] Expected<> serve_requests();
  void add_idle_sources(std::vector<Incoming>& messages);
  void note_arrivals(const std::vector<Incoming>& messages);
  [[nodiscard]] Clock::time_point next_idle() const;
  void tell_losses();
  void publish_status(bool replayed, bool disk_full);

  Recorder recorder_;
  LearnerThread& learner_;
  RecorderThreadOptions options_;
  RecorderCallbacks callbacks_;
  BoundedQueue<Incoming> queue_;
  std::map<std::string, Clock::time_point, std::less<>> last_event_;  // of the sources that are not idle
  std::uint64_t refused_events_ = 0;
  IntakeCounts told_;  // the losses up to here
  Clock::duration last_commit_{};

  mutable std::mutex mutex_;  // of what follows
  RecorderStatus status_;
  bool checkpoint_wanted_ = false;
  std::uint64_t forget_before_ = 0;

  std::jthread thread_;  // last
};

}  // namespace gaugeline::stream
