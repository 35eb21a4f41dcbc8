#include "service.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/post.hpp>

#include "thread_role.hpp"

namespace gaugeline::stream {
namespace {

// The work space for checking a slice of up to so many bytes is kept for the next one.
constexpr std::size_t kept_body = std::size_t{16} << 20U;

// `slice` is work space.
Incoming decoded(MessageKind kind, std::string source, std::uint64_t sequence, std::vector<std::byte> body,
                 const EventLimits& limits, formats::SliceData& slice) {
  Incoming message{.source = std::move(source), .sequence = sequence, .content = {}, .answer = {}};
  if (kind == MessageKind::events) {
    const std::string_view text(reinterpret_cast<const char*>(body.data()), body.size());
    message.content = read_event_lines(text, limits);
  } else if (const auto taken = formats::decode_slice(body, slice); taken && slice.interval.begin > limits.latest) {
    message.content = Error(ErrorCode::bad_data, "the slice begins at ", format_time(slice.interval.begin),
                            ", too far ahead: the latest that is taken is ", format_time(limits.latest));
  } else if (taken) {
    message.content = ReceivedSlice{.encoded = std::move(body), .interval = slice.interval};
  } else {
    message.content = taken.error();
  }
  return message;
}

asio::awaitable<Incoming> decode_here(MessageKind kind, std::string source, std::uint64_t sequence,
                                      std::vector<std::byte> body, EventLimits limits, formats::SliceData& slice) {
  const bool keep = body.size() <= kept_body;
  auto message = decoded(kind, std::move(source), sequence, std::move(body), limits, slice);
  if (!keep) slice = {};
  co_return message;
}

// Of a journal record beside the message's body.
constexpr std::size_t record_overhead = 4096;

constexpr std::size_t fixed_weight = 512;

// What a message weighs in the queue, its record in the journal included.
std::size_t weight_of(const Incoming& message) {
  if (const auto* slice = std::get_if<ReceivedSlice>(&message.content)) return fixed_weight + 2 * slice->encoded.size();
  if (const auto* lines = std::get_if<EventLines>(&message.content))
    return fixed_weight + 2 * lines->text.size() + lines->lines.size() * sizeof(EventLines::Line);
  return fixed_weight;
}

// At most, for a small message: a line has no less than the two bytes of an empty object.
constexpr std::size_t most_weight_of_small =
    fixed_weight + 2 * (small_message + 1) + small_message / 2 * sizeof(EventLines::Line);

// The learner's helpers, and so its like.
void begin_worker() noexcept {
  name_thread("learner-worker");
  give_way_to_others();
}

}  // namespace

Service::Service(asio::io_context& context, const ServerOptions& options, formats::FileSystem& files,
                 ServiceCallbacks callbacks)
    : context_(context),
      options_(options),
      files_(files),
      callbacks_(std::move(callbacks)),
      workers_(options.threads, begin_worker),
      spare_bodies_(options.queue_bytes) {
  options_.learner.worker_capacity = static_cast<std::uint32_t>(options.threads);
}

Expected<std::unique_ptr<Service>> Service::open(asio::io_context& context, const ServerOptions& options,
                                                 formats::FileSystem& files, ServiceCallbacks callbacks) {
  std::unique_ptr<Service> service(new Service(context, options, files, std::move(callbacks)));
  if (const auto opened = service->open(); !opened) return std::unexpected(opened.error());
  return service;
}

Expected<> Service::open() {
  auto run = LearningRun::open(options_.data_directory, options_.learner, workers_, options_.lag, files_);
  if (!run) return std::unexpected(run.error());
  auto recorder = Recorder::open(options_.data_directory,
                                 {.durability = options_.durability,
                                  .intake = options_.intake,
                                  .journal = {.segment_bytes = options_.journal_segment_bytes,
                                              .max_record_bytes = options_.max_frame_bytes + record_overhead},
                                  .events = {}},
                                 {.identity = run->run(),
                                  .positions = run->positions(),
                                  .slices = run->slices(),
                                  .learnt_until = run->learnt_until()},
                                 files_);
  if (!recorder) return std::unexpected(recorder.error());
  if (const auto torn = recorder->torn_tail())
    callbacks_.log(torn->file.native() + ": the last " + std::to_string(torn->bytes) + " bytes, from offset " +
                   std::to_string(torn->offset) +
                   ", were torn by a crash and are cut off; nothing of them was acknowledged");
  run->rename(recorder->run());
  const LearnerState<float> state = run->learner().state();
  restored_ = {.run = run->run(),
               .slices = state.slices,
               .item_rows = state.items.size(),
               .context_rows = state.contexts.size()};
  slice_learner_.emplace(std::move(*run), options_.data_directory, options_.keep_snapshots, files_);
  opened_recorder_.emplace(std::move(*recorder));
  return {};
}

void Service::start() {
  threads_at_work_.emplace(context_.get_executor());
  learner_.emplace(std::move(*slice_learner_), options_.queue_slices, learner_callbacks());
  const std::chrono::duration<double> idle(options_.idle_seconds);
  recorder_.emplace(std::move(*opened_recorder_), *learner_,
                    RecorderThreadOptions{.queue_bytes = options_.queue_bytes,
                                          .checkpoint_bytes = options_.checkpoint_bytes,
                                          .idle = std::chrono::duration_cast<std::chrono::microseconds>(idle)},
                    recorder_callbacks());
}

// What the learner has not begun is in the journal.
void Service::stop() {
  stopping_ = true;
  recorder_->stop();
  if (options_.durability != Durability::none) learner_->stop();
  for (Waiting& waiting : line_) {
    if (!waiting.patient) waiting.over.cancel();
  }
}

LearnerCallbacks Service::learner_callbacks() {
  return {.learnt =
              [this](const SliceReport& report, double seconds) {
                callbacks_.learnt(report, seconds);
                asio::post(context_, [this] { callbacks_.published(); });
              },
          .verdict =
              [this](const std::string& source, std::uint64_t sequence, const Expected<>& outcome) {
                asio::post(context_, [this, source, sequence, outcome] { judge(source, sequence, outcome); });
              },
          .refused =
              [this](const std::string& source, std::uint64_t sequence, const Error& why) {
                asio::post(context_, [this, source, sequence, why] {
                  callbacks_.log("slice " + std::to_string(sequence) + " of " + source +
                                 " is not learnt: " + std::string(why.message()));
                  callbacks_.answered(std::unexpected(why));
                });
              },
          .checkpointed =
              [this](std::uint64_t next_record) {
                recorder_->forget_before(next_record);
                asio::post(context_, [this] { callbacks_.checkpointed(); });
              },
          .waits =
              [this](const Error& why) {
                asio::post(context_, [this, why] {
                  learner_waits_ = true;
                  callbacks_.log("learns nothing until there is room: " + std::string(why.message()));
                });
              },
          .goes_on =
              [this] {
                asio::post(context_, [this] {
                  learner_waits_ = false;
                  callbacks_.log("there is room again, for the learner");
                });
              },
          .finished =
              [this](const Expected<>& outcome, const LearnerCounts& counts) {
                asio::post(context_, [this, outcome, counts] { learner_ended(outcome, counts); });
              }};
}

RecorderCallbacks Service::recorder_callbacks() {
  return {
      .room = [this] { asio::post(context_, [this] { serve_line(); }); },
      .spent = [this](std::vector<std::byte> body) { spare_bodies_.give(std::move(body)); },
      .recorded = [this](std::vector<Incoming> messages) { hand_back(std::move(messages)); },
      .replayed =
          [this](const Positions& positions) {
            asio::post(context_, [this, positions] {
              positions_ = positions;
              callbacks_.replayed();
            });
          },
      .handed_again =
          [this](const std::string& source, std::uint64_t sequence) {
            asio::post(context_, [this, source, sequence] { unjudged_[source].insert(sequence); });
          },
      .waits =
          [this](const Error& why) {
            asio::post(context_, [this, why] {
              callbacks_.log("acknowledges nothing until there is room: " + std::string(why.message()));
            });
          },
      .goes_on = [this] { asio::post(context_, [this] { callbacks_.log("there is room again"); }); },
      .lost = [this](const IntakeLosses& losses) { asio::post(context_, [this, losses] { callbacks_.lost(losses); }); },
      .finished =
          [this](const Expected<>& outcome) { asio::post(context_, [this, outcome] { recorder_ended(outcome); }); }};
}

EventLimits Service::limits_now() const {
  EventLimits limits;
  const std::chrono::duration<double> ahead(options_.max_ahead_seconds);
  if (ahead.count() > 0)
    limits.latest = std::min(latest_time, options_.clock() + std::chrono::duration_cast<Time::duration>(ahead));
  return limits;
}

// It ends soon, so it need not be cancelled.
asio::awaitable<Incoming> Service::decode(MessageKind kind, std::string source, std::uint64_t sequence,
                                          std::vector<std::byte> body) {
  if (body.size() <= small_message) co_return decode_at_once(kind, source, sequence, std::move(body));
  co_return co_await asio::co_spawn(
      decoder_, decode_here(kind, std::move(source), sequence, std::move(body), limits_now(), checked_),
      asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

bool Service::takes_at_once(std::size_t body_bytes) const {
  return body_bytes <= small_message && line_.empty() && recorder_->has_room(most_weight_of_small);
}

Incoming Service::decode_at_once(MessageKind kind, const std::string& source, std::uint64_t sequence,
                                 std::vector<std::byte> body) const {
  formats::SliceData slice;
  return decoded(kind, source, sequence, std::move(body), limits_now(), slice);
}

// There is room, unless the recorder has just ended: then nobody gets an answer.
void Service::submit_at_once(Incoming& message) { static_cast<void>(try_submit(message)); }

asio::awaitable<bool> Service::submit(Incoming& message, std::optional<Clock::duration> patience) {
  if (line_.empty() && try_submit(message)) co_return true;
  if (patience && stopping_) co_return false;
  const auto until = patience ? Clock::now() + *patience : Clock::time_point::max();
  line_.push_back({.message = &message, .over = asio::steady_timer(context_, until), .patient = !patience});
  const auto place = std::prev(line_.end());
  // It leaves the line however this ends; a coroutine that is cancelled ends by an exception.
  const std::unique_ptr<Waiting, std::function<void(Waiting*)>> leave(&*place, [&](Waiting*) { line_.erase(place); });
  co_await place->over.async_wait(with_error_code);
  co_return place->taken;
}

void Service::serve_line() {
  for (Waiting& waiting : line_) {
    if (waiting.taken) continue;  // and has not had the time to leave
    if (!try_submit(*waiting.message)) return;
    waiting.taken = true;
    waiting.over.cancel();
  }
}

bool Service::try_submit(Incoming& message) { return recorder_->try_push(message, weight_of(message)); }

void Service::hand_back(std::vector<Incoming> recorded) {
  bool first = false;
  {
    const std::lock_guard lock(recorded_mutex_);
    first = recorded_.empty();
    recorded_.push_back(std::move(recorded));
  }
  if (first) asio::post(context_, [this] { settle_all(); });
}

void Service::settle_all() {
  std::vector<std::vector<Incoming>> all;
  {
    const std::lock_guard lock(recorded_mutex_);
    all.swap(recorded_);
  }
  for (Incoming& message : all | std::views::join) {
    if (!message.answer) continue;  // of a source that is idle
    settle(message.source, message.sequence, message.taken);
    callbacks_.answered(message.taken);
    message.answer(message.taken);
  }
}

void Service::settle(const std::string& source, std::uint64_t sequence, Expected<Taken>& taken) {
  if (!taken || sequence == 0) return;
  auto& position = positions_[source];
  position = std::max(position, sequence);
  if (taken->slices > 0) unjudged_[source].insert(sequence);
  // One that had come before may still wait for its verdict.
  const auto waiting = unjudged_.find(source);
  if (waiting != unjudged_.end() && waiting->second.contains(sequence))
    taken->slices = std::max<std::size_t>(taken->slices, 1);
}

void Service::judge(const std::string& source, std::uint64_t sequence, const Expected<>& outcome) {
  const auto waiting = unjudged_.find(source);
  if (waiting != unjudged_.end()) {
    waiting->second.erase(sequence);
    if (waiting->second.empty()) unjudged_.erase(waiting);
  }
  callbacks_.verdict(source, sequence, outcome);
}

SourceStanding Service::standing(std::string_view source) const {
  const auto position = positions_.find(source);
  const std::uint64_t last = position == positions_.end() ? 0 : position->second;
  const auto waiting = unjudged_.find(source);
  return {.last_sequence = last, .last_unjudged = waiting == unjudged_.end() ? 0 : *waiting->second.rbegin()};
}

void Service::recorder_ended(const Expected<>& outcome) {
  recorder_ended_ = true;
  // Cut off by a learner that was stopped, it has lost nothing.
  const bool cut_off = stopping_ && !outcome && outcome.error().code() == ErrorCode::out_of_order;
  if (!outcome && outcome_ && !cut_off) outcome_ = outcome;
  if (options_.durability == Durability::none && outcome) {
    learner_->finish();
  } else {
    learner_->stop();
  }
  end_if_both_have();
}

void Service::learner_ended(const Expected<>& outcome, const LearnerCounts& counts) {
  learner_ended_ = true;
  if (!outcome) outcome_ = outcome;  // what the recorder says then only follows from it
  recorder_->stop();
  callbacks_.log("stopped: " + std::to_string(counts.learnt) + " slices learnt, " + std::to_string(counts.refused) +
                 " refused, " + std::to_string(counts.repeated) + " repeated");
  end_if_both_have();
}

void Service::end_if_both_have() {
  if (!recorder_ended_ || !learner_ended_) return;
  threads_at_work_.reset();
  callbacks_.ended(outcome_);
}

}  // namespace gaugeline::stream
