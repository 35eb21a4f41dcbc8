// How a snapshot stores the numbers of its embeddings: as they are, or in half or a quarter of the bytes.
//
//   float32   z, what a learner goes on from, bit for bit
//   bfloat16  the upper half of z's bits: 8 bits of exponent and 8 of precision. |z' - z| <= max(2^-8 |z|, 2^-134)
//   int8      z' = scale q, with one scale per row and whole q from -127 to 127. |z' - z| <= max(scale / 2, 2^-119)
//
// The scale of a row is max |z| / 127, rounded up to 16 significant bits. Then scale q has at most 23 of them: the
// product is exact in float32, so that all readers decode the same numbers, and what has been decoded is encoded to the
// same bytes again. Two ends of the range are special: a row with max |z| < 127 x 2^-126 has the scale 0 and is stored
// as zeros, and no scale is so large that 127 scale is not finite. bfloat16 stores the largest number that it has in
// the place of what would be rounded to infinity.
//
// Thread-safety: the functions have no state. None allocates, and all machines with IEEE 754's numbers give the same.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace gaugeline::formats {

enum class Encoding : std::uint8_t { float32 = 0, bfloat16 = 1, int8 = 2 };

[[nodiscard]] std::string_view encoding_name(Encoding encoding) noexcept;  // "bfloat16"
[[nodiscard]] std::size_t bytes_per_number(Encoding encoding) noexcept;    // 4, 2, 1

// To nearest, ties to even. `number` is finite.
[[nodiscard]] std::uint16_t to_bfloat16(float number) noexcept;
[[nodiscard]] float from_bfloat16(std::uint16_t bits) noexcept;

// Of a row of finite numbers.
[[nodiscard]] float int8_scale(std::span<const float> row) noexcept;
// What int8_scale can give: 0, or a positive number of 16 significant bits in its range.
[[nodiscard]] bool is_int8_scale(float scale) noexcept;
// z / scale to nearest, ties away from zero; `scale` is that of the row that z belongs to.
[[nodiscard]] std::int8_t to_int8(float number, float scale) noexcept;
[[nodiscard]] constexpr float from_int8(std::int8_t number, float scale) noexcept {
  return scale * static_cast<float>(number);
}

}  // namespace gaugeline::formats
