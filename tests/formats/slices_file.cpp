#include <doctest/doctest.h>

#include <string>

#include <gaugeline/formats/slices_file.hpp>

#include "example_slices.hpp"
#include "redirection.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

void write_slices(const std::filesystem::path& path, std::span<const SliceData> slices) {
  auto writer = SlicesWriter::create(path);
  REQUIRE(writer);
  for (const auto& slice : slices) REQUIRE(writer->append(slice.view()));
  REQUIRE(writer->finish());
}

const std::vector<SliceData> examples{empty_slice(), text_slice(), two_sided_slice()};

}  // namespace

TEST_CASE("slices come back in order, then the end, again and again") {
  const TemporaryDirectory folder;
  write_slices(folder / "a.slices", examples);
  auto reader = SlicesReader::open(folder / "a.slices");
  REQUIRE(reader);
  CHECK(reader->count() == examples.size());
  for (const auto& expected : examples) {
    const auto slice = reader->next();
    REQUIRE(slice);
    REQUIRE(*slice);
    CHECK((*slice)->interval == expected.interval);
    CHECK((*slice)->item_token_bytes == expected.item_token_bytes);
    CHECK((*slice)->pairs.size() == expected.pairs.size());
  }
  for (int again = 0; again < 2; ++again) {
    const auto end = reader->next();
    REQUIRE(end);
    CHECK(!*end);
  }
}

TEST_CASE("the encoded form is what encode_slice gives") {
  const TemporaryDirectory folder;
  write_slices(folder / "a.slices", examples);
  auto reader = SlicesReader::open(folder / "a.slices");
  REQUIRE(reader);
  for (const auto& expected : examples) CHECK(reader->next_encoded()->value() == encode_slice(expected.view()).value());
  CHECK(!*reader->next_encoded());
}

TEST_CASE("a file of no slices is a file") {
  const TemporaryDirectory folder;
  write_slices(folder / "a.slices", {});
  auto reader = SlicesReader::open(folder / "a.slices");
  REQUIRE(reader);
  CHECK(reader->count() == 0);
  CHECK(!*reader->next());
}

TEST_CASE("without finish nothing is left") {
  const TemporaryDirectory folder;
  {
    auto writer = SlicesWriter::create(folder / "a.slices");
    REQUIRE(writer);
    REQUIRE(writer->append(text_slice().view()));
  }
  CHECK(folder.names().empty());
}

TEST_CASE("a slice that begins before the last one is refused, and the file goes on without it") {
  const TemporaryDirectory folder;
  auto writer = SlicesWriter::create(folder / "a.slices");
  REQUIRE(writer);
  REQUIRE(writer->append(two_sided_slice().view()));
  CHECK(writer->append(text_slice().view()).error().code() == ErrorCode::out_of_order);
  REQUIRE(writer->append(two_sided_slice().view()));
  REQUIRE(writer->finish());
  CHECK(SlicesReader::open(folder / "a.slices")->count() == 2);
}

TEST_CASE("nothing can follow finish") {
  const TemporaryDirectory folder;
  auto writer = SlicesWriter::create(folder / "a.slices");
  REQUIRE(writer);
  REQUIRE(writer->finish());
  CHECK(writer->append(text_slice().view()).error().code() == ErrorCode::invalid_argument);
  CHECK(writer->finish().error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("'-' writes to standard output and reads from standard input what a file would hold") {
  const TemporaryDirectory folder;
  write_slices(folder / "a.slices", examples);
  {
    const Redirection output(STDOUT_FILENO, folder / "b.slices", O_WRONLY | O_CREAT);
    write_slices("-", examples);
  }
  CHECK(read_bytes(folder / "b.slices") == read_bytes(folder / "a.slices"));

  const Redirection input(STDIN_FILENO, folder / "b.slices", O_RDONLY);
  auto reader = SlicesReader::open("-");
  REQUIRE(reader);
  CHECK(reader->count() == std::nullopt);
  for (std::size_t i = 0; i < examples.size(); ++i) CHECK(reader->next()->has_value());
  CHECK(!*reader->next());
}

TEST_CASE("a limit holds for what a file claims, before it is read") {
  const TemporaryDirectory folder;
  write_slices(folder / "a.slices", examples);
  auto reader = SlicesReader::open(folder / "a.slices", {.bytes = 10});
  REQUIRE(reader);
  CHECK(reader->next().error().code() == ErrorCode::capacity_exceeded);
}

TEST_CASE("after a slice over the limits the next one can be read") {
  const TemporaryDirectory folder;
  write_slices(folder / "a.slices", examples);
  auto reader = SlicesReader::open(folder / "a.slices", {.tokens = 3});
  REQUIRE(reader);
  CHECK(reader->next()->has_value());
  const auto refused = reader->next();
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::capacity_exceeded);
  CHECK(refused.error().message().find("a.slices: slice 1 at offset ") != std::string_view::npos);
  CHECK(reader->next()->value().interval == two_sided_slice().interval);
}

TEST_CASE("a missing file is named") {
  const auto reader = SlicesReader::open("/nowhere/a.slices");
  REQUIRE(!reader);
  CHECK(reader.error().code() == ErrorCode::not_found);
  CHECK(reader.error().message().starts_with("/nowhere/a.slices: "));
}

TEST_CASE("the digest of a file is XXH3's, in the digits that xxhsum prints") {
  const TemporaryDirectory folder;
  write_bytes(folder / "empty", {});
  CHECK(content_digest(folder / "empty") == "99aa06d3014798d86001c324468d497f");
  std::vector<std::byte> large(1'000'000, std::byte{'x'});
  write_bytes(folder / "large", large);
  const auto digest = content_digest(folder / "large").value();
  large.back() = std::byte{'y'};
  write_bytes(folder / "large", large);
  CHECK(content_digest(folder / "large") != digest);
  CHECK(content_digest(folder / "missing").error().code() == ErrorCode::not_found);
}
