#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <gaugeline/formats/snapshot_store.hpp>

#include "example_snapshot.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

ExampleSnapshot snapshot_of_slice(std::uint64_t slice) {
  ExampleSnapshot example(5, 6, 3);
  example.report.slice = slice;
  return example;
}

}  // namespace

TEST_CASE("published snapshots are listed and loaded, whatever the order of publishing") {
  const TemporaryDirectory folder;
  auto store = SnapshotStore::create(folder / "data");
  REQUIRE(store);
  for (const std::uint64_t slice : {2U, 0U, 12U, 1U}) REQUIRE(store->publish(snapshot_of_slice(slice).view()));
  CHECK(store->slices() == std::vector<std::uint64_t>{0, 1, 2, 12});
  CHECK(store->load(1)->view().report.slice == 1);
  CHECK((*store->load_latest())->view().report.slice == 12);
  CHECK(store->file(12) == folder / "data" / "snapshots" / "0000000012.snapshot");
  CHECK(std::filesystem::exists(store->file(12)));
}

TEST_CASE("publish gives the checksum that loading finds") {
  const TemporaryDirectory folder;
  auto store = SnapshotStore::create(folder.path());
  REQUIRE(store);
  const auto checksum = store->publish(snapshot_of_slice(0).view());
  REQUIRE(checksum);
  CHECK(store->load(0)->checksum() == *checksum);
}

TEST_CASE("a new data directory has no snapshot, and that is no error") {
  const TemporaryDirectory folder;
  const auto store = SnapshotStore::create(folder / "deep" / "data");
  REQUIRE(store);
  CHECK(store->slices()->empty());
  CHECK(!*store->load_latest());
}

TEST_CASE("opening for reading needs a data directory, and makes none") {
  const TemporaryDirectory folder;
  const auto store = SnapshotStore::open(folder / "data");
  REQUIRE(!store);
  CHECK(store.error().code() == ErrorCode::not_found);
  CHECK(folder.names().empty());
  REQUIRE(SnapshotStore::create(folder / "data"));
  CHECK(SnapshotStore::open(folder / "data"));
}

TEST_CASE("what a crash left is removed by the writer, not by a reader; other files stay and are not listed") {
  const TemporaryDirectory folder;
  REQUIRE(SnapshotStore::create(folder.path()));
  const auto snapshots = folder / "snapshots";
  for (const auto* name : {".tmp-0000000003.snapshot.77.0", "notes.txt", "3.snapshot", "000000000x.snapshot"})
    write_bytes(snapshots / name, {});
  REQUIRE(SnapshotStore::open(folder.path()));
  CHECK(std::filesystem::exists(snapshots / ".tmp-0000000003.snapshot.77.0"));
  const auto store = SnapshotStore::create(folder.path());
  REQUIRE(store);
  CHECK(!std::filesystem::exists(snapshots / ".tmp-0000000003.snapshot.77.0"));
  CHECK(std::filesystem::exists(snapshots / "notes.txt"));
  CHECK(store->slices()->empty());
}

TEST_CASE("one store writes to a directory at a time; readers are let in") {
  const TemporaryDirectory folder;
  auto first = SnapshotStore::create(folder.path());
  REQUIRE(first);
  write_bytes(folder / "snapshots" / ".tmp-of-the-first", {});
  const auto second = SnapshotStore::create(folder.path());
  REQUIRE(!second);
  CHECK(second.error().code() == ErrorCode::io_error);
  CHECK(second.error().message().starts_with(folder.path().native() + ": another program is writing"));
  CHECK(std::filesystem::exists(folder / "snapshots" / ".tmp-of-the-first"));
  CHECK(SnapshotStore::open(folder.path()));
  const auto moved = std::move(*first);
  first = fail(ErrorCode::not_found, "gone");
  CHECK(!SnapshotStore::create(folder.path()));
}

TEST_CASE("a directory is free for another writer once the first is gone") {
  const TemporaryDirectory folder;
  REQUIRE(SnapshotStore::create(folder.path()));
  REQUIRE(SnapshotStore::create(folder.path()));
}

TEST_CASE("a damaged snapshot is named, and no older one takes its place") {
  const TemporaryDirectory folder;
  auto store = SnapshotStore::create(folder.path());
  REQUIRE(store);
  REQUIRE(store->publish(snapshot_of_slice(0).view()));
  REQUIRE(store->publish(snapshot_of_slice(1).view()));
  auto bytes = read_bytes(store->file(1));
  bytes[200] ^= std::byte{1};
  write_bytes(store->file(1), bytes);
  const auto latest = store->load_latest();
  REQUIRE(!latest);
  CHECK(latest.error().code() == ErrorCode::checksum_mismatch);
  CHECK(latest.error().message().starts_with(store->file(1).native()));
}

TEST_CASE("a snapshot under another slice's name is refused") {
  const TemporaryDirectory folder;
  auto store = SnapshotStore::create(folder.path());
  REQUIRE(store);
  REQUIRE(store->publish(snapshot_of_slice(0).view()));
  std::filesystem::rename(store->file(0), store->file(7));
  CHECK(store->load(7).error().message().find("holds slice 0") != std::string_view::npos);
}

TEST_CASE("an empty store takes over all snapshots of another at once; one that holds some refuses") {
  const TemporaryDirectory folder;
  auto from = SnapshotStore::create(folder / "from");
  auto to = SnapshotStore::create(folder / "to");
  REQUIRE(from);
  REQUIRE(to);
  for (const std::uint64_t slice : {0U, 1U}) REQUIRE(from->publish(snapshot_of_slice(slice).view()));
  REQUIRE(to->take_all(*from));
  CHECK(to->slices() == std::vector<std::uint64_t>{0, 1});
  CHECK(to->load(1));
  auto other = SnapshotStore::create(folder / "other");
  REQUIRE(other);
  REQUIRE(other->publish(snapshot_of_slice(5).view()));
  CHECK(to->take_all(*other).error().code() == ErrorCode::io_error);
  CHECK(to->slices() == std::vector<std::uint64_t>{0, 1});
  CHECK(other->slices() == std::vector<std::uint64_t>{5});
}

TEST_CASE("a snapshot that is not there is named") {
  const TemporaryDirectory folder;
  const auto store = SnapshotStore::create(folder.path());
  REQUIRE(store);
  const auto error = store->load(5).error();
  CHECK(error.code() == ErrorCode::not_found);
  CHECK(error.message().find("0000000005.snapshot") != std::string_view::npos);
}

TEST_CASE("a snapshot that is refused leaves nothing behind") {
  const TemporaryDirectory folder;
  auto store = SnapshotStore::create(folder.path());
  REQUIRE(store);
  auto example = snapshot_of_slice(0);
  example.items.precision[0] = -1;
  const auto refused = store->publish(example.view());
  REQUIRE(!refused);
  CHECK(refused.error().message().starts_with(store->file(0).native() + ": "));
  CHECK(std::filesystem::is_empty(folder / "snapshots"));
}

TEST_CASE("publishing a slice again replaces its snapshot") {
  const TemporaryDirectory folder;
  auto store = SnapshotStore::create(folder.path());
  REQUIRE(store);
  auto example = snapshot_of_slice(0);
  REQUIRE(store->publish(example.view()));
  example.report.score = -1;
  REQUIRE(store->publish(example.view()));
  CHECK(store->load(0)->view().report.score == -1);
  CHECK(store->slices()->size() == 1);
}
