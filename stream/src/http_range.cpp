#include "http_range.hpp"

#include <algorithm>
#include <charconv>

#include "http_message.hpp"

namespace gaugeline::stream {
namespace {

std::optional<std::uint64_t> parse_digits(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

RequestedRange requested_range(std::string_view field, std::uint64_t size) noexcept {
  constexpr std::string_view unit = "bytes=";
  if (!field.starts_with(unit)) return {};
  const std::string_view spec = trimmed(field.substr(unit.size()));
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return {};
  const auto last = parse_digits(spec.substr(dash + 1));
  if (dash == 0) {  // the last so many bytes
    if (!last) return {};
    if (*last == 0 || size == 0) return {RangeKind::unsatisfiable, {}};
    return {RangeKind::part, {size - std::min(*last, size), size}};
  }
  const auto first = parse_digits(spec.substr(0, dash));
  const bool to_end = dash + 1 == spec.size();
  if (!first || (!last && !to_end) || (last && *last < *first)) return {};
  if (*first >= size) return {RangeKind::unsatisfiable, {}};
  return {RangeKind::part, {*first, to_end ? size : std::min(*last, size - 1) + 1}};
}

bool none_match_names(std::string_view field, std::string_view tag) noexcept {
  if (trimmed(field) == "*") return true;
  while (!field.empty()) {
    const std::size_t comma = field.find(',');
    std::string_view here = trimmed(field.substr(0, comma));
    if (here.starts_with("W/")) here.remove_prefix(2);
    if (here == tag) return true;
    field = comma == std::string_view::npos ? std::string_view() : field.substr(comma + 1);
  }
  return false;
}

}  // namespace gaugeline::stream
