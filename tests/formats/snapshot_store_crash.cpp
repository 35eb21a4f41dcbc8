// The store on a disk that is crashed after every single operation, over several seeds.
#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gaugeline/formats/snapshot_store.hpp>

#include <support/simulated_disk.hpp>

#include "example_snapshot.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

constexpr std::uint64_t seeds = 20;

enum class Accident { crash, kill_then_crash };

ExampleSnapshot snapshot_of_slice(std::uint64_t slice, double score = -1) {
  ExampleSnapshot example(5, 6, 3);
  example.report.slice = slice;
  example.report.score = score;
  return example;
}

SnapshotStore create(SimulatedDisk& disk, const std::filesystem::path& directory = "/data") {
  auto store = SnapshotStore::create(directory, disk);
  REQUIRE(store);
  return std::move(*store);
}

void publish(SnapshotStore& store, std::uint64_t slice) { REQUIRE(store.publish(snapshot_of_slice(slice).view())); }

// Runs `act` on disks that stop after 0, 1, 2 ... operations of it, until it ends undisturbed; `check` looks at what a
// restart finds, and is told whether `act` had said that it was done.
template <class Prepare, class Act, class Check>
void after_every_operation(Prepare prepare, Act act, Check check) {
  for (const auto accident : {Accident::crash, Accident::kill_then_crash}) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      bool undisturbed = false;
      for (std::uint64_t operations = 0; !undisturbed; ++operations) {
        CAPTURE(seed);
        CAPTURE(operations);
        SimulatedDisk disk(seed);
        prepare(disk);
        disk.stop_after(operations);
        const bool done = act(disk);
        undisturbed = !disk.stopped();
        if (undisturbed) REQUIRE(done);
        if (accident == Accident::kill_then_crash) {
          disk.kill();
          const auto found = check(disk, done);
          disk.crash();  // what was found after the kill may have been told to others, and must stay
          CHECK(check(disk, done) == found);
        } else {
          disk.crash();
          check(disk, done);
        }
      }
    }
  }
}

// The latest snapshot that a writer finds, verified: which slice, with what score.
std::optional<std::pair<std::uint64_t, double>> latest(SimulatedDisk& disk) {
  const auto store = create(disk);
  const auto names = disk.list("/data/snapshots");
  REQUIRE(names);
  CHECK(names->size() == store.slices()->size());  // nothing is left beside them
  const auto found = store.load_latest();
  REQUIRE(found);
  if (!*found) return std::nullopt;
  return std::pair((*found)->view().report.slice, (*found)->view().report.score);
}

}  // namespace

TEST_CASE("after a crash at any operation of publishing, the latest snapshot is the old one or the new one, whole") {
  after_every_operation(
      [](SimulatedDisk& disk) {
        auto store = create(disk);
        publish(store, 0);
        publish(store, 1);
      },
      [](SimulatedDisk& disk) {
        auto store = SnapshotStore::create("/data", disk);
        return store && store->publish(snapshot_of_slice(2).view());
      },
      [](SimulatedDisk& disk, bool done) {
        const auto slice = latest(disk)->first;
        CHECK((slice == 2 || (slice == 1 && !done)));
        return slice;
      });
}

TEST_CASE("after a crash at any operation of the first publishing there is no snapshot, or that one") {
  after_every_operation([](SimulatedDisk&) {},
                        [](SimulatedDisk& disk) {
                          auto store = SnapshotStore::create("/data", disk);
                          return store && store->publish(snapshot_of_slice(0).view());
                        },
                        [](SimulatedDisk& disk, bool done) {
                          const auto found = latest(disk);
                          if (done) CHECK(found);
                          return found;
                        });
}

TEST_CASE("after a crash at any operation of publishing a slice again, it has its old content or the new") {
  after_every_operation(
      [](SimulatedDisk& disk) {
        auto store = create(disk);
        REQUIRE(store.publish(snapshot_of_slice(0, -2).view()));
      },
      [](SimulatedDisk& disk) {
        auto store = SnapshotStore::create("/data", disk);
        return store && store->publish(snapshot_of_slice(0, -3).view());
      },
      [](SimulatedDisk& disk, bool done) {
        const double score = latest(disk)->second;
        CHECK((score == -3 || (score == -2 && !done)));
        return score;
      });
}

TEST_CASE("after a crash at any operation of taking all over, the snapshots are all here or all there") {
  const std::vector<std::uint64_t> none, both{0, 1};
  after_every_operation(
      [](SimulatedDisk& disk) {
        auto from = create(disk, "/data/joint-fit");
        publish(from, 0);
        publish(from, 1);
        create(disk);
      },
      [](SimulatedDisk& disk) {
        const auto from = SnapshotStore::open("/data/joint-fit", disk);
        auto to = SnapshotStore::create("/data", disk);
        return from && to && to->take_all(*from);
      },
      [&](SimulatedDisk& disk, bool done) {
        const auto here = create(disk).slices().value();
        const auto there = create(disk, "/data/joint-fit").slices().value();
        CHECK((here == both || (here == none && !done)));
        CHECK(there == (here == both ? none : both));
        return here;
      });
}

TEST_CASE("a full disk refuses a snapshot, keeps the others, and takes it when there is room") {
  SimulatedDisk disk(1);
  auto store = create(disk);
  publish(store, 0);
  const auto size = disk.content(store.file(0)).size();
  for (const std::size_t room : {std::size_t{0}, std::size_t{1}, size / 2, size - 1}) {
    disk.set_capacity(size + room);
    const auto refused = store.publish(snapshot_of_slice(1).view());
    REQUIRE(!refused);
    CHECK(refused.error().code() == ErrorCode::no_space);
    const std::string_view message = refused.error().message();
    const std::string name = store.file(1).native();
    CHECK(message.starts_with(name + ": "));
    CHECK(message.find(name, 1) == std::string_view::npos);  // once is enough
    CHECK(store.slices() == std::vector<std::uint64_t>{0});
    CHECK(disk.list("/data/snapshots")->size() == 1);
  }
  disk.set_capacity(2 * size);
  publish(store, 1);
  CHECK(store.load(1));
}

TEST_CASE("a snapshot whose sync failed is not put in place") {
  SimulatedDisk disk(1);
  auto store = create(disk);
  publish(store, 0);
  disk.fail_sync(1);
  CHECK(store.publish(snapshot_of_slice(1).view()).error().code() == ErrorCode::io_error);
  CHECK(store.slices() == std::vector<std::uint64_t>{0});
  publish(store, 1);
  CHECK(store.load(1));
}
