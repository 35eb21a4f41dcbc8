// Snapshots whose checksums are right and whose content is wrong.
#include <doctest/doctest.h>
#include <rows_generated.h>

#include <cmath>
#include <limits>
#include <string>

#include <gaugeline/formats/snapshot.hpp>

#include "example_snapshot.hpp"
#include "seal.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Bytes = std::vector<std::byte>;
constexpr std::size_t chunk_bytes = 1400;

Bytes example_file() { return encode(ExampleSnapshot(30, 20, 3).view(), chunk_bytes).value(); }

Error refusal(Bytes bytes) {
  seal(bytes);
  const auto snapshot = Snapshot::decode(bytes);
  REQUIRE(!snapshot);
  return snapshot.error();
}

bool says(const Error& error, std::string_view words) { return error.message().find(words) != std::string_view::npos; }

// FlatBuffers' accessors look; this writes where they look.
template <class Number>
void overwrite(const Number* place, Number number) {
  std::memcpy(const_cast<Number*>(place), &number, sizeof number);
}

schema::Chunk& chunk(Bytes& bytes, flatbuffers::uoffset_t index) {
  return const_cast<schema::Chunk&>(*manifest_of(bytes)->chunks()->Get(index));
}

const schema::Rows& rows(const Bytes& bytes, flatbuffers::uoffset_t index) {
  return *schema::GetRows(bytes.data() + manifest_of(bytes)->chunks()->Get(index)->offset());
}

constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

}  // namespace

TEST_CASE("sealing a good snapshot changes nothing") {
  const Bytes good = example_file();
  Bytes sealed = good;
  seal(sealed);
  CHECK(sealed == good);
  REQUIRE(manifest_of(good)->chunks()->size() > 3);
}

TEST_CASE("a figure of a row that is out of its range is named, with its row") {
  const Bytes good = example_file();
  const auto refused = [&](const flatbuffers::Vector<float>* (schema::Rows::*column)() const, float figure) {
    Bytes bytes = good;
    overwrite((rows(bytes, 1).*column)()->data(), figure);
    return refusal(bytes);
  };
  const std::string row = std::to_string(manifest_of(good)->chunks()->Get(1)->first_row());
  CHECK(says(refused(&schema::Rows::embeddings, not_a_number), "embedding of row " + row));
  CHECK(says(refused(&schema::Rows::embeddings, -infinity), "embedding of row " + row));
  CHECK(says(refused(&schema::Rows::precision, 0), "precision of row " + row + " is 0"));
  CHECK(says(refused(&schema::Rows::precision, not_a_number), "precision of row " + row));
  CHECK(says(refused(&schema::Rows::precision, infinity), "precision of row " + row));
  CHECK(says(refused(&schema::Rows::diffusion, -1), "diffusion of row " + row));
  CHECK(says(refused(&schema::Rows::count, not_a_number), "count of row " + row));
  CHECK(says(refused(&schema::Rows::uses, -1), "uses of row " + row));
  CHECK(says(refused(&schema::Rows::null_variance, infinity), "null_variance of row " + row));
  CHECK(says(refused(&schema::Rows::log_retention, -infinity), "log_retention of row " + row));
}

TEST_CASE("tokens that are doubled, empty or badly cut are refused") {
  Bytes bytes = example_file();
  const schema::Rows& first = rows(bytes, 0);
  std::string_view words;
  SUBCASE("doubled") {  // item-0 and item-1
    overwrite(first.token_bytes()->data() + 5, static_cast<std::uint8_t>('1'));
    words = "row 1: the token \"item-1\" is there already";
  }
  SUBCASE("empty") {
    overwrite(first.token_ends()->data(), std::uint32_t{0});
    words = "items[0]";
  }
  SUBCASE("ends that fall") {
    overwrite(first.token_ends()->data(), std::uint32_t{13});
    words = "ends of the tokens";
  }
  SUBCASE("ends past the bytes") {
    overwrite(first.token_ends()->data() + first.token_ends()->size() - 1, std::uint32_t{100000});
    words = "ends of the tokens";
  }
  CHECK(says(refusal(bytes), words));
}

