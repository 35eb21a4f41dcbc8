#include "background_publisher.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <formats/temporary_directory.hpp>
#include <gaugeline/formats/file_system.hpp>

#include "small_stream.hpp"

namespace gaugeline::stream {
namespace {

struct Bytes final : formats::ByteSink {
  Expected<> write(std::span<const std::byte> more) override {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return {};
  }
  std::vector<std::byte> bytes;
};

std::vector<std::byte> encoded(const formats::SnapshotView& snapshot) {
  std::vector<std::byte> workspace(formats::snapshot_workspace_bytes(snapshot));
  Bytes sink;
  const auto checksum = formats::encode_snapshot(snapshot, workspace, sink);
  REQUIRE_MESSAGE(checksum, checksum.error().message());
  return sink.bytes;
}

std::vector<std::byte> bytes_of(const std::filesystem::path& file) {
  const auto bytes = formats::read_file(file, formats::system_files()).value();
  return {bytes.span().begin(), bytes.span().end()};
}

// Both models: one has anchors and offsets, the other has not.
Options options_of(Likelihood likelihood) {
  auto options = small_learner();
  options.likelihood = likelihood;
  return options;
}

formats::SnapshotView snapshot_of(const OnlineLearner<float>& learner, const SliceReport& report,
                                  std::span<const RowIndex> canaries, const float* before,
                                  std::span<const formats::SourcePositionView> sources) {
  return {.lineage = {.run = "0123456789abcdef0123456789abcdef", .program = "gaugeline 0"},
          .options = learner.options(),
          .state = learner.state(),
          .report = report,
          .sources = sources,
          .canaries = {canaries, {before, static_cast<Eigen::Index>(canaries.size()), 8}}};
}

// Slice `number`, as values if the model is of them.
SliceReport learn_one(OnlineLearner<float>& learner, std::int64_t number) {
  SerialExecutor executor;
  const auto slice = small_slice(number);
  SliceView view = slice.view();
  std::vector<PairValue> values;
  if (learner.options().likelihood == Likelihood::gaussian) {
    for (RowIndex i = 0; i < 8; ++i)
      values.push_back({i, (i + 3) % 8, static_cast<float>(i) - static_cast<float>(number)});
    view.sequence_ids = view.sequence_ends = {};
    view.values = values;
  }
  return learner.learn(view, executor).value();
}

TEST_CASE("a copy of a snapshot stands when all that it was taken from has changed and is gone") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    CAPTURE(likelihood == Likelihood::gaussian);
    SnapshotCopy copy;
    for (std::int64_t last = 0; last < 3; ++last) {
      auto learner =
          std::make_unique<OnlineLearner<float>>(OnlineLearner<float>::create(options_of(likelihood)).value());
      SliceReport report;
      for (std::int64_t number = 0; number <= last; ++number) report = learn_one(*learner, number);
      std::vector<RowIndex> rows{1, 4};
      std::vector<float> before(16, .25F);
      std::string name = "a source whose name is long enough to lie on the heap";
      std::vector<formats::SourcePositionView> sources{{.source = name, .sequence = 7}};
      const auto snapshot = snapshot_of(*learner, report, rows, before.data(), sources);
      const auto whole = encoded(snapshot);
      copy.take(snapshot);
      learn_one(*learner, last + 1);
      learner.reset();
      rows = {2, 3};
      before.assign(16, .5F);
      name.assign(name.size(), 'x');
      sources = {};
      CHECK(encoded(copy.view()) == whole);
    }
  }
}

TEST_CASE("what is published in the background is what is published at once, byte for byte") {
  const TemporaryDirectory at_once;
  const TemporaryDirectory beside;
  SerialExecutor executor;
  for (const auto* directory : {&at_once, &beside}) {
    auto run = open_run(directory->path(), executor);
    run.rename("0123456789abcdef0123456789abcdef");
    if (directory == &beside) run.publish_in_background();
    learn(run, 0, 6);
    REQUIRE(run.finish());
    CHECK(run.report()->slice == 5);
    const auto store = formats::SnapshotStore::open(directory->path()).value();
    CHECK(run.parent_checksum() == store.load(4).value().checksum());
    CHECK(store.load(5).value().view().lineage.parent_checksum == run.parent_checksum());
    CHECK(run.finish());
  }
  for (const auto& file : std::filesystem::directory_iterator(at_once / "snapshots"))
    CHECK(bytes_of(file.path()) == bytes_of(beside / "snapshots" / file.path().filename()));
  CHECK(formats::SnapshotStore::open(beside.path()).value().slices().value().size() == 6);
}

TEST_CASE("a run that ends without waiting has written what it began, and goes on from there") {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  for (const int begin : {0, 3}) {
    auto run = open_run(directory.path(), executor);
    run.publish_in_background();
    learn(run, begin, begin + 3);
  }
  CHECK(holds_slices(directory.path(), 6));
}

TEST_CASE("a snapshot that could not be written in the background is told by the next call, and stops the run") {
  SerialExecutor executor;
  for (const bool at_end : {false, true}) {
    CAPTURE(at_end);
    const TemporaryDirectory directory;
    auto run = open_run(directory.path(), executor);
    run.publish_in_background();
    learn(run, 0, 1);
    REQUIRE(run.finish());
    std::filesystem::remove_all(directory / "snapshots");
    learn(run, 1, 2);
    const auto told = at_end ? run.finish().error() : run.process(small_slice(2).view(), "here", 3).error();
    CHECK(told.code() == ErrorCode::io_error);
    CHECK(told.message().starts_with("snapshot of slice 1: "));
    CHECK(run.process(small_slice(3).view(), "here", 4).error().code() == ErrorCode::io_error);
    CHECK(run.report()->slice == 0);
  }
}

}  // namespace
}  // namespace gaugeline::stream
