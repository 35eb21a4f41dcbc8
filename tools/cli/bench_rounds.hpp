// How fast slices are learnt on this machine: rounds of the same work, each with a new learner and new snapshots.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "event_lines.hpp"

namespace gaugeline::cli {

// CPU seconds of this process since it began, its threads included.
[[nodiscard]] double cpu_seconds() noexcept;
// The most memory that this process has had so far, in bytes.
[[nodiscard]] std::uint64_t peak_bytes() noexcept;

// CPU seconds.
struct BenchRound {
  double reading = 0;   // slices, from the file
  double learning = 0;  // OnlineLearner::learn
  double writing = 0;   // snapshots, each synced to disk
  [[nodiscard]] double total() const noexcept { return reading + learning + writing; }
};

struct BenchResult {
  std::uint64_t slices = 0;
  std::uint64_t words = 0, pairs = 0, values = 0;  // of all slices of a round
  double score = 0;                                // prequential, per observation
  double scored = 0;                               // weight of the observations that it is the mean over
  std::vector<BenchRound> rounds;
};

// `files` hold slices. The snapshots are written below the system's temporary folder, and removed.
[[nodiscard]] Expected<BenchResult> run_rounds(const std::vector<InputFile>& files, const Options& options,
                                               std::uint32_t rounds, Executor& executor);

}  // namespace gaugeline::cli
