// forget: the latest snapshot without a token, and the run that goes on from it.
#include <doctest/doctest.h>

#include <filesystem>
#include <string_view>
#include <vector>

#include <gaugeline/stream/query.hpp>

#include "small_stream.hpp"

namespace gaugeline::stream {
namespace {

std::size_t forget(LearningRun& run, std::initializer_list<std::string_view> tokens) {
  return run.forget(std::vector(tokens)).value();
}

bool holds(const formats::Snapshot& snapshot, std::string_view token) {
  const auto state = snapshot.view().state;
  const auto in = [&](const SideState<float>& side) {
    for (std::size_t row = 0; row < side.size(); ++row) {
      if (side.tokens[row] == token) return true;
    }
    return false;
  };
  return in(state.items) || in(state.contexts);
}

}  // namespace

TEST_CASE("a run that forgets, ends and is opened again goes on as a learner in memory that forgot") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto learner = OnlineLearner<float>::create(small_learner()).value();
  for (std::int64_t number = 0; number < 6; ++number) {
    if (number == 3) CHECK(learner.forget(std::vector<std::string_view>{"w3", "w4"}) == 2);
    learner.learn(small_slice(number).view(), executor).value();
  }
  {
    auto run = open_run(directory.path(), executor);
    learn(run, 0, 3);
  }
  {
    auto run = LearningRun::reopen(directory.path(), executor).value();
    CHECK(run.learner().options() == small_learner());
    CHECK(forget(run, {"w3", "w4"}) == 2);
  }
  auto run = open_run(directory.path(), executor);
  learn(run, 3, 6);
  CHECK(same_state(latest_snapshot(directory.path()).view().state, learner.state()));
}

TEST_CASE("the latest snapshot is replaced: slice, positions and lineage stay, and earlier ones hold the token") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, 3);
  const auto before = latest_snapshot(directory.path());
  for (const std::string_view token : {"w3", "w4"}) CHECK(forget(run, {token}) == 1);  // the second replaces the first
  const auto store = formats::SnapshotStore::open(directory.path()).value();
  CHECK(store.slices().value() == std::vector<std::uint64_t>{0, 1, 2});
  const auto after = latest_snapshot(directory.path());
  CHECK(holds(store.load(1).value(), "w3"));
  CHECK_FALSE(holds(after, "w3"));
  CHECK_FALSE(holds(after, "w4"));
  CHECK(after.view().report.interval == before.view().report.interval);
  CHECK(after.view().report.item_rows == before.view().report.item_rows - 2);
  CHECK(after.view().report.score == before.view().report.score);
  CHECK(after.view().lineage.run == before.view().lineage.run);
  CHECK(after.view().lineage.parent_checksum == store.load(1).value().checksum());
  CHECK(after.checksum() != before.checksum());
  REQUIRE(after.view().sources.size() == 1);
  CHECK(after.view().sources.front().source == "here");
  CHECK(after.view().sources.front().sequence == 3);
  learn(run, 3, 4);
  CHECK(latest_snapshot(directory.path()).view().lineage.parent_checksum == after.checksum());
}

TEST_CASE("if no token is known, nothing is written") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  CHECK(forget(run, {"w3"}) == 0);  // no slice yet
  learn(run, 0, 2);
  const auto file = formats::SnapshotStore::open(directory.path()).value().file(1);
  std::filesystem::create_hard_link(file, directory / "as it was");
  CHECK(forget(run, {"nobody"}) == 0);
  CHECK(std::filesystem::equivalent(file, directory / "as it was"));
  CHECK(forget(run, {"w3"}) == 1);
  CHECK_FALSE(std::filesystem::equivalent(file, directory / "as it was"));
}

TEST_CASE("a token that comes back is of another life to every question") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, 3);
  forget(run, {"w3"});
  const auto store = formats::SnapshotStore::open(directory.path()).value();
  CHECK(find_neighbors(store, {.token = "w3"}).error().code() == ErrorCode::not_found);
  CHECK(find_neighbors(store, {.token = "w3", .slice = "1"}));
  const auto others = find_neighbors(store, {.token = "w4", .count = 100}).value();
  CHECK(others.neighbors.size() > 20);
  for (const auto& near : others.neighbors) CHECK(near.token != "w3");
  learn(run, 3, 5);
  TrajectoryQuestion question;
  question.token = "w3";
  const auto points = follow_trajectory(store, question).value();
  REQUIRE(points.size() == 4);  // of slices 0, 1, 3 and 4
  CHECK(points[1].born == 0);
  CHECK(points[2].born == 3);
  CHECK(points[2].since_first.distance == 0);
}

TEST_CASE("a directory without a run is not opened again, and none is made") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  CHECK(LearningRun::reopen(directory / "data", executor).error().code() == ErrorCode::not_found);
  CHECK(directory.names().empty());
  REQUIRE(formats::SnapshotStore::create(directory / "data"));
  CHECK(LearningRun::reopen(directory / "data", executor).error().code() == ErrorCode::not_found);
}

TEST_CASE("after a snapshot without the token could not be written, the run takes nothing more") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, 1);
  std::filesystem::remove_all(directory / "snapshots");
  CHECK(run.forget(std::vector<std::string_view>{"w3"}).error().code() == ErrorCode::io_error);
  CHECK(run.process(small_slice(1).view(), "here", 2).error().code() == ErrorCode::io_error);
}

}  // namespace gaugeline::stream
