#include "metrics.hpp"

#include <doctest/doctest.h>

#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <thread>

namespace gaugeline::stream {
namespace {

// Reads a page strictly: of each family HELP, TYPE, then its samples and no others; every sample once; names and labels
// well formed; a counter's samples with _total; histograms complete and cumulative; OpenMetrics ends with # EOF.
class Page {
 public:
  Page(const std::string& text, MetricsFormat format) : rest_(text), open_(format == MetricsFormat::openmetrics) {
    REQUIRE(text.ends_with('\n'));
    while (!rest_.empty()) {
      if (rest_ == "# EOF\n") break;
      read_family();
    }
    CHECK((rest_ == "# EOF\n") == open_);
  }

  std::map<std::string, double> samples;
  std::map<std::string, std::string> types, helps;

 private:
  std::string_view line() {
    const auto end = rest_.find('\n');
    const auto found = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return found;
  }
  static void check_name(std::string_view name) {
    CAPTURE(name);
    CHECK(!name.empty());
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
  }
  static std::string_view after(std::string_view text, std::string_view start) {
    CAPTURE(text);
    REQUIRE(text.starts_with(start));
    return text.substr(start.size());
  }

  void read_family() {
    const auto help = after(line(), "# HELP ");
    const std::string name(help.substr(0, help.find(' ')));
    const auto type = after(after(line(), "# TYPE "), name + " ");
    CAPTURE(name);
    check_name(name);
    CHECK(types.emplace(name, type).second);
    helps[name] = help.substr(name.size() + 1);
    const bool counter = type == "counter";
    if (counter) CHECK(name.ends_with("_total") != open_);
    const std::string base = counter && open_ ? name + "_total" : name;
    std::optional<double> bucket, count;
    while (!rest_.empty() && !rest_.starts_with('#')) {
      const auto sample = after(line(), base);
      const auto space = sample.rfind(' ');
      REQUIRE(space != std::string_view::npos);
      const auto key = sample.substr(0, space);
      const double value = read_number(sample.substr(space + 1));
      CHECK(samples.emplace(base + std::string(key), value).second);
      if (type != "histogram") {
        check_labels(key);
      } else if (key.starts_with("_bucket{")) {
        const auto most = key.substr(12, key.size() - 14);
        CHECK((most == "+Inf" || most.find_first_of(".e") != std::string_view::npos));
        CHECK(value >= bucket.value_or(0));
        bucket = value;
      } else if (key == "_count") {
        count = value;
      } else {
        CHECK(key == "_sum");
      }
      if (counter) CHECK(value >= 0);
    }
    if (type == "histogram") CHECK((count && bucket == count));
  }

  static void check_labels(std::string_view labels) {
    if (labels.empty()) return;
    CAPTURE(labels);
    REQUIRE(labels.starts_with('{'));
    REQUIRE(labels.ends_with("\"}"));
    const auto equals = labels.find("=\"");
    REQUIRE(equals != std::string_view::npos);
    check_name(labels.substr(1, equals - 1));
    const auto value = labels.substr(equals + 2, labels.size() - equals - 4);
    for (std::size_t i = 0; i < value.size(); ++i) {
      CHECK(value[i] != '"');
      if (value[i] == '\\') CHECK(std::string_view("\\\"n").find(value[++i]) != std::string_view::npos);
    }
  }

  static double read_number(std::string_view text) {
    if (text == "+Inf") return INFINITY;
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    CAPTURE(text);
    CHECK((error == std::errc{} && end == text.data() + text.size()));
    return value;
  }

