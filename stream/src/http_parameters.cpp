#include "http_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {
namespace {

constexpr auto wrong = ErrorCode::invalid_argument;
constexpr std::size_t max_slice_name_bytes = 64;  // an index, or a time in microseconds with its offset

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

const std::string* ParameterReader::find(std::string_view name) {
  known_.emplace_back(name);
  const std::string* found = nullptr;
  for (const auto& [key, value] : parameters_) {
    if (key != name) continue;
    if (found != nullptr) refuse(Error(wrong, "parameter ", name, " is given twice"));
    found = &value;
  }
  return found;
}

bool ParameterReader::has(std::string_view name) const {
  return std::ranges::any_of(parameters_, [&](const auto& parameter) { return parameter.first == name; });
}

void ParameterReader::text(std::string_view name, std::string& value, Needed needed) {
  const std::string* found = find(name);
  if (found == nullptr) {
    if (needed == Needed::yes) refuse(Error(wrong, "parameter ", name, " is missing"));
    return;
  }
  if (const auto valid = check_token(*found); !valid)
    return refuse(Error(wrong, "parameter ", name, ": ", valid.error().message()));
  value = *found;
}

void ParameterReader::texts(std::string_view name, std::vector<std::string>& values, Needed needed) {
  known_.emplace_back(name);
  for (const auto& [key, value] : parameters_) {
    if (key != name) continue;
    if (values.size() == max_repeats)
      return refuse(Error(wrong, "parameter ", name, " is given more than ", max_repeats, " times"));
    if (const auto valid = check_token(value); !valid)
      return refuse(Error(wrong, "parameter ", name, ": ", valid.error().message()));
    values.push_back(value);
  }
  if (values.empty() && needed == Needed::yes) refuse(Error(wrong, "parameter ", name, " is missing"));
}

void ParameterReader::slice(std::string_view name, std::string& value) {
  const std::string* found = find(name);
  if (found == nullptr) return;
  if (found->empty() || found->size() > max_slice_name_bytes)
    return refuse(Error(wrong, "parameter ", name, " is the index of a slice (-1 is the last) or a time in it"));
  value = *found;
}

void ParameterReader::count(std::string_view name, std::size_t& value, std::size_t least) {
  const std::string* found = find(name);
  if (found == nullptr) return;
  const auto number = parse_number<std::size_t>(*found);
  if (!number || *number < least || *number > largest_count)
    return refuse(Error(wrong, "parameter ", name, " is a whole number from ", least, " to ", largest_count));
  value = *number;
}

void ParameterReader::uses(std::string_view name, float& value) {
  const std::string* found = find(name);
  if (found == nullptr) return;
  const auto number = parse_number<float>(*found);
  if (!number || !std::isfinite(*number) || *number < 0)
    return refuse(Error(wrong, "parameter ", name, " is a number that is not negative"));
  value = *number;
}

void ParameterReader::index(std::string_view name, std::uint64_t& value) {
  const std::string* found = find(name);
  if (found == nullptr) return;
  const auto number = parse_number<std::uint64_t>(*found);
  if (!number) return refuse(Error(wrong, "parameter ", name, " is the index of a slice, a whole number"));
  value = *number;
}

Expected<> ParameterReader::finish() {
  if (error_) return std::unexpected(*error_);
  const auto unknown = std::ranges::find_if(
      parameters_, [&](const auto& parameter) { return std::ranges::find(known_, parameter.first) == known_.end(); });
  if (unknown == parameters_.end()) return {};
  std::string list;
  for (const std::string& name : known_) list += (list.empty() ? "" : ", ") + name;
  return fail(wrong, "parameter ", unknown->first, " is not known here; there is ", list.empty() ? "none" : list);
}

}  // namespace gaugeline::stream
