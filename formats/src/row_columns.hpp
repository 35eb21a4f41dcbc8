// The columns of one side that have a figure per row, as words of 32 bits, in the order of schema/rows.fbs. One that
// the options do without has no words.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gaugeline/learner_state.hpp>

#include "little_endian.hpp"
#include "snapshot_builder.hpp"

namespace gaugeline::formats {

class WordColumn {
 public:
  explicit WordColumn(std::span<const float> figures) noexcept : bytes_(std::as_bytes(figures)) {}
  explicit WordColumn(std::span<const std::uint32_t> words) noexcept : bytes_(std::as_bytes(words)) {}
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() / sizeof(std::uint32_t); }
  [[nodiscard]] std::uint32_t operator[](std::size_t row) const noexcept {
    return load<std::uint32_t>(bytes_, row * sizeof(std::uint32_t));
  }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  std::span<const std::byte> bytes_;
};

inline constexpr std::size_t column_count = 14;
inline constexpr std::size_t first_offset_column = 6, last_offset_column = 9, born_column = 11, anchor_time_column = 13;

[[nodiscard]] inline std::array<WordColumn, column_count> word_columns(const SideState<float>& side) noexcept {
  return {WordColumn(side.precision),       WordColumn(side.diffusion),
          WordColumn(side.count),           WordColumn(side.uses),
          WordColumn(side.null_variance),   WordColumn(side.log_retention),
          WordColumn(side.offset),          WordColumn(side.offset_precision),
          WordColumn(side.baseline_offset), WordColumn(side.baseline_precision),
          WordColumn(side.frequency),       WordColumn(side.born),
          WordColumn(side.gradient_energy), WordColumn(side.anchor_time)};
}

// Puts `words` behind what the column of that number holds.
inline void append_words(SnapshotBuilder::Rows& rows, std::size_t column, std::span<const std::uint32_t> words) {
  if (column == born_column) {
    rows.born.insert(rows.born.end(), words.begin(), words.end());
    return;
  }
  const std::array<std::vector<float>*, column_count> figures{
      &rows.precision,       &rows.diffusion,          &rows.count,     &rows.uses,
      &rows.null_variance,   &rows.log_retention,      &rows.offset,    &rows.offset_precision,
      &rows.baseline_offset, &rows.baseline_precision, &rows.frequency, nullptr,
      &rows.gradient_energy, &rows.anchor_time};
  for (const std::uint32_t word : words) figures.at(column)->push_back(std::bit_cast<float>(word));
}

// A table as words, row after row.
[[nodiscard]] inline std::span<const float> numbers(const ConstTable<float>& table) noexcept {
  return {table.data(), static_cast<std::size_t>(table.size())};
}

}  // namespace gaugeline::formats
