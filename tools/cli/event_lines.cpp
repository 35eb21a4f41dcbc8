#include "event_lines.hpp"

#include <iostream>

#include "line_reader.hpp"

namespace gaugeline::cli {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

Expected<> take_line(const LineReader& lines, const stream::EventLimits& limits, const EventTaker& take) {
  if (lines.too_long()) return fail(ErrorCode::capacity_exceeded, "longer than ", limits.line_bytes, " bytes");
  auto event = stream::parse_event(lines.line(), limits);
  if (!event) return std::unexpected(event.error());
  return take(std::move(*event));
}

}  // namespace

Expected<> BadLines::report(const Error& error) {
  if (strict_) return fail(ErrorCode::bad_data, error.message());
  constexpr std::uint64_t most_shown = 20;
  if (++count_ <= most_shown) std::cerr << error.message() << '\n';
  if (count_ == most_shown) std::cerr << "further bad lines are only counted\n";
  return {};
}

Expected<> read_events(const InputFile& file, BadLines& bad_lines, const EventTaker& take) {
  const stream::EventLimits limits;
  auto lines = LineReader::open(file.path, limits.line_bytes);
  if (!lines) return std::unexpected(lines.error());
  while (lines->next()) {
    if (is_blank(lines->line())) continue;
    if (const auto taken = take_line(*lines, limits, take); !taken) {
      const std::string place = file.name + ":" + std::to_string(lines->number());
      if (auto reported = bad_lines.report(taken.error().within(place)); !reported) return reported;
    }
  }
  return {};
}

}  // namespace gaugeline::cli
