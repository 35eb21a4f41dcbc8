// Numbers at fixed places of a file's headers, little-endian.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace gaugeline::formats {

// Columns are copied as they lie in memory, and so are these numbers.
static_assert(std::endian::native == std::endian::little, "a big-endian machine needs byte swaps here");

template <class Number>
void store(std::span<std::byte> bytes, std::size_t offset, Number number) noexcept {
  std::memcpy(bytes.subspan(offset, sizeof number).data(), &number, sizeof number);
}

template <class Number>
[[nodiscard]] Number load(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  Number number{};
  std::memcpy(&number, bytes.subspan(offset, sizeof number).data(), sizeof number);
  return number;
}

}  // namespace gaugeline::formats
