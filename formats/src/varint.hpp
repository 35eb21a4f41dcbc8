// Columns of LEB128 varints: 7 bits a byte, lowest first, the top bit set on every byte but a number's last.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace gaugeline::formats {

inline void append_varint(std::vector<std::uint8_t>& column, std::uint64_t number) {
  while (number >= 0x80U) {
    column.push_back(static_cast<std::uint8_t>(number | 0x80U));
    number >>= 7U;
  }
  column.push_back(static_cast<std::uint8_t>(number));
}

class VarintReader {
 public:
  explicit VarintReader(std::span<const std::uint8_t> column) noexcept : column_(column) {}

  // How many numbers the column holds, without decoding them: bytes whose top bit is clear.
  [[nodiscard]] static std::size_t count(std::span<const std::uint8_t> column) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(column, [](std::uint8_t byte) { return byte < 0x80U; }));
  }

  // nullopt: the column ends inside the number, or the number is past `largest` or longer than it need be.
  [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t largest) noexcept {
    // Most numbers have one byte or two; the loop is for the others, and for what is cut off.
    const auto rest = column_.subspan(position_);
    if (!rest.empty() && rest[0] < 0x80U) {
      ++position_;
      return rest[0] > largest ? std::nullopt : std::optional<std::uint64_t>(rest[0]);
    }
    if (rest.size() > 1 && rest[1] < 0x80U) {
      position_ += 2;
      const std::uint64_t pair = (rest[0] & 0x7FU) | static_cast<std::uint64_t>(rest[1]) << 7U;
      return rest[1] == 0 || pair > largest ? std::nullopt : std::optional(pair);
    }
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && position_ < column_.size(); shift += 7) {
      const std::uint64_t byte = column_[position_++];
      const std::uint64_t bits = byte & 0x7FU;
      if (bits > (largest >> shift)) return std::nullopt;
      number |= bits << shift;
      if (byte < 0x80U) return number > largest || (byte == 0 && shift != 0) ? std::nullopt : std::optional(number);
    }
    return std::nullopt;
  }
  [[nodiscard]] bool at_end() const noexcept { return position_ == column_.size(); }

 private:
  std::span<const std::uint8_t> column_;
  std::size_t position_ = 0;
};

}  // namespace gaugeline::formats
