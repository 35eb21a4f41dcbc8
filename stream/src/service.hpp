// What stands behind every protocol of the daemon: the recorder's and the learner's thread, where each source stands,
// and the way of answers back into the network's thread.
//
// Lives in the network's thread, and calls back there, except where it says so.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/thread_pool.hpp>

#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/stream/learning_run.hpp>
#include <gaugeline/stream/server.hpp>
#include <gaugeline/stream/thread_pool.hpp>

#include "asio.hpp"
#include "learner_thread.hpp"
#include "recorder_thread.hpp"
#include "spare_bodies.hpp"

namespace gaugeline::stream {

// Of a source: its last message that was taken, and the last that gave slices which the learner still has; 0: none.
struct SourceStanding {
  std::uint64_t last_sequence = 0;
  std::uint64_t last_unjudged = 0;
};

// What the data directory held at the start.
struct RestoredRun {
  std::string run;
  std::uint64_t slices = 0, item_rows = 0, context_rows = 0;
};

struct ServiceCallbacks {
  std::function<void()> replayed;  // messages are taken in from here on
  std::function<void(const std::string& source, std::uint64_t sequence, const Expected<>& outcome)> verdict;
  std::function<void(const SliceReport&, double seconds)> learnt;  // from the learner's thread
  std::function<void()> published;                                 // after learnt
  std::function<void()> checkpointed;
  std::function<void(const Expected<Taken>&)> answered;  // whatever brought the message
  std::function<void(const IntakeLosses& losses)> lost;
  std::function<void(std::string_view line)> log;
  // Both threads have ended: after stop(), or because nothing can be written any more.
  std::function<void(const Expected<>& outcome)> ended;
};

class Service {
 public:
  // Opens the data directory. Errors: those of LearningRun and Recorder.
  [[nodiscard]] static Expected<std::unique_ptr<Service>> open(asio::io_context& context, const ServerOptions& options,
                                                               formats::FileSystem& files, ServiceCallbacks callbacks);
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  void start();
  // Nothing more is taken in; ended() follows. May be called again.
  void stop();

  // Checks a message's body, a large one in a thread of its own; what cannot be used becomes the message's content,
  // too. Times too far ahead of the clock are refused here, before the journal: a replay knows no clock.
  [[nodiscard]] asio::awaitable<Incoming> decode(MessageKind kind, std::string source, std::uint64_t sequence,
                                                 std::vector<std::byte> body);
  // A small message, when there is room and nobody waits for it, need not wait either.
  [[nodiscard]] bool takes_at_once(std::size_t body_bytes) const;
  // As decode() and submit(). Precondition of both: takes_at_once(), in the same handler.
  [[nodiscard]] Incoming decode_at_once(MessageKind kind, const std::string& source, std::uint64_t sequence,
                                        std::vector<std::byte> body) const;
  void submit_at_once(Incoming& message);
  // Waits for its turn, in the order of the calls, and for room: so that many small messages do not keep out a large
  // one, nor fast senders a slow one. False, and the message left as it is, if there was none for as long as
  // `patience`; without it, it waits for ever, and so does whoever calls it after stop(). The message's answer is
  // called in this thread, in the order of submission.
  [[nodiscard]] asio::awaitable<bool> submit(Incoming& message, std::optional<Clock::duration> patience);
  // Any thread.
  void make_checkpoint() { recorder_->make_checkpoint(); }

  // Any thread.
  [[nodiscard]] SpareBodies& spare_bodies() noexcept { return spare_bodies_; }

  [[nodiscard]] const RestoredRun& restored() const noexcept { return restored_; }
  [[nodiscard]] SourceStanding standing(std::string_view source) const;
  [[nodiscard]] RecorderStatus status() const { return recorder_->status(); }
  [[nodiscard]] bool learner_waits() const noexcept { return learner_waits_; }  // for room on the disk
  [[nodiscard]] std::size_t waiting_messages() const { return recorder_->waiting(); }
  [[nodiscard]] std::size_t waiting_slices() const { return learner_->waiting(); }

 private:
  // A message in the line before a full queue.
  struct Waiting {
    Incoming* message;
    asio::steady_timer over;  // at the end of its patience; cancelled when the message is taken
    bool patient = true;      // for ever
    bool taken = false;
  };
  Service(asio::io_context& context, const ServerOptions& options, formats::FileSystem& files,
          ServiceCallbacks callbacks);
  [[nodiscard]] Expected<> open();
  [[nodiscard]] EventLimits limits_now() const;
  [[nodiscard]] LearnerCallbacks learner_callbacks();
  [[nodiscard]] RecorderCallbacks recorder_callbacks();
  [[nodiscard]] bool try_submit(Incoming& message);
  void serve_line();
  void hand_back(std::vector<Incoming> recorded);  // the recorder's thread
  void settle_all();
  void settle(const std::string& source, std::uint64_t sequence, Expected<Taken>& taken);
  void judge(const std::string& source, std::uint64_t sequence, const Expected<>& outcome);
  void recorder_ended(const Expected<>& outcome);
  void learner_ended(const Expected<>& outcome, const LearnerCounts& counts);
  void end_if_both_have();

  asio::io_context& context_;
  ServerOptions options_;
  formats::FileSystem& files_;
  ServiceCallbacks callbacks_;
  ThreadPool workers_;
  formats::SliceData checked_;  // of the decoder's thread: the slice that it has checked last
  asio::thread_pool decoder_{1};
  SpareBodies spare_bodies_;
  std::list<Waiting> line_;
  std::mutex recorded_mutex_;
  std::vector<std::vector<Incoming>> recorded_;  // on their way into this thread, which is called at the first of them
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> threads_at_work_;
  Positions positions_;                                                   // taken, as far as answers have told
  std::map<std::string, std::set<std::uint64_t>, std::less<>> unjudged_;  // slices that the learner still has
  RestoredRun restored_;
  Expected<> outcome_;
  bool learner_waits_ = false;
  bool stopping_ = false, recorder_ended_ = false, learner_ended_ = false;
  std::optional<SliceLearner> slice_learner_;  // until the learner's thread takes it
  std::optional<Recorder> opened_recorder_;    // likewise
  std::optional<LearnerThread> learner_;
  std::optional<RecorderThread> recorder_;  // ends before the learner, into which it pushes
};

}  // namespace gaugeline::stream
