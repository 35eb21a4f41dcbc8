// What HTTP asks of the daemon. Everything is called from the network's thread, except where it says so.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/access.hpp>
#include <gaugeline/types.hpp>

#include "asio.hpp"
#include "body_budget.hpp"
#include "metrics.hpp"

namespace gaugeline::stream {

// The figures of GET /v1/status.
struct DaemonStatus {
  std::string version;
  std::string run;         // empty before the first slice
  std::string model;       // skipgram or gaussian
  std::string durability;  // message, slice or none
  std::uint32_t dimension = 0;
  std::uint64_t slices = 0;  // published; their last index + 1
  std::uint64_t item_rows = 0, context_rows = 0;
  std::optional<Time> watermark;
  std::uint64_t open_windows = 0;
  std::uint64_t queue_messages = 0;                       // that wait to be recorded
  std::uint64_t queue_slices = 0, queue_slices_most = 0;  // that wait for the learner, and how many may
  std::uint64_t body_bytes = 0;                           // of large messages that are coming in
  std::uint64_t journal_bytes = 0;
  std::optional<double> checkpoint_age_seconds;  // nullopt: there is none yet
  double uptime_seconds = 0;
  std::vector<std::string> not_ready;  // why events are not taken now; empty: ready
};

// A line of NDJSON that was refused.
struct LineError {
  std::uint64_t line = 0;  // from 1
  Error reason;
};

struct EventsOutcome {
  std::uint64_t accepted = 0;    // duplicates not among them, late ones are
  std::uint64_t duplicates = 0;  // had been taken in before
  std::uint64_t late = 0;        // of the accepted ones
  std::uint64_t refused = 0;
  std::vector<LineError> errors;  // of the refused, the first 100
};

class HttpHost {
 public:
  virtual ~HttpHost() = default;

  // NDJSON, whose last line needs no line break; resumes when they are acknowledged as the durability says. An error is
  // about all of them: capacity_exceeded means that there is no room now, and that the sender may try again.
  [[nodiscard]] virtual asio::awaitable<Expected<EventsOutcome>> take_events(std::string sender,
                                                                             std::string ndjson) = 0;
  // An encoded slice; likewise.
  [[nodiscard]] virtual asio::awaitable<Expected<>> take_slice(std::string sender, std::vector<std::byte> encoded) = 0;
  // Resumes with true when slices from `from` on are published, at once if they are; with false when the daemon stops.
  // May be cancelled at any moment.
  [[nodiscard]] virtual asio::awaitable<bool> slice_published(std::uint64_t from) = 0;

  [[nodiscard]] virtual DaemonStatus status() const = 0;
  [[nodiscard]] virtual std::string metrics(MetricsFormat format) const = 0;
  // Only read, also by the threads of query_executor(), while the learner publishes into it.
  [[nodiscard]] virtual const formats::SnapshotStore& snapshots() const = 0;
  // Where questions are answered and files are read: never in the thread of the network or of the learner. Its threads
  // are joined before the network's context goes, since what they do cannot be cancelled.
  [[nodiscard]] virtual asio::any_io_executor query_executor() = 0;
  // Under which it may be asked, besides IP addresses and localhost.
  [[nodiscard]] virtual std::span<const std::string> host_names() const = 0;
  // `token` is empty if there was none.
  [[nodiscard]] virtual bool authorized(std::string_view token, Access access) const = 0;
  [[nodiscard]] virtual BodyBudget& bodies() = 0;
  // An answer has been given.
  virtual void answered(unsigned status) = 0;
};

}  // namespace gaugeline::stream
