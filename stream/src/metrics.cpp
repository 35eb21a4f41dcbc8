#include "metrics.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gaugeline::stream {
namespace {

// One per ErrorCode, in its order ("bad data" -> "bad_data"), and one for what comes after the last.
std::vector<std::string> error_labels() {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i <= static_cast<std::size_t>(ErrorCode::permission_denied); ++i) {
    std::string label(name(static_cast<ErrorCode>(i)));
    for (char& c : label) c = c == ' ' || c == '/' ? '_' : c;
    labels.push_back(std::move(label));
  }
  labels.emplace_back("other");
  return labels;
}

// As both formats write numbers; a bound has a point or an exponent ("1.0"), as OpenMetrics wants it.
std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> digits{};
  return {digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr};
}

std::string bound(double value) {
  std::string text = number(value);
  if (text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
  return text;
}

// Quotes are escaped in label values, and in the help of OpenMetrics.
void append_escaped(std::string& page, std::string_view text, bool quotes) {
  for (const char c : text) {
    if (c == '\\' || (c == '"' && quotes)) page += '\\';
    if (c == '\n') {
      page += "\\n";
    } else {
      page += c;
    }
  }
}

}  // namespace

std::string_view content_type(MetricsFormat format) noexcept {
  return format == MetricsFormat::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                              : "text/plain; version=0.0.4; charset=utf-8";
}

// In Prometheus text the family of a counter is called as its samples are; in OpenMetrics it goes without _total.
void MetricsWriter::family(Type type, std::string_view name, std::string_view help) {
  constexpr std::array<std::string_view, 3> types{"counter", "gauge", "histogram"};
  const bool open = format_ == MetricsFormat::openmetrics;
  name_ = name;
  if (type == Type::counter) name_ += "_total";
  const std::string_view shown = open ? name : std::string_view(name_);
  page_.append("# HELP ").append(shown) += ' ';
  append_escaped(page_, help, open);
  page_.append("\n# TYPE ").append(shown).append(" ").append(types[static_cast<std::size_t>(type)]) += '\n';
}

void MetricsWriter::sample(double value, std::string_view suffix, std::initializer_list<Label> labels) {
  page_.append(name_).append(suffix);
  char before = '{';
  for (const Label& label : labels) {
    (page_ += before).append(label.name).append("=\"");
    append_escaped(page_, label.value, true);
    page_ += '"';
    before = ',';
  }
  if (labels.size() != 0) page_ += '}';
  (page_ += ' ').append(number(value)) += '\n';
}

std::string MetricsWriter::finish() {
  if (format_ == MetricsFormat::openmetrics) page_ += "# EOF\n";
  return std::move(page_);
}

void MetricsRegistry::write(MetricsWriter& writer) const {
  for (const Metric* metric : metrics_) metric->write(writer);
}

void Counter::write(MetricsWriter& writer) const {
  writer.family(MetricsWriter::Type::counter, name(), help());
  writer.sample(static_cast<double>(value()));
}

void Gauge::write(MetricsWriter& writer) const {
  writer.family(MetricsWriter::Type::gauge, name(), help());
  const double value = value_.load(std::memory_order_relaxed);
  if (!std::isnan(value)) writer.sample(value);
}

void LabelledCounter::write(MetricsWriter& writer) const {
  writer.family(MetricsWriter::Type::counter, name(), help());
  write_samples(writer);
}

void LabelledGauge::write(MetricsWriter& writer) const {
  writer.family(MetricsWriter::Type::gauge, name(), help());
  write_samples(writer);
}

void Histogram::observe(double value) noexcept {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

// The count is the sum over the buckets as they are read here, so that the two agree while others observe.
void Histogram::write(MetricsWriter& writer) const {
  writer.family(MetricsWriter::Type::histogram, name(), help());
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    count += counts_[i].load(std::memory_order_relaxed);
    const double most = i < bounds_.size() ? bounds_[i] : std::numeric_limits<double>::infinity();
    writer.sample(static_cast<double>(count), "_bucket", {{"le", bound(most)}});
  }
  writer.sample(sum_.load(std::memory_order_relaxed), "_sum");
  writer.sample(static_cast<double>(count), "_count");
}

void StatusCounter::write(MetricsWriter& writer) const {
  writer.family(MetricsWriter::Type::counter, name(), help());
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const auto count = counts_[i].load(std::memory_order_relaxed);
    if (count != 0) writer.sample(static_cast<double>(count), {}, {{"code", std::to_string(i + first)}});
  }
}

DaemonMetrics::DaemonMetrics()
    : events_rejected(registry, "gaugeline_events_rejected", "Events and slices that were refused, by reason", "reason",
                      error_labels()),
      rows(registry, "gaugeline_rows", "Rows of the model in use", "side", {"items", "contexts"}),
      connections(registry, "gaugeline_connections", "Open connections", "protocol", {"framed", "http"}) {}

void DaemonMetrics::reject(ErrorCode why, std::uint64_t count) noexcept {
  constexpr auto other = static_cast<std::size_t>(ErrorCode::permission_denied) + 1;
  events_rejected.add(std::min(static_cast<std::size_t>(why), other), count);
}

std::string DaemonMetrics::page(MetricsFormat format) const {
  MetricsWriter writer(format);
  registry.write(writer);
  write_process_metrics(writer);
  return writer.finish();
}

}  // namespace gaugeline::stream
