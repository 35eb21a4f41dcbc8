// Figures about the running daemon, for monitoring: counters, gauges and histograms that any thread may change, written
// as Prometheus text 0.0.4 or OpenMetrics 1.0. Names and units follow the guidelines of prometheus.io: base units
// (seconds, bytes, radians), the name of a counter ends with _total where it is written.
//
// A metric registers itself where it is made; `DaemonMetrics` at the end declares all that the daemon has. Label values
// are fixed when a metric is made, so that nobody outside can make the list grow.
//
// Thread-safety: values may be changed and written by any number of threads at once (relaxed atomics: each value is
// right, a set of them is no snapshot of one instant). Metrics are made and destroyed by one thread. Cost: one atomic
// operation a change.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

enum class MetricsFormat : std::uint8_t { prometheus_text, openmetrics };
// As an HTTP header has it.
[[nodiscard]] std::string_view content_type(MetricsFormat format) noexcept;

// One page of metrics as text, one family after another.
class MetricsWriter {
 public:
  explicit MetricsWriter(MetricsFormat format) : format_(format) {}

  struct Label {
    std::string_view name, value;
  };
  enum class Type : std::uint8_t { counter, gauge, histogram };
  // Begins a family; of a counter, `name` is without _total. The samples follow.
  void family(Type type, std::string_view name, std::string_view help);
  // A sample of the family: its name, suffix, labels. Those of a counter get _total.
  void sample(double value, std::string_view suffix = {}, std::initializer_list<Label> labels = {});
  [[nodiscard]] std::string finish();  // the page, complete; call once

 private:
  MetricsFormat format_;
  std::string name_;  // of the family, as its samples have it
  std::string page_;
};

class Metric;

// All metrics of a program, in the order in which they were made.
class MetricsRegistry {
 public:
  MetricsRegistry() = default;
  MetricsRegistry(const MetricsRegistry&) = delete;
  MetricsRegistry& operator=(const MetricsRegistry&) = delete;
  void write(MetricsWriter& writer) const;

 private:
  friend class Metric;
  std::vector<const Metric*> metrics_;
};

// What all have. `name` and `help` are literals: they are not copied. The registry must outlive its use.
class Metric {
 public:
  Metric(MetricsRegistry& registry, std::string_view name, std::string_view help) : name_(name), help_(help) {
    registry.metrics_.push_back(this);
  }
  Metric(const Metric&) = delete;
  Metric& operator=(const Metric&) = delete;
  virtual ~Metric() = default;
  virtual void write(MetricsWriter& writer) const = 0;

 protected:
  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] std::string_view help() const noexcept { return help_; }

 private:
  std::string_view name_, help_;
};

