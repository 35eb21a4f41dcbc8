#include <doctest/doctest.h>

#include <array>
#include <string>

#include <gaugeline/formats/slices_file.hpp>

#include "example_slices.hpp"
#include "redirection.hpp"
#include "slices_format.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Bytes = std::vector<std::byte>;

Bytes example_file(const TemporaryDirectory& folder) {
  auto writer = SlicesWriter::create(folder / "good.slices");
  REQUIRE(writer);
  REQUIRE(writer->append(text_slice().view()));
  REQUIRE(writer->append(two_sided_slice().view()));
  REQUIRE(writer->finish());
  return read_bytes(folder / "good.slices");
}

// Reads everything, and gives the first error.
Expected<std::size_t> read_all(const std::filesystem::path& path) {
  auto reader = SlicesReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  for (std::size_t count = 0;; ++count) {
    const auto slice = reader->next();
    if (!slice) return std::unexpected(slice.error());
    if (!*slice) return count;
  }
}

Expected<std::size_t> read_all(const TemporaryDirectory& folder, const Bytes& bytes) {
  write_bytes(folder / "bad.slices", bytes);
  return read_all(folder / "bad.slices");
}

// The same from standard input, which tells nothing of its end beforehand.
Expected<std::size_t> read_stream(const TemporaryDirectory& folder, std::span<const std::byte> bytes) {
  write_bytes(folder / "stream.slices", bytes);
  const Redirection input(STDIN_FILENO, folder / "stream.slices", O_RDONLY);
  return read_all("-");
}

Bytes joined(std::initializer_list<std::span<const std::byte>> parts) {
  Bytes bytes;
  for (const auto part : parts) bytes.insert(bytes.end(), part.begin(), part.end());
  return bytes;
}

}  // namespace

TEST_CASE("any one byte changed is detected") {
  const TemporaryDirectory folder;
  const Bytes good = example_file(folder);
  REQUIRE(read_all(folder, good) == 2);
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      Bytes changed = good;
      changed[i] ^= std::byte(flip);
      const auto result = read_all(folder, changed);
      REQUIRE_MESSAGE(!result, "byte ", i);
      REQUIRE(result.error().message().find("bad.slices") != std::string_view::npos);
    }
  }
}

TEST_CASE("a cut at any length is detected, in a file and on standard input") {
  const TemporaryDirectory folder;
  const Bytes good = example_file(folder);
  REQUIRE(read_stream(folder, good) == 2);
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto cut = Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size));
    REQUIRE_MESSAGE(!read_all(folder, cut), "length ", size);
    REQUIRE_MESSAGE(!read_stream(folder, cut), "length ", size);
  }
}

TEST_CASE("bytes after the end are detected") {
  const TemporaryDirectory folder;
  Bytes bytes = example_file(folder);
  bytes.push_back({});
  CHECK(!read_all(folder, bytes));
  CHECK(!read_stream(folder, bytes));
  CHECK(!read_all(folder, joined({example_file(folder), example_file(folder)})));
}

TEST_CASE("a record that is left out, doubled or exchanged is detected") {
  const TemporaryDirectory folder;
  const Bytes good = example_file(folder);
  const std::span<const std::byte> all(good);
  const auto header = all.first(record_file_header_bytes);
  const auto rest = all.subspan(record_file_header_bytes);
  const auto record = RecordHeader::parse(rest.first<record_header_bytes>());
  const auto first = rest.first(record_header_bytes + record.compressed_bytes);
  const auto end = all.last(record_header_bytes);
  const auto second = rest.subspan(first.size(), rest.size() - first.size() - end.size());
  REQUIRE(read_all(folder, joined({header, first, second, end})) == 2);
  CHECK(!read_all(folder, joined({header, second, end})));
  CHECK(!read_all(folder, joined({header, first, end})));
  CHECK(!read_all(folder, joined({header, second, first, end})));
  CHECK(!read_all(folder, joined({header, first, first, second, end})));
}

TEST_CASE("after damage the error stays") {
  const TemporaryDirectory folder;
  Bytes bytes = example_file(folder);
  bytes[record_file_header_bytes + record_header_bytes] ^= std::byte{1};
  write_bytes(folder / "bad.slices", bytes);
  auto reader = SlicesReader::open(folder / "bad.slices");
  REQUIRE(reader);
  for (int again = 0; again < 2; ++again) {
    const auto slice = reader->next();
    REQUIRE(!slice);
    CHECK(slice.error().code() == ErrorCode::checksum_mismatch);
    CHECK(slice.error().message().find("slice 0 at offset 16") != std::string_view::npos);
  }
}

TEST_CASE("another format is named") {
  const TemporaryDirectory folder;
  Bytes bytes = example_file(folder);
  SUBCASE("version") {
    bytes[8] = std::byte{2};
    const auto result = read_all(folder, bytes);
    CHECK(result.error().code() == ErrorCode::unsupported_version);
    CHECK(result.error().message().find("version 2") != std::string_view::npos);
  }
  SUBCASE("text") {
    const std::string text = "{\"time\": 0, \"text\": \"not a .slices file\"}\n";
    const auto result = read_all(folder, joined({std::as_bytes(std::span(text))}));
    CHECK(result.error().code() == ErrorCode::bad_data);
    CHECK(result.error().message().find("not a .slices file") != std::string_view::npos);
  }
}

TEST_CASE("a sealed record with a wrong size, or with bytes that zstd refuses, is an error") {
  const TemporaryDirectory folder;
  const auto good = example_file(folder);
  const std::array<std::byte, 20> garbage{};
  RecordHeader header{.kind = RecordKind::slice, .compressed_bytes = garbage.size(), .raw_bytes = 500, .index = 0};
  SUBCASE("garbage") {}
  SUBCASE("a size that the payload cannot have") { header.raw_bytes = 1 << 30; }
  const auto end = RecordHeader{.kind = RecordKind::end, .index = 1}.sealed({});
  const auto result =
      read_all(folder, joined({std::span(good).first(record_file_header_bytes), header.sealed(garbage), garbage, end}));
  REQUIRE(!result);
  CHECK(result.error().code() == ErrorCode::bad_data);
}
