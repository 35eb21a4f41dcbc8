#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gaugeline/formats/comparability.hpp>
#include <gaugeline/stream/learning_run.hpp>
#include <gaugeline/stream/thread_pool.hpp>

#include "small_stream.hpp"

namespace gaugeline::stream {
namespace {

TEST_CASE("every slice leaves a verified snapshot, and knows the one before it") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  CHECK(run.run().size() == 32);
  learn(run, 0, 4);
  CHECK(run.slices() == 4);
  const auto store = formats::SnapshotStore::open(directory.path()).value();
  CHECK(store.slices().value() == std::vector<std::uint64_t>{0, 1, 2, 3});
  std::uint64_t parent = 0;
  for (std::uint64_t slice = 0; slice < 4; ++slice) {
    const auto snapshot = store.load(slice).value();
    CHECK(snapshot.view().lineage.run == run.run());
    CHECK(snapshot.view().lineage.parent_checksum == parent);
    CHECK(snapshot.view().sources.front().sequence == slice + 1);
    parent = snapshot.checksum();
  }
}

TEST_CASE("canaries are where their items were in the snapshot before, also after the run was opened again") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  for (const int end : {3, 5}) {
    auto run = open_run(directory.path(), executor);
    learn(run, end - (end == 3 ? 3 : 2), end);
  }
  const auto store = formats::SnapshotStore::open(directory.path()).value();
  CHECK(store.load(0).value().view().canaries.rows.empty());
  for (std::uint64_t slice = 1; slice < 5; ++slice) {
    const auto before = store.load(slice - 1).value(), now = store.load(slice).value();
    const formats::CanariesView canaries = now.view().canaries;
    CHECK(canaries.rows.size() == std::min<std::size_t>(2 * 8, before.view().state.items.size()));
    for (std::size_t c = 0; c < canaries.rows.size(); ++c) {
      const auto row = static_cast<Eigen::Index>(canaries.rows[c]);
      CHECK(canaries.before.row(static_cast<Eigen::Index>(c)) == before.view().state.items.embeddings.row(row));
    }
    const formats::FrameCheck check = formats::check_frame(now.view());
    CHECK(check.distance_turned <= check.distance);
    CHECK(check.angle < 1);
    CHECK(formats::check_comparable(formats::frame_of(before.view()), formats::frame_of(now.view())));
  }
}

TEST_CASE("a snapshot that is written again without forgotten items has the canaries that are left") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, 3);
  const auto before = latest_snapshot(directory.path());
  const formats::CanariesView canaries = before.view().canaries;
  const std::string token(before.view().state.items.tokens[canaries.rows[3]]);
  REQUIRE(run.forget(std::vector<std::string_view>{token}).value() == 1);
  const auto after = latest_snapshot(directory.path());
  const formats::CanariesView left = after.view().canaries;
  CHECK(left.rows.size() >= canaries.rows.size() - 2);
  CHECK(left.rows.size() < canaries.rows.size());
  for (const RowIndex row : left.rows) CHECK(after.view().state.items.tokens[row] != token);
}

TEST_CASE("a run that is opened again goes on bit for bit, with any number of threads") {
  const TemporaryDirectory directory;
  std::string identity;
  {
    SerialExecutor executor;
    auto run = open_run(directory.path(), executor);
    identity = run.run();
    learn(run, 0, 3);
  }
  ThreadPool executor(3);
  auto options = small_learner();
  options.worker_capacity = 3;
  auto run = LearningRun::open(directory.path(), options, executor).value();
  CHECK(run.run() == identity);
  CHECK(run.slices() == 3);
  CHECK(run.last_sequence("here") == 3);
  learn(run, 3, 6);
  CHECK(holds_slices(directory.path(), 6));
}

TEST_CASE("a directory that another run writes to is refused") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  {
    const auto run = open_run(directory.path(), executor);
    CHECK(LearningRun::open(directory.path(), small_learner(), executor).error().code() == ErrorCode::io_error);
  }
  CHECK(LearningRun::open(directory.path(), small_learner(), executor));
}

TEST_CASE("positions are kept per source") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  {
    auto run = open_run(directory.path(), executor);
    REQUIRE(run.process(small_slice(0).view(), "a", 10));
    REQUIRE(run.process(small_slice(1).view(), "b", 1));
    REQUIRE(run.process(small_slice(2).view(), "a", 12));
  }
  const auto run = open_run(directory.path(), executor);
  CHECK(run.last_sequence("a") == 12);
  CHECK(run.last_sequence("b") == 1);
  CHECK(run.last_sequence("c") == 0);
}

TEST_CASE("a slice that is refused changes nothing") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, 2);
  const auto refused = run.process(small_slice(0).view(), "here", 3);
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::out_of_order);
  CHECK(run.last_sequence("here") == 2);
  CHECK(run.slices() == 2);
  learn(run, 2, 4);
  CHECK(holds_slices(directory.path(), 4));
}

TEST_CASE("an option that changes behaviour must be that of the run; the error names it") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  {
    auto run = open_run(directory.path(), executor);
    learn(run, 0, 1);
  }
  const auto error_with = [&](auto change) -> std::string {
    auto options = small_learner();
    change(options);
    const auto run = LearningRun::open(directory.path(), options, executor);
    if (run) return "";
    CHECK(run.error().code() == ErrorCode::invalid_argument);
    return std::string(run.error().message()).substr(directory.path().native().size());
  };
  CHECK(error_with([](Options& options) { options.seed = 2; }) ==
        ": option seed is 2, but the run that is there was begun with 1");
  CHECK(error_with([](Options& options) { options.gauge = GaugeFixing::none; }) ==
        ": option gauge is none, but the run that is there was begun with procrustes");
  CHECK(error_with([](Options& options) { options.count_decay = .5F; }).starts_with(": option count_decay is 0.5"));
  CHECK(error_with([](Options& options) { options.item_capacity = options.context_capacity = 1000; }).empty());
}

TEST_CASE("a run does not go on from a compact snapshot, and says why and what to do") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  {
    auto run = open_run(directory.path(), executor);
    learn(run, 0, 2);
  }
  {
    auto store = formats::SnapshotStore::create(directory.path()).value();
    const auto latest = store.load(1).value();
    auto view = latest.view();
    view.encoding = formats::Encoding::int8;
    REQUIRE(store.publish(view));
  }
  for (const auto& refused : {LearningRun::open(directory.path(), small_learner(), executor),
                              LearningRun::reopen(directory.path(), executor)}) {
    REQUIRE(!refused);
    CHECK(refused.error().code() == ErrorCode::invalid_argument);
    const std::string message(refused.error().message());
    CHECK(message.find("0000000001.snapshot: is a compact snapshot: its embeddings are rounded to int8") !=
          std::string::npos);
    CHECK(message.ends_with("put the file that it was made of in its place"));
  }
}

TEST_CASE("after a snapshot that could not be written the run takes nothing more") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, 1);
  std::filesystem::remove_all(directory / "snapshots");
  CHECK(run.process(small_slice(1).view(), "here", 2).error().code() == ErrorCode::io_error);
  CHECK(run.process(small_slice(2).view(), "here", 3).error().code() == ErrorCode::io_error);
}

}  // namespace
}  // namespace gaugeline::stream
