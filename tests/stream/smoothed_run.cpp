// A joint fit in a data directory, and the corrections of a fixed lag.
#include <gaugeline/stream/smoothed_run.hpp>

#include <doctest/doctest.h>

#include "small_stream.hpp"

namespace gaugeline::stream {
namespace {

formats::SnapshotStore store_of(const std::filesystem::path& directory) {
  return formats::SnapshotStore::open(directory).value();
}

void fit(const std::filesystem::path& directory, std::int64_t slices, int sweeps, Executor& executor) {
  auto run = SmoothedRun::begin(directory, small_learner(), {}, executor).value();
  learn(run, 0, slices);
  for (int sweep = 0; sweep < sweeps; ++sweep) REQUIRE(run.smoother().sweep(executor));
  REQUIRE(run.publish());
}

TEST_CASE("a joint fit leaves a smoothed snapshot per slice, of one run, and nothing else") {
  const TemporaryDirectory directory;
  const TemporaryDirectory filtered;
  SerialExecutor executor;
  fit(directory.path(), 5, 3, executor);
  auto filter = open_run(filtered.path(), executor);
  learn(filter, 0, 5);
  CHECK_FALSE(std::filesystem::exists(directory.path() / "joint-fit"));

  const auto store = store_of(directory.path());
  CHECK(store.slices().value() == std::vector<std::uint64_t>{0, 1, 2, 3, 4});
  std::uint64_t parent = 0;
  std::string run;
  for (std::uint64_t slice = 0; slice < 5; ++slice) {
    const auto snapshot = store.load(slice).value();
    const auto plain = store_of(filtered.path()).load(slice).value();
    CHECK(snapshot.view().lineage.parent_checksum == parent);
    CHECK((slice == 0 || snapshot.view().lineage.run == run));
    const auto& rows = snapshot.view().state.items;
    CHECK(rows.embeddings.allFinite());
    CHECK(snapshot.view().lineage.smoothed);
    CHECK_FALSE(plain.view().lineage.smoothed);
    CHECK(rows.embeddings != plain.view().state.items.embeddings);
    CHECK(rows.count[0] == plain.view().state.items.count[0]);
    // Later data make rows more certain, and say nothing new of the last slice.
    if (slice < 4) CHECK(rows.precision[0] > plain.view().state.items.precision[0]);
    run = snapshot.view().lineage.run;
    parent = snapshot.checksum();
  }
  CHECK(run != filter.run());
}

TEST_CASE("without a sweep the joint fit is the filter, to rounding") {
  const TemporaryDirectory directory;
  const TemporaryDirectory filtered;
  SerialExecutor executor;
  fit(directory.path(), 3, 0, executor);
  auto filter = open_run(filtered.path(), executor);
  learn(filter, 0, 3);
  const auto fitted = latest_snapshot(directory.path());
  const auto& rows = fitted.view().state.items.embeddings;
  const auto state = filter.learner().state();
  CHECK((rows - state.items.embeddings).norm() < 1e-4F * rows.norm());
}

TEST_CASE("the filter goes on where a joint fit ends") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  fit(directory.path(), 4, 2, executor);
  auto run = open_run(directory.path(), executor);
  CHECK(run.slices() == 4);
  CHECK(run.last_sequence("here") == 4);
  learn(run, 4, 6);
  CHECK(store_of(directory.path()).slices().value().size() == 6);
  CHECK_FALSE(latest_snapshot(directory.path()).view().lineage.smoothed);
}

TEST_CASE("a joint fit takes all slices: a directory that holds some is refused, one that broke off is begun anew") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  {
    auto broken_off = SmoothedRun::begin(directory.path(), small_learner(), {}, executor).value();
    learn(broken_off, 0, 3);
    CHECK(store_of(directory.path()).slices().value().empty());
  }
  fit(directory.path(), 2, 1, executor);
  const auto refused = SmoothedRun::begin(directory.path(), small_learner(), {}, executor);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code() == ErrorCode::invalid_argument);
  CHECK(refused.error().message().find("holds 2 snapshots") != std::string_view::npos);
  auto alone = small_learner();
  alone.coupling = Coupling::none;
  const TemporaryDirectory other;
  CHECK_FALSE(SmoothedRun::begin(other.path(), alone, {}, executor));
}

TEST_CASE("a lag corrects recent slices in a directory of its own, and leaves the filter as it is") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = LearningRun::open(directory.path(), small_learner(), executor, 3).value();
  learn(run, 0, 3);
  const auto smoothed = store_of(directory.path() / "smoothed");
  const auto of_slice = [&](std::uint64_t slice) { return smoothed.load(slice).value(); };
  const std::uint64_t first = of_slice(0).checksum();
  const std::uint64_t second = of_slice(1).checksum();
  learn(run, 3, 4);
  CHECK(of_slice(0).checksum() == first);   // out of the window: final
  CHECK(of_slice(1).checksum() != second);  // corrected
  learn(run, 4, 6);
  CHECK(holds_slices(directory.path(), 6));
  CHECK(smoothed.slices().value().size() == 6);
  std::uint64_t parent = 0;
  for (std::uint64_t slice = 0; slice < 6; ++slice) {
    const auto snapshot = of_slice(slice);
    CHECK(snapshot.view().lineage.parent_checksum == parent);
    CHECK(snapshot.view().lineage.run == run.run());
    parent = snapshot.checksum();
  }
}

TEST_CASE("a slice whose corrections a crash prevented stands among them as the filter has it") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  {
    auto run = LearningRun::open(directory.path(), small_learner(), executor, 3).value();
    learn(run, 0, 5);
  }
  const auto smoothed = store_of(directory.path() / "smoothed");
  REQUIRE(std::filesystem::remove(smoothed.file(4)));
  auto run = LearningRun::open(directory.path(), small_learner(), executor, 3).value();
  CHECK_FALSE(smoothed.load(4).value().view().lineage.smoothed);
  learn(run, 5, 8);
  std::uint64_t parent = 0;
  for (std::uint64_t slice = 0; slice < 8; ++slice) {
    const auto snapshot = smoothed.load(slice).value();
    CHECK(snapshot.view().lineage.parent_checksum == parent);
    parent = snapshot.checksum();
  }
}

TEST_CASE("with a lag, a run that is opened again and one that forgets a word go on") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  {
    auto run = LearningRun::open(directory.path(), small_learner(), executor, 3).value();
    learn(run, 0, 4);
  }
  auto run = LearningRun::open(directory.path(), small_learner(), executor, 3).value();
  learn(run, 4, 6);
  const std::vector<std::string_view> words{"w3"};
  CHECK(run.forget(words).value() == 1);
  learn(run, 6, 9);
  const auto smoothed = store_of(directory.path() / "smoothed");
  CHECK(smoothed.slices().value().size() == 9);
  for (std::uint64_t slice = 0; slice < 9; ++slice) CHECK(smoothed.load(slice));
}

}  // namespace
}  // namespace gaugeline::stream
