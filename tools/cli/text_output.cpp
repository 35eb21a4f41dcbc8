#include "text_output.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/json_writer.hpp>

namespace gaugeline::cli {
namespace {

// Characters, not bytes: continuation bytes of UTF-8 take no room.
std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void print_row(std::ostream& out, const std::vector<TextTable::Column>& columns, const std::vector<std::size_t>& widths,
               const auto& cell) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string_view text = cell(i);
    const std::string padding(widths[i] - width(text), ' ');
    if (i != 0) line += "  ";
    line += columns[i].align == TextTable::Align::right ? padding + std::string(text) : std::string(text) + padding;
  }
  line.erase(line.find_last_not_of(' ') + 1);
  out << line << '\n';
}

}  // namespace

std::string fixed(double number, int digits) {
  std::array<char, 64> text{};
  const auto [end, error] =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed, digits);
  return error == std::errc{} ? std::string(text.data(), end) : std::to_string(number);
}

std::string grouped(double number) {
  std::string text = fixed(number, 0);
  const std::size_t first = text.starts_with('-') ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string byte_count(std::uint64_t bytes) {
  constexpr std::array<std::string_view, 4> units{"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " bytes";
  double amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < units.size(); ++unit) amount /= 1024;
  return fixed(amount, 1) + ' ' + std::string(units[unit]);
}

std::string time_label(const TimeInterval& interval) {
  std::string begin = stream::format_time(interval.begin);
  const std::string end = stream::format_time(interval.end);
  const auto both_end_with = [&](std::string_view tail) { return begin.ends_with(tail) && end.ends_with(tail); };
  for (const std::string_view tail : {"-01-01T00:00:00Z", "-01T00:00:00Z", "T00:00:00Z"}) {
    if (both_end_with(tail)) return begin.substr(0, begin.size() - tail.size());
  }
  return begin;
}

std::string slice_label(const stream::SliceStamp& slice) {
  return "slice " + std::to_string(slice.index) + " (" + time_label(slice.interval) + ")";
}

std::string token_list(const std::vector<std::string>& tokens) {
  std::string list;
  for (const std::string& token : tokens) list += (list.empty() ? "" : ", ") + stream::printable(token);
  return list;
}

std::string token_list(const std::vector<stream::ScoredToken>& tokens) {
  std::vector<std::string> names;
  names.reserve(tokens.size());
  for (const stream::ScoredToken& token : tokens) names.push_back(token.token);
  return token_list(names);
}

void TextTable::print(std::ostream& out) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = width(columns_[i].heading);
    for (const auto& row : rows_) widest = std::max(widest, width(row[i]));
    widths.push_back(widest);
  }
  print_row(out, columns_, widths, [&](std::size_t i) -> std::string_view { return columns_[i].heading; });
  for (const auto& row : rows_) {
    print_row(out, columns_, widths, [&](std::size_t i) -> std::string_view { return row[i]; });
  }
}

}  // namespace gaugeline::cli