// Counts up from 0.
class Counter final : public Metric {
 public:
  using Metric::Metric;
  void add(std::uint64_t count = 1) noexcept { value_.fetch_add(count, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }
  void write(MetricsWriter& writer) const override;

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Any value; none is written before the first is set, nor while it is NaN.
class Gauge final : public Metric {
 public:
  using Metric::Metric;
  void set(double value) noexcept { value_.store(value, std::memory_order_relaxed); }
  void write(MetricsWriter& writer) const override;

 private:
  std::atomic<double> value_{std::numeric_limits<double>::quiet_NaN()};
};

// The same name with one label, which takes the values given.
template <class Value>
class Labelled : public Metric {
 public:
  Labelled(MetricsRegistry& registry, std::string_view name, std::string_view help, std::string_view label,
           std::vector<std::string> values)
      : Metric(registry, name, help), label_(label), labels_(std::move(values)), values_(labels_.size()) {}

 protected:
  [[nodiscard]] std::atomic<Value>& at(std::size_t index) noexcept { return values_[index]; }
  void write_samples(MetricsWriter& writer) const {
    for (std::size_t i = 0; i < values_.size(); ++i)
      writer.sample(static_cast<double>(values_[i].load(std::memory_order_relaxed)), {}, {{label_, labels_[i]}});
  }

 private:
  std::string_view label_;
  std::vector<std::string> labels_;
  std::vector<std::atomic<Value>> values_;
};

// Counters by the place of their label value in the list.
class LabelledCounter final : public Labelled<std::uint64_t> {
 public:
  using Labelled::Labelled;
  void add(std::size_t index, std::uint64_t count = 1) noexcept {
    at(index).fetch_add(count, std::memory_order_relaxed);
  }
  void write(MetricsWriter& writer) const override;
};

// Gauges that begin at 0, by the place of their label value in the list.
class LabelledGauge final : public Labelled<double> {
 public:
  using Labelled::Labelled;
  void set(std::size_t index, double value) noexcept { at(index).store(value, std::memory_order_relaxed); }
  void add(std::size_t index, double change) noexcept { at(index).fetch_add(change, std::memory_order_relaxed); }
  void write(MetricsWriter& writer) const override;
};

// How often a value fell at or below each bound; the bounds rise, and +Inf is added.
class Histogram final : public Metric {
 public:
  Histogram(MetricsRegistry& registry, std::string_view name, std::string_view help, std::vector<double> bounds)
      : Metric(registry, name, help), bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {}
  void observe(double value) noexcept;
  void write(MetricsWriter& writer) const override;

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;  // per bucket, not cumulative
  std::atomic<double> sum_{0};
};

// HTTP answers by status; those that were given are written.
class StatusCounter final : public Metric {
 public:
  using Metric::Metric;
  void add(unsigned status) noexcept {  // from 100 to 599
    counts_[(status - first) % counts_.size()].fetch_add(1, std::memory_order_relaxed);
  }
  void write(MetricsWriter& writer) const override;

 private:
  static constexpr unsigned first = 100;
  std::array<std::atomic<std::uint64_t>, 500> counts_{};
};

// What is about the process and not about gaugeline: CPU time, memory, file descriptors, start time. Read where the
// system has them (/proc), when they are written.
void write_process_metrics(MetricsWriter& writer);

// Everything that the daemon tells.
struct DaemonMetrics {
  enum Side : std::uint8_t { items, contexts };
  enum Protocol : std::uint8_t { framed, http };

  DaemonMetrics();
  // Together with those of the process.
  [[nodiscard]] std::string page(MetricsFormat format) const;
  void reject(ErrorCode why, std::uint64_t count = 1) noexcept;

  MetricsRegistry registry;
  Counter events{registry, "gaugeline_events", "Events taken in, late ones included"};
  Counter events_late{registry, "gaugeline_events_late", "Events that came after their window had closed"};
  LabelledCounter events_rejected;
  Counter events_duplicate{registry, "gaugeline_events_duplicate", "Events that had been taken in before"};
  Counter tokens_oversized{registry, "gaugeline_tokens_oversized",
                           "Words of text that were left out, longer than a token may be"};
  Counter sources_forgotten{registry, "gaugeline_sources_forgotten",
                            "Sources of events that were forgotten, since there were more than are kept"};
  Counter windows_closed_early{registry, "gaugeline_windows_closed_early",
                               "Windows of events that were closed early, since the open ones took too much memory"};
  Counter slices_dropped{registry, "gaugeline_slices_dropped",
                         "Windows of events that were lost, too large to become a slice"};
  Counter slices{registry, "gaugeline_slices", "Slices learnt"};
  Gauge queue_messages{registry, "gaugeline_queue_messages", "Messages that wait to be recorded"};
  Gauge body_bytes{registry, "gaugeline_body_bytes",
                   "Memory of large messages that are coming in, beyond the free part of each"};
  Gauge queue_slices{registry, "gaugeline_queue_slices", "Slices that wait for the learner"};
  Gauge watermark_lag{registry, "gaugeline_watermark_lag_seconds", "How far the watermark lies behind the clock"};
  Histogram slice_duration{registry,
                           "gaugeline_slice_duration_seconds",
                           "Time to learn a slice and publish its snapshot",
                           {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}};
  Gauge prequential_score{registry, "gaugeline_prequential_score",
                          "Mean log-likelihood in nats of the last slice before it was learnt"};
  Gauge rotation_angle{registry, "gaugeline_rotation_angle_radians",
                       "Largest principal angle that the gauge step turned back in the last slice"};
  Gauge gauge_residual{registry, "gaugeline_gauge_residual",
                       "Relative distance from the reference after the gauge step of the last slice"};
  LabelledGauge rows;
  Counter evictions{registry, "gaugeline_evictions", "Rows that were given to another token"};
  Gauge journal_bytes{registry, "gaugeline_journal_bytes", "Size of the journal on disk"};
  Gauge checkpoint_age{registry, "gaugeline_checkpoint_age_seconds", "Time since the last checkpoint"};
  StatusCounter http_requests{registry, "gaugeline_http_requests", "HTTP requests answered, by status"};
  LabelledGauge connections;
};

}  // namespace gaugeline::stream
