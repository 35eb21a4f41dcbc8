// The metrics that every process has, with the names that all Prometheus clients give them.
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "metrics.hpp"

namespace gaugeline::stream {
namespace {

// Fields of /proc/self/stat by their number in proc(5); those before the third hold the program's name in parentheses,
// which may have spaces.
std::optional<double> field_of(std::string_view stat, std::size_t number) {
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  std::size_t at = name_end;
  for (std::size_t i = 2; i < number && at != std::string_view::npos; ++i) at = stat.find(' ', at + 1);
  if (at == std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), value);
  return error == std::errc{} ? std::optional(value) : std::nullopt;
}

// Seconds since 1970 at which the system was started.
std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("btime ")) continue;
    double value = 0;
    const auto [end, error] = std::from_chars(line.data() + 6, line.data() + line.size(), value);
    if (error == std::errc{}) return value;
  }
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", error), end; !error && entry != end;
       entry.increment(error))
    ++count;
  // One of them is the folder that is being read.
  return error || count == 0 ? std::nullopt : std::optional(static_cast<double>(count - 1));
}

std::optional<double> most_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::nullopt;
  return static_cast<double>(limit.rlim_cur);
}

std::optional<double> scaled(std::optional<double> value, double by) {
  return value ? std::optional(*value * by) : std::nullopt;
}

}  // namespace

void write_process_metrics(MetricsWriter& writer) {
  const auto write = [&](MetricsWriter::Type type, std::string_view name, std::string_view help,
                         std::optional<double> value) {
    if (!value) return;
    writer.family(type, name, help);
    writer.sample(*value);
  };
  using enum MetricsWriter::Type;
  std::string stat;
  std::ifstream file("/proc/self/stat");
  std::getline(file, stat);
  const double tick = 1 / static_cast<double>(::sysconf(_SC_CLK_TCK));
  const auto user = field_of(stat, 14);
  const auto system = field_of(stat, 15);
  write(counter, "process_cpu_seconds", "User and system CPU time spent",
        user && system ? std::optional((*user + *system) * tick) : std::nullopt);
  write(gauge, "process_resident_memory_bytes", "Resident memory size",
        scaled(field_of(stat, 24), static_cast<double>(::sysconf(_SC_PAGESIZE))));
  write(gauge, "process_virtual_memory_bytes", "Virtual memory size", field_of(stat, 23));
  write(gauge, "process_open_fds", "Open file descriptors", open_descriptors());
  write(gauge, "process_max_fds", "Most file descriptors that may be open", most_descriptors());
  const auto boot = boot_time();
  const auto started = scaled(field_of(stat, 22), tick);
  write(gauge, "process_start_time_seconds", "When the process started, since 1970",
        boot && started ? std::optional(*boot + *started) : std::nullopt);
}

}  // namespace gaugeline::stream
