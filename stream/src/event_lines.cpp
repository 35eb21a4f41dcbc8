#include "event_lines.hpp"

#include <utility>

namespace gaugeline::stream {

EventLines read_event_lines(std::string_view text, const EventLimits& limits) {
  EventLines read;
  read.text.reserve(text.size() + 1);
  for (std::uint64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    auto event = parse_event(line, limits);
    if (!event) {
      ++read.refused;
      if (read.told.size() < max_told_lines) read.told.push_back({number, std::string(event.error().message())});
      continue;
    }
    const std::size_t begin = read.text.size();
    read.text.append(line).push_back('\n');
    read.lines.push_back({.number = number, .begin = begin, .end = read.text.size(), .event = std::move(*event)});
  }
  return read;
}

}  // namespace gaugeline::stream
