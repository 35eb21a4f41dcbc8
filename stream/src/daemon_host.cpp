#include "daemon_host.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <utility>

namespace gaugeline::stream {
namespace {

// For room in the queue, before a client is told to come again: longer than most slices take to be learnt, and shorter
// than clients wait for an answer.
constexpr std::chrono::seconds patience{10};

double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

}  // namespace

// Where an answer comes to, whether anybody still waits for it or not.
struct DaemonHost::PendingAnswer {
  explicit PendingAnswer(const asio::any_io_executor& executor) : changed(executor) {}
  std::optional<Expected<Taken>> taken;
  Wakeup changed;
};

DaemonHost::DaemonHost(const asio::any_io_executor& executor, const ServerOptions& options, Service& service,
                       BodyBudget& bodies, formats::SnapshotStore snapshots)
    : options_(options), service_(service), bodies_(bodies), snapshots_(std::move(snapshots)), published_(executor) {
  const RestoredRun& restored = service.restored();
  learnt_ = {.slices = restored.slices, .item_rows = restored.item_rows, .context_rows = restored.context_rows};
}

void DaemonHost::learnt(const SliceReport& report, double seconds) {
  metrics_.slices.add();
  metrics_.slice_duration.observe(seconds);
  if (report.scored > 0) metrics_.prequential_score.set(report.score);
  metrics_.rotation_angle.set(report.rotation_angle);
  metrics_.gauge_residual.set(report.gauge_residual);
  const Learnt now{.slices = report.slice + 1, .item_rows = report.item_rows, .context_rows = report.context_rows};
  const std::lock_guard lock(mutex_);
  // Rows that were there, and those that came, less those that are there.
  metrics_.evictions.add(learnt_.item_rows + report.new_item_rows - now.item_rows + learnt_.context_rows +
                         report.new_context_rows - now.context_rows);
  learnt_ = now;
}

void DaemonHost::count(const Expected<Taken>& taken) {
  if (!taken) {
    metrics_.reject(taken.error().code());
  } else if (taken->events) {
    metrics_.events.add(taken->events->counted + taken->events->late);
    metrics_.events_late.add(taken->events->late);
    metrics_.events_duplicate.add(taken->events->duplicates);
    metrics_.reject(ErrorCode::bad_data, taken->events->refused);
  }
}

void DaemonHost::count(const IntakeLosses& losses) {
  metrics_.windows_closed_early.add(losses.windows_closed_early);
  metrics_.slices_dropped.add(losses.slices_dropped);
  metrics_.sources_forgotten.add(losses.sources_forgotten);
  metrics_.tokens_oversized.add(losses.tokens_oversized);
}

void DaemonHost::stop() {
  stopping_ = true;
  published_.notify_all();
  for (PendingAnswer* pending : pending_) pending->changed.notify_all();
}

asio::awaitable<Expected<Taken>> DaemonHost::submit(Incoming message) {
  if (stopping_) co_return fail(ErrorCode::capacity_exceeded, "the daemon is stopping");
  const auto pending = std::make_shared<PendingAnswer>(co_await asio::this_coro::executor);
  message.answer = [pending](const Expected<Taken>& taken) {
    pending->taken = taken;
    pending->changed.notify_all();
  };
  if (!co_await service_.submit(message, patience)) {
    co_return fail(ErrorCode::capacity_exceeded, "the queue of messages is full: the disk or the learner is behind");
  }
  co_await wait_for(*pending);
  if (!pending->taken) co_return fail(ErrorCode::capacity_exceeded, "the daemon is stopping");
  co_return *pending->taken;
}

asio::awaitable<void> DaemonHost::wait_for(PendingAnswer& pending) {
  const auto place = pending_.insert(pending_.end(), &pending);
  // However this ends; a coroutine that is cancelled ends by an exception.
  const std::unique_ptr<PendingAnswer, std::function<void(PendingAnswer*)>> leave(
      &pending, [&](PendingAnswer*) { pending_.erase(place); });
  while (!pending.taken && !stopping_) co_await pending.changed.wait();
}

asio::awaitable<Expected<EventsOutcome>> DaemonHost::take_events(std::string sender, std::string ndjson) {
  const auto bytes = std::as_bytes(std::span(ndjson));
  std::vector<std::byte> body(bytes.begin(), bytes.end());
  std::string().swap(ndjson);
  auto message = co_await service_.decode(MessageKind::events, std::move(sender), 0, std::move(body));
  auto* lines = std::get_if<EventLines>(&message.content);
  Taken taken;
  if (lines->lines.empty()) {
    taken.events = EventsTaken();
    taken.events->refused = lines->refused;
    taken.told = std::move(lines->told);
    metrics_.reject(ErrorCode::bad_data, lines->refused);
  } else {
    auto answer = co_await submit(std::move(message));
    if (!answer) co_return std::unexpected(answer.error());
    taken = std::move(*answer);
  }
  const EventsTaken counts = taken.events.value_or(EventsTaken());
  EventsOutcome outcome{.accepted = counts.counted + counts.late,
                        .duplicates = counts.duplicates,
                        .late = counts.late,
                        .refused = counts.refused,
                        .errors = {}};
  for (const RefusedLine& told : taken.told)
    outcome.errors.push_back({told.line, Error(ErrorCode::bad_data, std::string_view(told.reason))});
  co_return outcome;
}

asio::awaitable<Expected<>> DaemonHost::take_slice(std::string sender, std::vector<std::byte> encoded) {
  const auto taken =
      co_await submit(co_await service_.decode(MessageKind::slice, std::move(sender), 0, std::move(encoded)));
  if (!taken) co_return std::unexpected(taken.error());
  co_return Expected<>{};
}

asio::awaitable<bool> DaemonHost::slice_published(std::uint64_t from) {
  while (!stopping_ && last_learnt().slices <= from) co_await published_.wait();
  co_return !stopping_;
}

DaemonHost::Learnt DaemonHost::last_learnt() const {
  const std::lock_guard lock(mutex_);
  return learnt_;
}

DaemonStatus DaemonHost::status() const {
  const RecorderStatus recorder = service_.status();
  const Learnt learnt = last_learnt();
  DaemonStatus status;
  status.version = GAUGELINE_VERSION;
  status.run = service_.restored().run;
  status.model = options_.learner.likelihood == Likelihood::skipgram ? "skipgram" : "gaussian";
  status.durability = name(options_.durability);
  status.dimension = options_.learner.dimension;
  status.slices = learnt.slices;
  status.item_rows = learnt.item_rows;
  status.context_rows = learnt.context_rows;
  status.watermark = recorder.watermark;
  status.open_windows = recorder.open_windows;
  status.queue_messages = service_.waiting_messages();
  status.queue_slices = service_.waiting_slices();
  status.queue_slices_most = options_.queue_slices;
  status.body_bytes = bodies_.taken();
  status.journal_bytes = recorder.journal_bytes;
  if (last_checkpoint_) status.checkpoint_age_seconds = seconds_since(*last_checkpoint_);
  status.uptime_seconds = seconds_since(started_);
  if (stopping_) status.not_ready.emplace_back("the daemon is stopping");
  if (!recorder.replayed) status.not_ready.emplace_back("the journal is being replayed");
  if (recorder.disk_full || service_.learner_waits()) status.not_ready.emplace_back("the disk is full");
  return status;
}

std::string DaemonHost::metrics(MetricsFormat format) const {
  const DaemonStatus now = status();
  metrics_.queue_messages.set(static_cast<double>(now.queue_messages));
  metrics_.queue_slices.set(static_cast<double>(now.queue_slices));
  metrics_.body_bytes.set(static_cast<double>(now.body_bytes));
  metrics_.journal_bytes.set(static_cast<double>(now.journal_bytes));
  metrics_.rows.set(DaemonMetrics::items, static_cast<double>(now.item_rows));
  metrics_.rows.set(DaemonMetrics::contexts, static_cast<double>(now.context_rows));
  if (now.watermark)
    metrics_.watermark_lag.set(std::chrono::duration<double>(options_.clock() - *now.watermark).count());
  if (now.checkpoint_age_seconds) metrics_.checkpoint_age.set(*now.checkpoint_age_seconds);
  return metrics_.page(format);
}

bool DaemonHost::authorized(std::string_view token, Access access) const {
  return !options_.access || options_.access->allows(token, access);
}

}  // namespace gaugeline::stream
