// A short stream of small slices, what a run that has learnt it looks like, and comparisons bit for bit.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include <formats/temporary_directory.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/learning_run.hpp>
#include <support/text_slice.hpp>

namespace gaugeline::stream {

using test::TemporaryDirectory;

inline Options small_learner() {
  auto options = testing::small_options();
  options.dimension = 8;
  return options;
}

inline testing::SequenceSlice small_slice(std::int64_t number) { return {number, 30, 10}; }
inline std::vector<std::byte> encoded_slice(std::int64_t number) {
  return formats::encode_slice(small_slice(number).view()).value();
}

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

inline bool same_side(const SideState<float>& a, const SideState<float>& b) {
  const auto table = [](const SideState<float>& side) {
    return std::span(side.embeddings.data(), static_cast<std::size_t>(side.embeddings.size()));
  };
  return same_bits(a.tokens.bytes(), b.tokens.bytes()) && same_bits(a.tokens.ends(), b.tokens.ends()) &&
         same_bits(table(a), table(b)) && same_bits(a.precision, b.precision) && same_bits(a.diffusion, b.diffusion) &&
         same_bits(a.count, b.count) && same_bits(a.uses, b.uses) && same_bits(a.null_variance, b.null_variance) &&
         same_bits(a.log_retention, b.log_retention) && same_bits(a.offset, b.offset) &&
         same_bits(a.offset_precision, b.offset_precision) && same_bits(a.baseline_offset, b.baseline_offset) &&
         same_bits(a.baseline_precision, b.baseline_precision) && same_bits(a.frequency, b.frequency) &&
         same_bits(a.born, b.born) && same_bits(a.gradient_energy, b.gradient_energy);
}

inline bool same_state(const LearnerState<float>& a, const LearnerState<float>& b) {
  return a.slices == b.slices && a.interval == b.interval && same_side(a.items, b.items) &&
         same_side(a.contexts, b.contexts) && same_bits(a.rotation, b.rotation) && a.value_scale == b.value_scale &&
         a.values == b.values;
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
