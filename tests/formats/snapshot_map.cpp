#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>

#include <gaugeline/formats/snapshot_map.hpp>
#include <gaugeline/formats/snapshot_store.hpp>

#include "example_snapshot.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

struct Published {
  Published() {
    auto store = SnapshotStore::create(folder.path()).value();
    REQUIRE(store.publish(ExampleSnapshot(5, 6, 3).view()));
    file = store.file(ExampleSnapshot(5, 6, 3).view().report.slice);
    bytes = read_text(file);
  }
  // The summary of these bytes instead.
  [[nodiscard]] Expected<SnapshotSummary> of(const std::string& other) const {
    std::ofstream(folder / "other", std::ios::binary) << other;
    const auto snapshot = SnapshotMap::open(folder / "other", Verification::summary);
    if (!snapshot) return std::unexpected(snapshot.error());
    return snapshot->summary();
  }
  TemporaryDirectory folder;
  std::filesystem::path file;
  std::string bytes;
};

// A file of these bytes.
std::filesystem::path write_file(const TemporaryDirectory& folder, std::span<const std::byte> bytes) {
  std::ofstream(folder / "snapshot", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return folder / "snapshot";
}

void check_same(std::span<const float> found, std::span<const float> expected, std::size_t first) {
  if (found.empty() && expected.empty()) return;
  REQUIRE(first + found.size() <= expected.size());
  CHECK(std::ranges::equal(found, expected.subspan(first, found.size())));
}

// All of the map is what Snapshot::decode gives.
void check_against(const SnapshotMap& map, const SnapshotView& whole) {
  const auto dimension = static_cast<Eigen::Index>(whole.state.dimension);
  for (const Side side : both_sides) {
    const SideState<float>& expected = whole.state[side];
    REQUIRE(map.size(side) == expected.size());
    std::size_t rows = 0;
    for (std::size_t c = 0; c < map.chunks(side); ++c) {
      const MappedChunk chunk = map.chunk(side, c).value();
      REQUIRE(chunk.first_row == rows);
      const auto count = static_cast<Eigen::Index>(chunk.rows.precision.size());
      CHECK(chunk.rows.embeddings == expected.embeddings.middleRows(chunk.first_row, count));
      CHECK(reinterpret_cast<std::uintptr_t>(chunk.rows.embeddings.data()) % 32 == 0);
      CHECK(chunk.rows.embeddings.cols() == dimension);
      check_same(chunk.rows.precision, expected.precision, rows);
      check_same(chunk.rows.diffusion, expected.diffusion, rows);
      check_same(chunk.rows.uses, expected.uses, rows);
      check_same(chunk.rows.offset, expected.offset, rows);
      check_same(chunk.rows.anchor_time, expected.anchor_time, rows);
      for (std::size_t i = 0; i < chunk.rows.tokens.size(); ++i)
        CHECK(chunk.rows.tokens[i] == expected.tokens[rows + i]);
      rows += chunk.rows.precision.size();
    }
    CHECK(rows == expected.size());
    CHECK_FALSE(map.chunk(side, map.chunks(side)));
    for (RowIndex row = 0; row < expected.size(); ++row) {
      const std::string_view token = expected.tokens[row];
      CHECK(map.find(side, token).value() == row);
      const MappedRow found = map.row(side, row).value();
      CHECK(found.token == token);
      CHECK(found.precision == expected.precision[row]);
      CHECK(found.uses == expected.uses[row]);
      CHECK(found.born == expected.born[row]);
      CHECK(std::ranges::equal(found.embedding, std::span(expected.embeddings.row(row).data(), whole.state.dimension)));
      for (const std::string& other :
           {std::string(token) + "x", std::string(token.substr(0, token.size() - 1)) + "\x01"})
        CHECK(map.find(side, other).value() == std::nullopt);
    }
    CHECK(map.find(side, "").value() == std::nullopt);
    CHECK(map.row(side, static_cast<RowIndex>(expected.size())).error().code() == ErrorCode::invalid_argument);
  }
}

// Uses all that the map gives; the sum keeps the reading.
float read_all(const SnapshotMap& map) {
  float sum = 0;
  for (const Side side : both_sides) {
    for (std::size_t c = 0; c < map.chunks(side); ++c) {
      const auto chunk = map.chunk(side, c);
      if (!chunk) continue;
      sum += chunk->rows.embeddings.sum();
      for (std::size_t i = 0; i < chunk->rows.tokens.size(); ++i)
        sum += static_cast<float>(chunk->rows.tokens[i].size());
    }
    for (RowIndex row = 0; row < map.size(side); ++row) {
      const auto found = map.row(side, row);
      if (found) sum += found->embedding[0] + static_cast<float>(found->token.size());
    }
    const auto found = map.find(side, "item-3");
    sum += found && *found ? 1.F : 0.F;
  }
  return sum;
}

}  // namespace

