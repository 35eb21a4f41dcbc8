// Seconds as decimal text, to the nearest microsecond, without a detour through binary floating point: "1167609600.1"
// is exactly 1167609600100000 microseconds.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace gaugeline::stream {

// [-]digits[.digits][(e|E)[+|-]digits], as JSON writes numbers (leading zeros are allowed as well); halves are rounded
// away from zero. nullopt if the text is something else, or beyond 1e18 microseconds (31,688 years).
[[nodiscard]] std::optional<std::chrono::microseconds> parse_decimal_seconds(std::string_view text) noexcept;

}  // namespace gaugeline::stream
