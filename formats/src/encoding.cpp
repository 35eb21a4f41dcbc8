#include <gaugeline/formats/encoding.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace gaugeline::formats {
namespace {

constexpr std::uint32_t sign_bit = 0x80000000U;
constexpr std::uint32_t infinity_bits = 0x7F800000U;  // greater ones are not numbers
constexpr std::uint16_t largest_bfloat16 = 0x7F7F;

constexpr float most_q = 127;
constexpr std::uint32_t dropped_scale_bits = 0xFF;  // 16 significant bits stay of 24
constexpr float least_scale = std::numeric_limits<float>::min();
constexpr float most_scale = 0x1.0204p121F;  // the largest of 16 significant bits with a finite 127 scale
static_assert(most_scale * most_q < std::numeric_limits<float>::max());

}  // namespace

std::string_view encoding_name(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::bfloat16:
      return "bfloat16";
    case Encoding::int8:
      return "int8";
    case Encoding::float32:
      break;
  }
  return "float32";
}

std::size_t bytes_per_number(Encoding encoding) noexcept {
  switch (encoding) {
    case Encoding::bfloat16:
      return sizeof(std::uint16_t);
    case Encoding::int8:
      return sizeof(std::int8_t);
    case Encoding::float32:
      break;
  }
  return sizeof(float);
}

std::uint16_t to_bfloat16(float number) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(number);
  const std::uint32_t lowest_kept = (bits >> 16U) & 1U;
  const std::uint32_t rounded = (bits & ~sign_bit) + 0x7FFFU + lowest_kept;  // carries into the exponent, as it should
  const auto sign = static_cast<std::uint16_t>((bits & sign_bit) >> 16U);
  const auto magnitude = rounded >= infinity_bits ? largest_bfloat16 : static_cast<std::uint16_t>(rounded >> 16U);
  return static_cast<std::uint16_t>(sign | magnitude);
}

float from_bfloat16(std::uint16_t bits) noexcept { return std::bit_cast<float>(std::uint32_t{bits} << 16U); }

float int8_scale(std::span<const float> row) noexcept {
  float largest = 0;
  for (const float number : row) largest = std::max(largest, std::abs(number));
  const float exact = largest / most_q;
  if (exact < least_scale) return 0;
  const auto bits = std::bit_cast<std::uint32_t>(exact);
  return std::min(std::bit_cast<float>((bits + dropped_scale_bits) & ~dropped_scale_bits), most_scale);
}

bool is_int8_scale(float scale) noexcept {
  return std::bit_cast<std::uint32_t>(scale) == 0 || (scale >= least_scale && scale <= most_scale &&
                                                      (std::bit_cast<std::uint32_t>(scale) & dropped_scale_bits) == 0);
}

std::int8_t to_int8(float number, float scale) noexcept {
  if (scale == 0) return 0;
  // In double, where no quotient of two floats is rounded onto the middle between two whole numbers.
  const double quotient = std::round(static_cast<double>(number) / static_cast<double>(scale));
  return static_cast<std::int8_t>(std::clamp(quotient, -static_cast<double>(most_q), static_cast<double>(most_q)));
}

}  // namespace gaugeline::formats
