// Differences between the columns of two snapshots, and how they are stored: schema/delta.fbs, DeltaColumn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/types.hpp>

#include "row_chunk.hpp"
#include "row_columns.hpp"

namespace gaugeline::formats {

// The distance from `predicted` to `word` around the circle of 2^32, with the sign in the lowest bit: words that lie
// close to each other, as those of two floats of like value do, give a small number.
[[nodiscard]] constexpr std::uint32_t difference(std::uint32_t word, std::uint32_t predicted) noexcept {
  const std::uint32_t distance = word - predicted;
  return (distance << 1U) ^ (0U - (distance >> 31U));
}
[[nodiscard]] constexpr std::uint32_t undo_difference(std::uint32_t difference, std::uint32_t predicted) noexcept {
  return predicted + ((difference >> 1U) ^ (0U - (difference & 1U)));
}

// The lowest byte of each, then the next one of each, and so on: zeros of small numbers stand together.
[[nodiscard]] std::vector<std::uint8_t> byte_planes(std::span<const std::uint32_t> numbers);
[[nodiscard]] std::vector<std::uint32_t> undo_byte_planes(std::span<const std::uint8_t> planes);  // of 4 n bytes

// The word that a row's figure is expected to be: factor times what it is in the base; 0 for a new row.
[[nodiscard]] std::uint32_t predicted_word(const WordColumn& base, RowIndex base_row, float factor) noexcept;

struct ColumnDifferences {
  float factor = 1;
  std::vector<std::uint8_t> planes;  // none: all 0
};
// Figures that fade, as counts do, are all multiplied by the same number, which is found and stored once.
[[nodiscard]] ColumnDifferences column_differences(const WordColumn& base, std::span<const RowIndex> base_rows,
                                                   const WordColumn& target, std::size_t first_row);

}  // namespace gaugeline::formats
