#include "varint.hpp"
#include "short_varints.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <vector>

using namespace gaugeline::formats;

namespace {

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
using Bytes = std::vector<std::uint8_t>;

}  // namespace

TEST_CASE("numbers at every length boundary come back, and are counted without decoding") {
  std::vector<std::uint64_t> numbers{0, any};
  for (unsigned bits = 1; bits < 64; ++bits) {
    numbers.push_back((std::uint64_t{1} << bits) - 1);
    numbers.push_back(std::uint64_t{1} << bits);
  }
  Bytes column;
  for (const auto number : numbers) append_varint(column, number);
  CHECK(VarintReader::count(column) == numbers.size());
  VarintReader reader(column);
  for (const auto number : numbers) CHECK(reader.next(any) == number);
  CHECK(reader.at_end());
}

TEST_CASE("a number takes one byte per started group of seven bits") {
  for (const auto& [number, bytes] :
       {std::pair{0ULL, 1U}, {127ULL, 1U}, {128ULL, 2U}, {16383ULL, 2U}, {16384ULL, 3U}}) {
    Bytes column;
    append_varint(column, number);
    CHECK(column.size() == bytes);
  }
}

TEST_CASE("a column that ends inside a number is refused") {
  const Bytes column{0x80, 0x80};
  CHECK(VarintReader(column).next(any) == std::nullopt);
}

TEST_CASE("a number longer than it need be is refused, so that each has one spelling") {
  const Bytes column{0x81, 0x00};
  CHECK(VarintReader(column).next(any) == std::nullopt);
}

TEST_CASE("a number past 64 bits is refused") {
  const Bytes column{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02};
  CHECK(VarintReader(column).next(any) == std::nullopt);
  const Bytes eleven{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x81, 0x01};
  CHECK(VarintReader(eleven).next(any) == std::nullopt);
}

TEST_CASE("the largest number allowed is read, and the next one is refused") {
  Bytes column;
  append_varint(column, 300);
  CHECK(VarintReader(column).next(300) == 300);
  CHECK(VarintReader(column).next(299) == std::nullopt);
  CHECK(VarintReader(column).next(5) == std::nullopt);
}

TEST_CASE("eight bytes at a time: the numbers, and where the first bad one is, are those of one at a time") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20000; ++round) {
    Bytes column;
    const auto length = random() % 40;
    if (round % 3 == 0) {
      while (column.size() < length) column.push_back(static_cast<std::uint8_t>(random() >> (random() % 64)));
    } else {
      while (column.size() < length) append_varint(column, random() >> (random() % 64));
      if (round % 3 == 1 && !column.empty())
        column[random() % column.size()] ^= static_cast<std::uint8_t>(1U << (random() % 8));
    }
    const std::uint64_t largest = any >> (random() % 2 == 0 ? 0 : random() % 64);
    std::vector<std::uint64_t> expected, found;
    std::optional<std::size_t> expected_bad;
    const std::size_t refused = random() % 30;  // by the caller
    for (VarintReader reader(column); !reader.at_end() && !expected_bad;) {
      const auto number = reader.next(largest);
      if (!number || expected.size() == refused) expected_bad = expected.size();
      if (number && !expected_bad) expected.push_back(*number);
    }
    const auto bad = first_bad_varint(column, largest, [&](std::uint64_t number) {
      if (found.size() == refused) return false;
      found.push_back(number);
      return true;
    });
    CAPTURE(round);
    REQUIRE(bad == expected_bad);
    REQUIRE(found == expected);
  }
}

// Of ids as a text's are: most of one byte or two, some longer.
TEST_CASE("wide units find the numbers of a column that one at a time finds, and refuse what that refuses") {
  std::mt19937_64 random(8);
  std::size_t refused = 0;
  for (int round = 0; round < 20000; ++round) {
    Bytes column;
    const auto length = random() % 100;
    const auto longest = 1 + random() % (random() % 8 == 0 ? 40 : 14);  // bits
    while (column.size() < length) append_varint(column, random() >> (64 - 1 - random() % longest));
    if (round % 2 == 1 && !column.empty())
      column[random() % column.size()] = static_cast<std::uint8_t>(random() % 3 == 0 ? 0 : random());
    std::vector<std::uint32_t> expected;
    bool good = true;
    for (VarintReader reader(column); good && !reader.at_end();) {
      const auto number = reader.next(0xFFFFFFFFU);
      good = number.has_value();
      if (good) expected.push_back(static_cast<std::uint32_t>(*number));
    }
    std::vector<std::uint32_t> numbers(VarintReader::count(column), 7);
    CAPTURE(round);
    REQUIRE(decode_short_varints(column, numbers) == good);
    if (good) REQUIRE(numbers == expected);
    refused += good ? 0 : 1;
    if (!good || numbers.empty()) continue;
    CHECK_FALSE(decode_short_varints(column, std::span(numbers).first(numbers.size() - 1)));
    numbers.push_back(0);
    CHECK_FALSE(decode_short_varints(column, numbers));
  }
  CHECK(refused > 1000);
}

TEST_CASE("numbers are counted in columns of any length") {
  std::mt19937_64 random(9);
  for (const std::size_t length : {0U, 1U, 31U, 32U, 33U, 8159U, 8160U, 8161U, 20000U}) {
    Bytes column(length);
    std::size_t expected = 0;
    for (std::uint8_t& byte : column) {
      byte = static_cast<std::uint8_t>(random());
      expected += byte < 0x80U ? 1 : 0;
    }
    CHECK(VarintReader::count(column) == expected);
  }
}
