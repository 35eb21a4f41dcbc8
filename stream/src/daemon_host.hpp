// What HTTP asks of the daemon, answered from the service behind it; and the daemon's metrics.
//
// Lives in the network's thread, but for learnt().
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/server.hpp>

#include "http_host.hpp"
#include "metrics.hpp"
#include "service.hpp"

namespace gaugeline::stream {

class DaemonHost final : public HttpHost {
 public:
  // `snapshots` is open to read. The service and the budget must outlive it.
  DaemonHost(const asio::any_io_executor& executor, const ServerOptions& options, Service& service, BodyBudget& bodies,
             formats::SnapshotStore snapshots);

  // A slice is in a snapshot; from any thread.
  void learnt(const SliceReport& report, double seconds);
  // In the network's thread, after it.
  void announce() { published_.notify_all(); }
  void checkpointed() { last_checkpoint_ = Clock::now(); }
  // An answer to a message, whatever brought it.
  void count(const Expected<Taken>& taken);
  void count(const IntakeLosses& losses);
  // A message that there was no room for.
  void count_refused_body() { metrics_.reject(ErrorCode::capacity_exceeded); }
  void connections(DaemonMetrics::Protocol protocol, double change) { metrics_.connections.add(protocol, change); }
  // Whoever watches is told that nothing follows.
  void stop();

  [[nodiscard]] asio::awaitable<Expected<EventsOutcome>> take_events(std::string sender, std::string ndjson) override;
  [[nodiscard]] asio::awaitable<Expected<>> take_slice(std::string sender, std::vector<std::byte> encoded) override;
  [[nodiscard]] asio::awaitable<bool> slice_published(std::uint64_t from) override;
  [[nodiscard]] DaemonStatus status() const override;
  [[nodiscard]] std::string metrics(MetricsFormat format) const override;
  [[nodiscard]] const formats::SnapshotStore& snapshots() const override { return snapshots_; }
  [[nodiscard]] asio::any_io_executor query_executor() override { return queries_.get_executor(); }
  [[nodiscard]] std::span<const std::string> host_names() const override { return options_.http_hosts; }
  [[nodiscard]] bool authorized(std::string_view token, Access access) const override;
  [[nodiscard]] BodyBudget& bodies() override { return bodies_; }
  void answered(unsigned status) override { metrics_.http_requests.add(status); }

 private:
  [[nodiscard]] asio::awaitable<Expected<Taken>> submit(Incoming message);
  // Resumes when the answer is there, or when none will come.
  struct PendingAnswer;
  [[nodiscard]] asio::awaitable<void> wait_for(PendingAnswer& pending);
  struct Learnt {
    std::uint64_t slices = 0, item_rows = 0, context_rows = 0;
  };
  [[nodiscard]] Learnt last_learnt() const;

  const ServerOptions& options_;
  Service& service_;
  BodyBudget& bodies_;
  formats::SnapshotStore snapshots_;
  mutable DaemonMetrics metrics_;  // some are read off when they are asked for
  Wakeup published_;
  Clock::time_point started_ = Clock::now();
  std::optional<Clock::time_point> last_checkpoint_;
  bool stopping_ = false;
  std::list<PendingAnswer*> pending_;
  mutable std::mutex mutex_;  // of learnt_
  Learnt learnt_;
  asio::thread_pool queries_{1};  // last: what it runs uses the others
};

}  // namespace gaugeline::stream
