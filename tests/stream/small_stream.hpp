// A short stream of small slices, and what a run that has learnt it looks like.
#pragma once

#include <doctest/doctest.h>

#include <string_view>
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

inline LearningRun open_run(const std::filesystem::path& data_directory, Executor& executor) {
  return LearningRun::open(data_directory, small_learner(), executor).value();
}
// Slices begin to end - 1, as the sender `source` numbers them.
template <class Run>
void learn(Run& run, std::int64_t begin, std::int64_t end, std::string_view source = "here") {
  for (std::int64_t number = begin; number < end; ++number) {
    REQUIRE(run.process(small_slice(number).view(), source, static_cast<std::uint64_t>(number) + 1));
  }
}

// The last snapshot of a data directory.
inline formats::Snapshot latest_snapshot(const std::filesystem::path& data_directory) {
  return formats::SnapshotStore::open(data_directory).value().load_latest().value().value();
}

// A data directory for all tests of a file, which only read it: what `teach` leaves in it.
template <void (*teach)(const std::filesystem::path&)>
const formats::SnapshotStore& taught_store() {
  static const TemporaryDirectory directory;
  static const formats::SnapshotStore store = [] {
    teach(directory.path());
    return formats::SnapshotStore::open(directory.path()).value();
  }();
  return store;
}

// True if the data directory holds what learning slices 0 to count - 1 gives, without a network or an interruption.
inline bool holds_slices(const std::filesystem::path& data_directory, std::int64_t count) {
  const TemporaryDirectory directory;
  SerialExecutor executor;
  auto run = open_run(directory.path(), executor);
  learn(run, 0, count);
  const auto latest = latest_snapshot(data_directory);
  return same_state(latest.view().state, run.learner().state());
}

}  // namespace gaugeline::stream
