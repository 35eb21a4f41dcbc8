// Columns of LEB128 varints: 7 bits a byte, lowest first, the top bit set on every byte but a number's last.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
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
    constexpr std::size_t lanes = 32, most_rows = 255;  // so that a lane's sum fits a byte, and wide units do them all
    std::size_t numbers = 0;
    while (column.size() >= lanes) {
      std::array<std::uint8_t, lanes> sums{};
      const std::size_t rows = std::min(column.size() / lanes, most_rows);
      for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t lane = 0; lane < lanes; ++lane)
          sums[lane] = static_cast<std::uint8_t>(sums[lane] + (column[row * lanes + lane] < 0x80U ? 1 : 0));
      }
      for (const std::uint8_t sum : sums) numbers += sum;
      column = column.subspan(rows * lanes);
    }
    return numbers +
           static_cast<std::size_t>(std::ranges::count_if(column, [](std::uint8_t byte) { return byte < 0x80U; }));
  }

  // nullopt: the column ends inside the number, or the number is past `largest` or longer than it need be.
  [[nodiscard]] std::optional<std::uint64_t> next(std::uint64_t largest) noexcept {
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
  [[nodiscard]] std::size_t position() const noexcept { return position_; }

 private:
  std::span<const std::uint8_t> column_;
  std::size_t position_ = 0;
};

// The number whose bytes these are, the first one lowest.
[[nodiscard]] inline std::uint64_t joined_groups_of_seven(std::uint64_t bytes) noexcept {
  bytes = ((bytes >> 1U) & 0x3F803F803F803F80U) | (bytes & 0x007F007F007F007FU);
  bytes = ((bytes >> 2U) & 0x0FFFC0000FFFC000U) | (bytes & 0x00003FFF00003FFFU);
  return ((bytes >> 4U) & 0x00FFFFFFF0000000U) | (bytes & 0x000000000FFFFFFFU);
}

// Calls take(number) for every number of the column, in order, and returns nullopt; or the place, from 0, of the first
// number that VarintReader::next refuses or for which `take` returns false, which is the last that it is called for.
// Takes eight bytes at a time, in a fraction of VarintReader's time.
template <class Take>
[[nodiscard]] std::optional<std::size_t> first_bad_varint(std::span<const std::uint8_t> column, std::uint64_t largest,
                                                          Take take) {
  std::size_t place = 0, at = 0;
  const auto one_by_one = [&](std::size_t most) {
    VarintReader reader(column.subspan(at));
    for (; most > 0 && !reader.at_end(); --most, ++place) {
      const auto number = reader.next(largest);
      if (!number || !take(*number)) return false;
    }
    at += reader.position();
    return true;
  };
  const auto take_one = [&](std::uint64_t number) {
    if (number > largest || !take(number)) return false;
    ++place;
    return true;
  };
  while (std::endian::native == std::endian::little && column.size() - at >= sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, column.data() + at, sizeof(word));
    std::uint64_t last_bytes = ~word & 0x8080808080808080U;  // of numbers
    // Most columns are nearly all of numbers of one length, of one byte or two.
    if (last_bytes == 0x8080808080808080U) {
      for (unsigned begin = 0; begin < 64; begin += 8) {
        if (!take_one(word >> begin & 0xFFU)) return place;
      }
      at += sizeof(word);
      continue;
    }
    if (last_bytes == 0x8000800080008000U) {
      for (unsigned begin = 0; begin < 64; begin += 16) {
        const std::uint64_t second = word >> (begin + 8) & 0xFFU;
        if (second == 0 || !take_one((word >> begin & 0x7FU) | second << 7U)) return place;
      }
      at += sizeof(word);
      continue;
    }
    if (last_bytes == 0) {  // a number of nine bytes or ten
      if (!one_by_one(1)) return place;
      continue;
    }
    unsigned begin = 0;  // bits
    for (; last_bytes != 0; last_bytes &= last_bytes - 1) {
      const auto end = static_cast<unsigned>(std::countr_zero(last_bytes)) + 1;
      const std::uint64_t bytes = (word >> begin) & (~std::uint64_t{0} >> (64 - (end - begin)));
      const bool too_long = end - begin > 8 && (word >> (end - 8) & 0xFFU) == 0;
      if (too_long || !take_one(joined_groups_of_seven(bytes))) return place;
      begin = end;
    }
    at += begin / 8;
  }
  return one_by_one(column.size()) ? std::nullopt : std::optional(place);
}

}  // namespace gaugeline::formats
