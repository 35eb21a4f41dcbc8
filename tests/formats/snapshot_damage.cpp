#include <doctest/doctest.h>

#include <string>

#include <gaugeline/formats/snapshot.hpp>

#include "example_snapshot.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Bytes = std::vector<std::byte>;

// Several chunks a side, so that every kind of part and of padding is there.
Bytes example_file() { return encode(ExampleSnapshot(12, 7, 3).view(), 1400).value(); }

}  // namespace

TEST_CASE("any one byte changed is detected") {
  const Bytes good = example_file();
  REQUIRE(Snapshot::decode(good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      Bytes changed = good;
      changed[i] ^= std::byte(flip);
      REQUIRE_MESSAGE(!Snapshot::decode(changed), "byte ", i);
    }
  }
}

TEST_CASE("a cut at any length is detected") {
  const Bytes good = example_file();
  for (std::size_t size = 0; size < good.size(); ++size)
    REQUIRE_MESSAGE(!Snapshot::decode(std::span(good).first(size)), "length ", size);
}

TEST_CASE("bytes appended, put in front or taken out are detected") {
  const Bytes good = example_file();
  for (const std::size_t more : {1UL, 8UL, 64UL, 128UL}) {
    Bytes longer = good;
    longer.resize(good.size() + more);
    CHECK(!Snapshot::decode(longer));
    longer.assign(more, std::byte{});
    longer.insert(longer.end(), good.begin(), good.end());
    CHECK(!Snapshot::decode(longer));
  }
  for (std::size_t part = 0; part + 64 <= good.size(); part += 64) {
    Bytes shorter = good;
    const auto begin = shorter.begin() + static_cast<std::ptrdiff_t>(part);
    shorter.erase(begin, begin + 64);
    CHECK(!Snapshot::decode(shorter));
  }
  Bytes twice = good;
  twice.insert(twice.end(), good.begin(), good.end());
  CHECK(!Snapshot::decode(twice));
}

TEST_CASE("parts of two snapshots do not pass for one") {
  const Bytes one = example_file();
  auto other_example = ExampleSnapshot(12, 7, 3);
  other_example.items.embeddings[0] += 1;
  const Bytes other = encode(other_example.view(), 1400).value();
  REQUIRE(one.size() == other.size());
  for (std::size_t place = 64; place < one.size(); place += 64) {
    Bytes mixed(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(place));
    mixed.insert(mixed.end(), other.begin() + static_cast<std::ptrdiff_t>(place), other.end());
    if (mixed != one && mixed != other) REQUIRE(!Snapshot::decode(mixed));
  }
}

TEST_CASE("what is wrong is named") {
  Bytes bytes = example_file();
  SUBCASE("not a snapshot") {
    bytes[0] = std::byte{'G'};
    CHECK(Snapshot::decode(bytes).error().message().find("is not a snapshot") != std::string_view::npos);
  }
  SUBCASE("a later version") {
    bytes[8] = std::byte{9};
    const auto error = Snapshot::decode(bytes).error();
    CHECK(error.code() == ErrorCode::unsupported_version);
    CHECK(error.message().find("version 9, but this program reads 1 and 2") != std::string_view::npos);
  }
  SUBCASE("a damaged chunk, by its offset") {
    bytes[100] ^= std::byte{1};
    const auto error = Snapshot::decode(bytes).error();
    CHECK(error.code() == ErrorCode::checksum_mismatch);
    CHECK(error.message().find("offset 64") != std::string_view::npos);
  }
  SUBCASE("a cut") {
    bytes.resize(bytes.size() - 1);
    CHECK(Snapshot::decode(bytes).error().message().find("cut off") != std::string_view::npos);
  }
}
