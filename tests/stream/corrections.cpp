// Corrections of recent slices (--lag) on a disk that is full now and then.
#include <doctest/doctest.h>

#include <string>

#include <support/simulated_disk.hpp>

#include "../../stream/src/slice_learner.hpp"
#include "small_stream.hpp"

namespace gaugeline::stream {
namespace {

using test::SimulatedDisk;

constexpr std::int64_t slices = 6;

SliceLearner open_learner(SimulatedDisk& disk, Executor& executor) {
  auto run = LearningRun::open("/data", small_learner(), executor, 3, disk).value();
  run.rename(std::string(32, 'a'));
  return SliceLearner(std::move(run), "/data", 0, disk);
}

Handover handover_of(std::int64_t number) {
  return {.slice = formats::decode_slice(encoded_slice(number)).value(),
          .source = "here",
          .sequence = static_cast<std::uint64_t>(number) + 1,
          .origin = {},
          .origin_sequence = 0,
          .checkpoint = {}};
}

// Every snapshot, the filter's and the corrected ones.
std::vector<std::vector<std::byte>> files_of(const SimulatedDisk& disk) {
  std::vector<std::vector<std::byte>> contents;
  for (const std::string folder : {"/data/snapshots/", "/data/smoothed/snapshots/"}) {
    for (std::int64_t number = 0; number < slices; ++number) {
      contents.push_back(disk.content(folder + "000000000" + std::to_string(number) + ".snapshot"));
      CHECK(!contents.back().empty());
    }
  }
  return contents;
}

TEST_CASE("a full disk holds corrections up, and they go on where they stopped, to the same bytes") {
  SerialExecutor executor;
  SimulatedDisk roomy(1);
  {
    auto learner = open_learner(roomy, executor);
    for (std::int64_t number = 0; number < slices; ++number) REQUIRE(learner.take(handover_of(number)));
  }
  SimulatedDisk disk(1);
  auto learner = open_learner(disk, executor);
  std::uint64_t room = 1000;
  disk.set_capacity(room);
  int waits_of_corrections = 0;
  for (std::int64_t number = 0; number < slices; ++number) {
    const auto handover = handover_of(number);
    auto taken = learner.take(handover);
    for (; !taken; taken = learner.take(handover)) {
      REQUIRE(taken.error().code() == ErrorCode::no_space);
      if (taken.error().message().starts_with("corrections after slice")) ++waits_of_corrections;
      disk.set_capacity(room += 500);
    }
    CHECK(taken->verdict);
    CHECK(taken->report->slice == static_cast<std::uint64_t>(number));
  }
  CHECK(waits_of_corrections > 3);
  CHECK(files_of(disk) == files_of(roomy));
}

TEST_CASE("while corrections wait for room, the next slice is not taken") {
  SerialExecutor executor;
  SimulatedDisk disk(1);
  auto run = LearningRun::open("/data", small_learner(), executor, 3, disk).value();
  learn(run, 0, 2);
  std::uint64_t room = 0;
  const auto small = small_slice(2);
  // Room for the filter's snapshot, and none for the corrections.
  disk.set_capacity(room);
  auto taken = run.process(small.view(), "here", 3);
  while (!taken.error().message().starts_with("corrections")) {
    REQUIRE(taken.error().code() == ErrorCode::no_space);
    disk.set_capacity(room += 500);
    taken = run.publish_again(small.view());
    REQUIRE(!taken);
  }
  CHECK(run.has_unpublished());
  CHECK(run.process(small_slice(3).view(), "here", 4).error().code() == ErrorCode::io_error);
  disk.set_capacity(std::uint64_t{1} << 40U);
  CHECK(run.publish_again(small.view()).value().slice == 2);
  CHECK_FALSE(run.has_unpublished());
  learn(run, 3, 4);
  CHECK(run.slices() == 4);
}

}  // namespace
}  // namespace gaugeline::stream
