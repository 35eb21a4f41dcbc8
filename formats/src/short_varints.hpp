// Columns of varints (varint.hpp) that are nearly all of numbers of one byte or two, as ids of tokens are: decoded with
// wide units where the machine has them, several times as fast as number by number.
#pragma once

#include <cstdint>
#include <span>

namespace gaugeline::formats {

// The numbers of the column, as many as VarintReader::count says. False: one is above 2^32 - 1, or not as it should be,
// and `numbers` is in no particular state; first_bad_varint knows which. O(column).
[[nodiscard]] bool decode_short_varints(std::span<const std::uint8_t> column,
                                        std::span<std::uint32_t> numbers) noexcept;

}  // namespace gaugeline::formats
