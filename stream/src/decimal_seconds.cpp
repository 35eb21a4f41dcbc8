#include "decimal_seconds.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace gaugeline::stream {
namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& rest) noexcept {
  const auto end = std::ranges::find_if_not(rest, is_digit);
  const auto digits = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
  rest.remove_prefix(digits.size());
  return digits;
}

bool take(std::string_view& rest, char wanted) noexcept {
  if (rest.empty() || rest.front() != wanted) return false;
  rest.remove_prefix(1);
  return true;
}

// Exponents beyond +-1e9 act like +-1e9: the number is zero or out of range either way, since a mantissa of a billion
// digits is beyond every limit on a line.
std::optional<std::int64_t> take_exponent(std::string_view& rest) noexcept {
  if (!take(rest, 'e') && !take(rest, 'E')) return 0;
  const bool negative = take(rest, '-');
  if (!negative) take(rest, '+');
  const std::string_view digits = take_digits(rest);
  if (digits.empty()) return std::nullopt;
  constexpr std::int64_t bound = 1'000'000'000;
  std::int64_t exponent = bound;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error != std::errc{}) exponent = bound;
  exponent = std::min(exponent, bound);
  return negative ? -exponent : exponent;
}

// The digits `whole` and `fraction`, one after another, with the decimal point `point` places into them.
std::optional<std::int64_t> round_to_integer(std::string_view whole, std::string_view fraction,
                                             std::int64_t point) noexcept {
  constexpr std::int64_t bound = 1'000'000'000'000'000'000;
  const auto count = static_cast<std::int64_t>(whole.size() + fraction.size());
  const auto digit = [&](std::int64_t i) -> std::int64_t {
    const auto at = static_cast<std::size_t>(i);
    return (at < whole.size() ? whole[at] : fraction[at - whole.size()]) - '0';
  };
  std::int64_t result = 0;
  for (std::int64_t i = 0; i < point; ++i) {
    if (i >= count && result == 0) return 0;
    if (result > bound / 10) return std::nullopt;
    result = 10 * result + (i < count ? digit(i) : 0);
  }
  const bool round_up = point >= 0 && point < count && digit(point) >= 5;
  return result + (round_up ? 1 : 0);
}

}  // namespace

std::optional<std::chrono::microseconds> parse_decimal_seconds(std::string_view text) noexcept {
  const bool negative = take(text, '-');
  const std::string_view whole = take_digits(text);
  std::string_view fraction;
  if (take(text, '.')) {
    fraction = take_digits(text);
    if (fraction.empty()) return std::nullopt;
  }
  const auto exponent = take_exponent(text);
  if (whole.empty() || !exponent || !text.empty()) return std::nullopt;

  constexpr std::int64_t microsecond_digits = 6;
  const auto magnitude =
      round_to_integer(whole, fraction, static_cast<std::int64_t>(whole.size()) + *exponent + microsecond_digits);
  if (!magnitude) return std::nullopt;
  return std::chrono::microseconds{negative ? -*magnitude : *magnitude};
}

}  // namespace gaugeline::stream
