#include "varint.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
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
