// What the exports of tables have in common: files that appear whole, filled in blocks of rows, and tokens and numbers
// as text.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <gaugeline/formats/atomic_file.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::formats {

inline constexpr std::size_t export_block_bytes = std::size_t{1} << 18U;

// `write` gets the file as a ByteSink; what it has written is put in place if it returns no error.
template <class Write>
[[nodiscard]] Expected<> write_atomically(const std::filesystem::path& file, const Write& write) {
  auto output = AtomicFile::create(file);
  if (!output) return std::unexpected(output.error());
  if (auto written = write(static_cast<ByteSink&>(*output)); !written) return written;
  return output->commit();
}

// Writes `start`, then what append(block, row) adds to a block for every row.
template <class AppendRow>
[[nodiscard]] Expected<> write_rows(ByteSink& output, std::string start, std::size_t rows, const AppendRow& append) {
  std::string block = std::move(start);
  for (std::size_t row = 0; row < rows; ++row) {
    append(block, row);
    if (block.size() < export_block_bytes) continue;
    if (auto written = output.write(std::as_bytes(std::span(block))); !written) return written;
    block.clear();
  }
  return output.write(std::as_bytes(std::span(block)));
}

[[nodiscard]] inline std::span<const float> numbers_of(const ConstTable<float>& table, std::size_t row) noexcept {
  const auto dimension = static_cast<std::size_t>(table.cols());
  return {table.data() + row * dimension, dimension};
}

// With the fewest digits that read back to the same float.
inline void append_number(std::string& block, float number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  block.append(digits.data(), end);
}

// Every byte that the format's readers split on becomes "_".
template <class Splits>
void append_token(std::string& block, std::string_view token, const Splits& splits) {
  std::ranges::transform(token, std::back_inserter(block), [&](char c) { return splits(c) ? '_' : c; });
}

}  // namespace gaugeline::formats
