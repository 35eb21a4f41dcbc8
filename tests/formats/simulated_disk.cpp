// The simulated disk itself: that it loses what a disk may lose, and keeps what a disk must keep.
#include <doctest/doctest.h>

#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <support/simulated_disk.hpp>

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

constexpr std::uint64_t seeds = 300;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(const SimulatedDisk& disk, const std::filesystem::path& path) {
  const auto bytes = disk.content(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void append(SimulatedDisk& disk, const std::filesystem::path& path, std::string_view text) {
  auto file = disk.kind(path) == FileKind::none ? disk.create(path) : disk.open_to_append(path);
  REQUIRE(file);
  REQUIRE((*file)->append(bytes_of(text)));
}

void sync(SimulatedDisk& disk, const std::filesystem::path& path) {
  REQUIRE((*disk.open_to_append(path))->sync());
  REQUIRE(disk.sync_folder(folder_of(path)));
}

}  // namespace

TEST_CASE("synced bytes survive every crash; of those behind them any number may, also damaged") {
  std::set<std::string> found;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SimulatedDisk disk(seed);
    append(disk, "a", "safe");
    sync(disk, "a");
    append(disk, "a", "12");
    append(disk, "a", "3");
    CHECK(text_of(disk, "a") == "safe123");
    disk.crash();
    found.insert(text_of(disk, "a"));
  }
  for (const auto& text : found) CHECK(text.starts_with("safe"));
  for (const auto* outcome : {"safe", "safe1", "safe12", "safe123"}) CHECK(found.contains(outcome));
  CHECK(
      found.contains(std::string("safe\0"
                                 "23",
                                 7)));
  CHECK(found.size() > 10);
}

TEST_CASE("an entry survives every crash only if its folder was synced") {
  int without = 0;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SimulatedDisk disk(seed);
    append(disk, "a", "x");
    sync(disk, "a");
    append(disk, "b", "y");
    REQUIRE((*disk.open_to_append("b"))->sync());
    disk.crash();
    CHECK(text_of(disk, "a") == "x");
    if (disk.kind("b") == FileKind::none) {
      ++without;
    } else {
      CHECK(text_of(disk, "b") == "y");
    }
  }
  CHECK(without > 0);
  CHECK(without < static_cast<int>(seeds));
}

TEST_CASE("changes of folders survive in their order") {
  std::set<std::vector<std::string>> found;
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    SimulatedDisk disk(seed);
    append(disk, "a", "");
    append(disk, "b", "");
    REQUIRE(disk.rename("a", "c"));
    REQUIRE(disk.remove("b"));
    disk.crash();
    found.insert(disk.list("/").value());
  }
  CHECK(found == std::set<std::vector<std::string>>{{}, {"a"}, {"a", "b"}, {"b", "c"}, {"c"}});
}

TEST_CASE("a rename from folder to folder is there whole or not at all, and durable with either of the two") {
  for (std::uint64_t seed = 0; seed < seeds; ++seed) {
    for (const auto* synced : {"", "f", "g"}) {
      SimulatedDisk disk(seed);
      for (const auto* folder : {"f", "g"}) REQUIRE(disk.make_folder(folder));
      REQUIRE(disk.sync_folder("/"));
      append(disk, "f/a", "x");
      sync(disk, "f/a");
      REQUIRE(disk.rename("f/a", "g/a"));
      if (*synced != '\0') REQUIRE(disk.sync_folder(synced));
      disk.crash();
      const bool moved = disk.kind("g/a") == FileKind::regular;
      CHECK(moved != (disk.kind("f/a") == FileKind::regular));
      if (*synced != '\0') CHECK(moved);
      CHECK(text_of(disk, moved ? "g/a" : "f/a") == "x");
    }
  }
}

TEST_CASE("the world stops after so many operations, and goes on after the crash") {
  SimulatedDisk disk(1);
  disk.stop_after(2);
  append(disk, "a", "x");
  CHECK(disk.stopped());
  CHECK(!disk.create("b"));
  CHECK(!disk.list("/"));
  CHECK(disk.operations() == 2);
  disk.crash();
  CHECK(!disk.stopped());
  CHECK(disk.create("b"));
}

TEST_CASE("a process that dies loses its locks and open files, and nothing else") {
  SimulatedDisk disk(1);
  const auto lock = disk.lock("lock");
  const auto file = disk.create("a");
  REQUIRE((*file)->append(bytes_of("x")));
  disk.kill();
  CHECK(!(*file)->append(bytes_of("y")));
  CHECK(text_of(disk, "a") == "x");
  CHECK(disk.lock("lock").value() != nullptr);
}

TEST_CASE("a full disk takes what fits, says so, and takes more when there is room") {
  SimulatedDisk disk(1);
  disk.set_capacity(5);
  append(disk, "a", "123");
  auto file = disk.create("b");
  CHECK((*file)->append(bytes_of("4567")).error().code() == ErrorCode::no_space);
  CHECK(text_of(disk, "b") == "45");
  REQUIRE(disk.remove("a"));
  REQUIRE((*file)->append(bytes_of("67")));
  disk.set_capacity(100);
  REQUIRE((*file)->append(bytes_of("89")));
  CHECK(text_of(disk, "b") == "456789");
}

TEST_CASE("bytes that a failed sync should have written do not come back with the next one") {
  SimulatedDisk disk(1);
  append(disk, "a", "1");
  sync(disk, "a");
  append(disk, "a", "2");
  disk.fail_sync(2);
  REQUIRE(disk.sync_folder("/"));
  CHECK((*disk.open_to_append("a"))->sync().error().code() == ErrorCode::io_error);
  append(disk, "a", "3");
  sync(disk, "a");
  CHECK(text_of(disk, "a") == "123");
  disk.crash();
  CHECK(text_of(disk, "a") == std::string("1\0"
                                          "3",
                                          3));
}