TEST_CASE("chunks that overlap, leave a gap, or claim rows that they cannot hold are refused") {
  Bytes bytes = example_file();
  schema::Chunk& second = chunk(bytes, 1);
  SUBCASE("overlap") { second = {64, second.length(), 0, second.first_row(), second.row_count(), 0, 0}; }
  SUBCASE("gap") {
    second = {second.offset() + 64, second.length() - 64, 0, second.first_row(), second.row_count(), 0, 0};
  }
  SUBCASE("past the manifest") {
    second = {second.offset(), bytes.size(), 0, second.first_row(), second.row_count(), 0, 0};
  }
  SUBCASE("length that wraps around") {
    second = {second.offset(), ~std::uint64_t{0}, 0, second.first_row(), second.row_count(), 0, 0};
  }
  SUBCASE("rows twice") { second = {second.offset(), second.length(), 0, 0, second.row_count(), 0, 0}; }
  SUBCASE("four billion rows") { second = {second.offset(), second.length(), 0, second.first_row(), ~0U, 0, 0}; }
  SUBCASE("one row more") {
    second = {second.offset(), second.length(), 0, second.first_row(), second.row_count() + 1, 0, 0};
  }
  SUBCASE("no rows") { second = {second.offset(), second.length(), 0, second.first_row(), 0, 0, 0}; }
  SUBCASE("a third side") {
    second = {second.offset(), second.length(), 0, second.first_row(), second.row_count(), 2, 0};
  }
  CHECK(refusal(bytes).code() == ErrorCode::bad_data);
}

TEST_CASE("a rotation that is not orthogonal is refused, and rounding is not") {
  Bytes bytes = example_file();
  const auto* place = manifest_of(bytes)->rotation()->data();
  double entry = 0;
  std::memcpy(&entry, place, sizeof entry);
  SUBCASE("off by 1e-5") {
    entry += entry > 0 ? 1e-5 : -1e-5;
    std::memcpy(const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(place)), &entry, sizeof entry);
    CHECK(says(refusal(bytes), "rotation"));
  }
  SUBCASE("not a number") {
    entry = std::numeric_limits<double>::quiet_NaN();
    std::memcpy(const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(place)), &entry, sizeof entry);
    CHECK(says(refusal(bytes), "rotation"));
  }
  SUBCASE("off by 1e-9") {
    entry += 1e-9;
    std::memcpy(const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(place)), &entry, sizeof entry);
    seal(bytes);
    CHECK(Snapshot::decode(bytes));
  }
}

TEST_CASE("padding that is not zero is refused though no checksum covers it") {
  Bytes bytes = example_file();
  const auto footer = std::span(bytes).last(snapshot_footer_bytes);
  const auto end = load<std::uint64_t>(footer, 16) + load<std::uint64_t>(footer, 24);
  REQUIRE(end < bytes.size() - snapshot_footer_bytes);
  bytes[end] = std::byte{1};
  CHECK(says(refusal(bytes), "padding"));
}

TEST_CASE("a footer that puts the manifest elsewhere is refused") {
  Bytes bytes = example_file();
  const auto footer = std::span(bytes).last(snapshot_footer_bytes);
  SUBCASE("past the end") { store(footer, 16, std::uint64_t{1} << 40U); }
  SUBCASE("offset and length that wrap around") {
    store(footer, 16, ~std::uint64_t{63});
    store(footer, 24, std::uint64_t{128});
  }
  SUBCASE("over the header") { store(footer, 16, std::uint64_t{0}); }
  SUBCASE("off its alignment") { store(footer, 16, load<std::uint64_t>(footer, 16) + 8); }
  SUBCASE("short of the footer") { store(footer, 24, load<std::uint64_t>(footer, 24) - 64); }
  SUBCASE("reserved bytes") { footer[45] = std::byte{1}; }
  CHECK(refusal(bytes).code() == ErrorCode::bad_data);
}
