// The laws of the encodings, number by number and row by row.
#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include <gaugeline/formats/encoding.hpp>
#include <gaugeline/random.hpp>

#include "awkward_rows.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();

// Of any exponent: numbers that are not one, and infinity, are left out.
float any_number(Random& random) {
  float number = infinity;
  while (!std::isfinite(number)) number = std::bit_cast<float>(static_cast<std::uint32_t>(random.bits()));
  return number;
}

std::vector<float> through_int8(std::span<const float> row) {
  const float scale = int8_scale(row);
  std::vector<float> decoded;
  for (const float number : row) decoded.push_back(from_int8(to_int8(number, scale), scale));
  return decoded;
}

}  // namespace

TEST_CASE("every bfloat16 that is finite comes back as it was") {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    const auto number = static_cast<std::uint16_t>(bits);
    if (std::isfinite(from_bfloat16(number))) REQUIRE(to_bfloat16(from_bfloat16(number)) == number);
  }
}

TEST_CASE("bfloat16 rounds to the nearest, and between two to the even one") {
  CHECK(from_bfloat16(to_bfloat16(1)) == 1);
  CHECK(from_bfloat16(to_bfloat16(1 + 0x1p-8F)) == 1);            // between 1 and 1 + 2^-7
  CHECK(from_bfloat16(to_bfloat16(1 + 0x3p-8F)) == 1 + 0x1p-6F);  // between 1 + 2^-7 and 1 + 2^-6
  CHECK(from_bfloat16(to_bfloat16(1 + 0x1.0002p-8F)) == 1 + 0x1p-7F);
  CHECK(from_bfloat16(to_bfloat16(-1 - 0x1.0002p-8F)) == -1 - 0x1p-7F);
  CHECK(from_bfloat16(to_bfloat16(0x1.FFp0F)) == 2);  // into the next exponent
  CHECK(std::signbit(from_bfloat16(to_bfloat16(-0.F))));
}

TEST_CASE("bfloat16 is within its bound, and finite") {
  Random random(1);
  std::vector<float> numbers{std::numeric_limits<float>::max(), std::numeric_limits<float>::lowest(),
                             std::numeric_limits<float>::min(), std::numeric_limits<float>::denorm_min(), 0};
  for (int i = 0; i < 1'000'000; ++i) numbers.push_back(any_number(random));
  for (const float number : numbers) {
    const double decoded = from_bfloat16(to_bfloat16(number));
    const double bound = std::max(0x1p-8 * std::abs(static_cast<double>(number)), 0x1p-134);
    REQUIRE_MESSAGE(std::abs(decoded - static_cast<double>(number)) <= bound, number);
  }
}

TEST_CASE("int8 is within its bound, in rows of any size") {
  for (const std::size_t dimension : {1U, 2U, 3U, 7U, 64U, 1024U}) {
    for (const auto& row : awkward_rows(dimension)) {
      const double bound = std::max(.5 * static_cast<double>(int8_scale(row)), 0x1p-119);
      const auto decoded = through_int8(row);
      for (std::size_t k = 0; k < dimension; ++k)
        REQUIRE_MESSAGE(std::abs(static_cast<double>(decoded[k]) - static_cast<double>(row[k])) <= bound, row[k]);
    }
  }
}

TEST_CASE("the scale is a 127th of the largest number, at most 2^-15 of it more") {
  Random random(2);
  for (int i = 0; i < 100'000; ++i) {
    const std::vector<float> row{any_number(random), any_number(random)};
    const double largest = std::max(std::abs(static_cast<double>(row[0])), std::abs(static_cast<double>(row[1])));
    const auto scale = static_cast<double>(int8_scale(row));
    REQUIRE(is_int8_scale(int8_scale(row)));
    if (largest < 127 * 0x1p-126) {
      CHECK(scale == 0);
    } else {
      CHECK(scale <= largest / 127 * (1 + 0x1p-15));
      CHECK(scale >= largest / 127 * (1 - 0x1p-15));  // only the very largest have a smaller one
    }
  }
  CHECK(int8_scale(std::vector<float>{-127}) == 1);
}

TEST_CASE("a product of a scale and an int8 is exact, and what was decoded is encoded to the same bytes") {
  Random random(3);
  for (int i = 0; i < 10'000; ++i) {
    std::vector<float> row;
    const float size = any_number(random);
    for (int k = 0; k < 5; ++k) row.push_back(static_cast<float>(random.uniform() * 2 - 1) * size);
    const float scale = int8_scale(row);
    const auto decoded = through_int8(row);
    REQUIRE(int8_scale(decoded) == scale);
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::int8_t number = to_int8(row[k], scale);
      REQUIRE(number >= -127);
      REQUIRE(static_cast<double>(decoded[k]) == static_cast<double>(scale) * number);
      REQUIRE(to_int8(decoded[k], scale) == number);
    }
  }
}

TEST_CASE("numbers that int8_scale never gives are no scales") {
  for (const float scale : {-1.F, -0.F, infinity, -infinity, std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min(), .1F})
    CHECK_FALSE(is_int8_scale(scale));
  for (const float scale : {0.F, 1.F, .5F, 1 + 0x1p-15F, std::numeric_limits<float>::min(), 0x1.0204p121F})
    CHECK(is_int8_scale(scale));
}
