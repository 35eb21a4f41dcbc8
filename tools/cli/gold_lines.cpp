#include "gold_lines.hpp"

#include <vector>

#include "line_reader.hpp"

namespace gaugeline::cli {
namespace {

constexpr std::size_t max_line_bytes = 1 << 16;

std::vector<std::string_view> split(std::string_view line) {
  std::vector<std::string_view> fields;
  for (std::size_t tab = line.find('\t'); tab != std::string_view::npos; tab = line.find('\t')) {
    fields.push_back(line.substr(0, tab));
    line.remove_prefix(tab + 1);
  }
  fields.push_back(line);
  return fields;
}

Expected<> take_line(const LineReader& lines, const GoldLineTaker& take) {
  if (lines.too_long()) return fail(ErrorCode::bad_data, "longer than ", max_line_bytes, " bytes");
  return take(split(lines.line()));
}

}  // namespace

Expected<> read_gold_lines(const std::string& path, const GoldLineTaker& take) {
  auto lines = LineReader::open(path, max_line_bytes);
  if (!lines) return std::unexpected(lines.error());
  while (lines->next()) {
    if (lines->line().empty()) continue;
    if (const auto taken = take_line(*lines, take); !taken)
      return std::unexpected(taken.error().within(path + ":" + std::to_string(lines->number())));
  }
  return {};
}

}  // namespace gaugeline::cli
