// A short stream of small slices, and what a run that has learnt it looks like.
#pragma once

#include <doctest/doctest.h>

#include <vector>

#include <formats/temporary_directory.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/learning_run.hpp>
#include <support/same_state.hpp>
#include <support/text_slice.hpp>

namespace gaugeline::stream {

using test::TemporaryDirectory;
using testing::same_state;

inline Options small_learner() {
  auto options = testing::small_options();
  options.dimension = 8;
  return options;
}

inline testing::SequenceSlice small_slice(std::int64_t number) { return {number, 30, 10}; }
inline std::vector<std::byte> encoded_slice(std::int64_t number) {
  return formats::encode_slice(small_slice(number).view()).value();
}

// The last snapshot of a data directory.
inline formats::Snapshot latest_snapshot(const std::filesystem::path& data_directory) {
  return formats::SnapshotStore::open(data_directory).value().load_latest().value().value();
}

// True if the data directory holds what learning slices 0 to count - 1 gives, without a network or an interruption.
inline bool holds_slices(const std::filesystem::path& data_directory, std::int64_t count) {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = LearningRun::open(directory.path(), small_learner(), executor).value();
  for (std::int64_t number = 0; number < count; ++number) {
    REQUIRE(run.process(small_slice(number).view(), "direct", static_cast<std::uint64_t>(number) + 1));
  }
  const auto latest = latest_snapshot(data_directory);
  return same_state(latest.view().state, run.learner().state());
}

}  // namespace gaugeline::stream