  std::string_view rest_;
  bool open_;
};

constexpr auto both = {MetricsFormat::prometheus_text, MetricsFormat::openmetrics};

TEST_CASE("every figure of the daemon is on the page, well formed in both formats") {
  DaemonMetrics metrics;
  metrics.events.add(7);
  metrics.reject(ErrorCode::bad_data, 2);
  metrics.rows.set(DaemonMetrics::contexts, 12);
  metrics.connections.add(DaemonMetrics::http, 1);
  metrics.queue_messages.set(3);
  metrics.slice_duration.observe(.02);
  metrics.slice_duration.observe(1e9);
  metrics.http_requests.add(200);
  metrics.http_requests.add(404);
  metrics.http_requests.add(404);
  for (const auto format : both) {
    const std::string text = metrics.page(format);
    CAPTURE(text);
    const Page page(text, format);
    CHECK(page.samples.at("gaugeline_events_total") == 7);
    CHECK(page.samples.at("gaugeline_events_late_total") == 0);
    CHECK(page.samples.at("gaugeline_events_duplicate_total") == 0);
    CHECK(page.samples.at("gaugeline_events_rejected_total{reason=\"bad_data\"}") == 2);
    CHECK(page.samples.at("gaugeline_events_rejected_total{reason=\"I_O_error\"}") == 0);
    for (const std::string name : {"gaugeline_windows_closed_early", "gaugeline_slices_dropped",
                                   "gaugeline_sources_forgotten", "gaugeline_tokens_oversized"}) {
      CAPTURE(name);
      CHECK(page.samples.at(name + "_total") == 0);
    }
    CHECK(page.samples.at("gaugeline_slices_total") == 0);
    CHECK(page.samples.at("gaugeline_evictions_total") == 0);
    CHECK(page.samples.at("gaugeline_rows{side=\"contexts\"}") == 12);
    CHECK(page.samples.at("gaugeline_connections{protocol=\"http\"}") == 1);
    CHECK(page.samples.at("gaugeline_queue_messages") == 3);
    CHECK(page.samples.at("gaugeline_slice_duration_seconds_bucket{le=\"0.01\"}") == 0);
    CHECK(page.samples.at("gaugeline_slice_duration_seconds_bucket{le=\"0.025\"}") == 1);
    CHECK(page.samples.at("gaugeline_slice_duration_seconds_bucket{le=\"1.0\"}") == 1);
    CHECK(page.samples.at("gaugeline_slice_duration_seconds_bucket{le=\"+Inf\"}") == 2);
    CHECK(page.samples.at("gaugeline_slice_duration_seconds_count") == 2);
    CHECK(page.samples.at("gaugeline_slice_duration_seconds_sum") == doctest::Approx(1e9));
    CHECK(page.samples.at("gaugeline_http_requests_total{code=\"200\"}") == 1);
    CHECK(page.samples.at("gaugeline_http_requests_total{code=\"404\"}") == 2);
    for (const std::string name :
         {"gaugeline_watermark_lag_seconds", "gaugeline_prequential_score", "gaugeline_rotation_angle_radians",
          "gaugeline_gauge_residual", "gaugeline_journal_bytes", "gaugeline_checkpoint_age_seconds"}) {
      CAPTURE(name);
      CHECK(page.types.at(name) == "gauge");
      CHECK_FALSE(page.samples.contains(name));  // not known yet
    }
  }
}

TEST_CASE("the figures of the process are there under their usual names, and plausible") {
  for (const auto format : both) {
    MetricsWriter writer(format);
    write_process_metrics(writer);
    const Page page(writer.finish(), format);
    CHECK(page.samples.at("process_cpu_seconds_total") < 1e6);
    CHECK(page.samples.at("process_resident_memory_bytes") > 1e5);
    CHECK(page.samples.at("process_virtual_memory_bytes") >= page.samples.at("process_resident_memory_bytes"));
    CHECK(page.samples.at("process_open_fds") >= 2);
    CHECK(page.samples.at("process_max_fds") >= page.samples.at("process_open_fds"));
    CHECK(page.samples.at("process_start_time_seconds") > 1.7e9);
  }
}

TEST_CASE("label values and help are escaped") {
  for (const auto format : both) {
    MetricsRegistry registry;
    LabelledCounter metric(registry, "odd", "a \\ and a\nline, \"quoted\"", "what", {"a\"b\\c\nd"});
    metric.add(0, 5);
    MetricsWriter writer(format);
    registry.write(writer);
    const Page page(writer.finish(), format);
    CHECK(page.samples.at("odd_total{what=\"a\\\"b\\\\c\\nd\"}") == 5);
    if (format == MetricsFormat::openmetrics) {
      CHECK(page.helps.at("odd") == "a \\\\ and a\\nline, \\\"quoted\\\"");
    } else {
      CHECK(page.helps.at("odd_total") == "a \\\\ and a\\nline, \"quoted\"");
    }
  }
}

TEST_CASE("nothing is lost when several threads count while others write") {
  MetricsRegistry registry;
  Counter counter(registry, "counted", "");
  Histogram histogram(registry, "observed", "", {1, 2});
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < 1000; ++i) {
          counter.add();
          histogram.observe(i % 3);
        }
      });
    }
    for (int i = 0; i < 20; ++i) {
      MetricsWriter writer(MetricsFormat::openmetrics);
      registry.write(writer);
      const Page consistent(writer.finish(), MetricsFormat::openmetrics);
    }
  }
  MetricsWriter writer(MetricsFormat::openmetrics);
  registry.write(writer);
  const Page page(writer.finish(), MetricsFormat::openmetrics);
  CHECK(page.samples.at("counted_total") == 4000);
  CHECK(page.samples.at("observed_bucket{le=\"1.0\"}") == 4 * 667);
  CHECK(page.samples.at("observed_sum") == 4 * 999);
}

}  // namespace
}  // namespace gaugeline::stream