TEST_CASE("the options' digest stands for pass_slices, so that a reader who does not know it refuses the file") {
  const TemporaryDirectory folder;
  const auto digest = [&](std::uint32_t pass_slices) {
    auto example = ExampleSnapshot(2, 2, 3);
    example.options.pass_slices = pass_slices;
    return SnapshotMap::open(write_file(folder, encode(example.view()).value()))->summary().options_digest;
  };
  CHECK(digest(0) != digest(4));
  CHECK(digest(4) != digest(5));
}

TEST_CASE(
    "the map gives what the whole snapshot holds, cut into chunks of any size, with shared tokens and with offsets") {
  const TemporaryDirectory folder;
  for (const auto& example : {ExampleSnapshot(40, 60, 3), ExampleSnapshot(1, 1, 1), ExampleSnapshot(0, 0, 5),
                              shared_snapshot(30, 7), value_snapshot(20, 30, 4)}) {
    for (const std::size_t chunk_bytes : {default_chunk_bytes, std::size_t{1500}}) {
      const auto bytes = encode(example.view(), chunk_bytes).value();
      const auto file = write_file(folder, bytes);
      const auto whole = Snapshot::decode(bytes).value();
      for (const auto verification : {Verification::everything, Verification::summary, Verification::nothing}) {
        const auto map = SnapshotMap::open(file, verification);
        REQUIRE_MESSAGE(map, std::string(map ? "" : map.error().message()));
        check_against(*map, whole.view());
      }
    }
  }
}

TEST_CASE("every changed byte is found by verification, and without it nothing outside of the file is read") {
  const TemporaryDirectory folder;
  auto bytes = encode(ExampleSnapshot(6, 5, 2).view(), 1500).value();
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const auto change : {std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}}) {
      bytes[at] ^= change;
      const auto file = write_file(folder, bytes);
      CHECK_MESSAGE(!SnapshotMap::open(file), "byte ", at);
      if (const auto map = SnapshotMap::open(file, Verification::nothing)) static_cast<void>(read_all(*map));
      bytes[at] ^= change;
    }
  }
}

TEST_CASE("the summary says what the whole snapshot says") {
  const Published published;
  const auto whole = read_snapshot(published.file).value();
  const auto snapshot = SnapshotMap::open(published.file, Verification::summary).value();
  const SnapshotSummary& summary = snapshot.summary();
  CHECK(summary.run == whole.view().lineage.run);
  CHECK(summary.program == whole.view().lineage.program);
  CHECK(summary.smoothed == whole.view().lineage.smoothed);
  CHECK(summary.checksum == whole.checksum());
  CHECK(summary.bytes == published.bytes.size());
  CHECK(summary.options == whole.view().options);
  CHECK(summary.report.slice == whole.view().report.slice);
  CHECK(summary.report.interval == whole.view().report.interval);
  CHECK(summary.report.item_rows == whole.view().report.item_rows);
}

TEST_CASE("a file that is cut off has no summary") {
  const Published published;
  for (std::size_t size = 0; size < published.bytes.size(); ++size) {
    CAPTURE(size);
    CHECK(!published.of(published.bytes.substr(0, size)));
  }
}

// Rows that are damaged are found by who reads them.
TEST_CASE("a changed byte outside the rows is found, and the file named") {
  const Published published;
  std::size_t found = 0;
  for (std::size_t at = 0; at < published.bytes.size(); ++at) {
    std::string damaged = published.bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const auto summary = published.of(damaged);
    if (at < 64 || at >= published.bytes.size() - 64) CHECK_MESSAGE(!summary, "byte ", at);
    if (summary) continue;
    ++found;
    CHECK(summary.error().message().starts_with((published.folder / "other").native()));
  }
  CHECK(found > 500);  // header, manifest and footer
}

TEST_CASE("a file that is not there is not found") {
  const TemporaryDirectory folder;
  CHECK(SnapshotMap::open(folder / "nothing").error().code() == ErrorCode::not_found);
}
