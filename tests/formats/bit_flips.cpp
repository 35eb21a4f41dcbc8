// A million files with one bit changed, at random: snapshots, deltas and .slices files. None may pass for whole.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gaugeline/formats/delta.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/formats/snapshot_map.hpp>
#include <gaugeline/formats/snapshot_store.hpp>

#include "example_delta.hpp"
#include "example_slices.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Bytes = std::vector<std::byte>;

// Flips a bit of `good` so many times, and counts how often `reads` took the file.
template <class Reads>
std::size_t taken(Bytes good, std::size_t flips, const Reads& reads) {
  REQUIRE(reads(good));
  Random random(23);
  std::size_t count = 0;
  for (std::size_t flip = 0; flip < flips; ++flip) {
    const std::size_t bit = random.bits() % (good.size() * 8);
    const auto mask = std::byte{1} << (bit % 8);
    good[bit / 8] ^= mask;
    count += reads(good) ? 1 : 0;
    good[bit / 8] ^= mask;
  }
  return count;
}

Bytes bytes_of(const std::filesystem::path& path) {
  const auto read = read_file(path).value();
  return {read.span().begin(), read.span().end()};
}

// The same of a file on disk, in which only the byte that is flipped is written.
template <class Reads>
std::size_t taken(const std::filesystem::path& path, std::size_t flips, const Reads& reads) {
  const Bytes good = bytes_of(path);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  std::size_t changed = 0;
  const auto put = [&](std::size_t offset, std::byte byte) {
    file.seekp(static_cast<std::streamoff>(offset)).put(static_cast<char>(byte)).flush();
    REQUIRE(file);
  };
  return taken(good, flips, [&](const Bytes& bytes) {
    put(changed, good[changed]);
    changed = static_cast<std::size_t>(std::ranges::mismatch(bytes, good).in1 - bytes.begin());
    if (changed == good.size()) changed = 0;
    put(changed, bytes[changed]);
    return reads(path);
  });
}

bool reads_all(const std::filesystem::path& path) {
  auto reader = SlicesReader::open(path);
  if (!reader) return false;
  for (;;) {
    const auto slice = reader->next();
    if (!slice || !*slice) return slice.has_value();
  }
}

}  // namespace

TEST_CASE("400,000 bits of snapshots") {
  for (const bool shared : {false, true}) {
    const auto example = shared ? shared_snapshot(9, 3) : value_snapshot(12, 7, 3);
    CHECK(taken(encode(example.view(), 1600).value(), 200'000,
                [](const Bytes& bytes) { return Snapshot::decode(bytes).has_value(); }) == 0);
  }
}

TEST_CASE("400,000 bits of deltas") {
  for (const float tolerance : {0.F, .1F}) {
    const SnapshotPair pair(12, 3, tolerance > 0);
    CHECK(taken(encode_pair(pair, {.amount = tolerance}), 200'000, [&](const Bytes& bytes) {
            return apply_delta(pair.base.view(), bytes).has_value() || read_delta_summary(bytes).has_value();
          }) == 0);
  }
}

TEST_CASE("100,000 bits of snapshots that are mapped, and 100,000 of .slices files") {
  const TemporaryDirectory folder;
  const auto path = folder / "file";
  std::vector<std::byte> workspace;
  REQUIRE(write_snapshot(path, ExampleSnapshot(12, 7, 3).view(), workspace));
  CHECK(taken(path, 100'000, [](const auto& file) { return SnapshotMap::open(file).has_value(); }) == 0);

  auto writer = SlicesWriter::create(path).value();
  REQUIRE(writer.append(text_slice().view()));
  REQUIRE(writer.append(two_sided_slice().view()));
  REQUIRE(writer.finish());
  CHECK(taken(path, 100'000, reads_all) == 0);
}
