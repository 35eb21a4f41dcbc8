// What the learner's thread does with what the recorder hands over: learns the slice, publishes its snapshot, then
// writes the checkpoint that goes with it. Without a thread. Thread-safety: none.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/stream/learning_run.hpp>

#include "recorder.hpp"

namespace gaugeline::stream {

class SliceLearner {
 public:
  // keep_snapshots: of the last so many slices; 0: of all.
  SliceLearner(LearningRun run, std::filesystem::path data_directory, std::uint64_t keep_snapshots,
               formats::FileSystem& files) noexcept;

  struct Outcome {
    Expected<> verdict;                        // on the slice: an error says why it is not learnt
    std::optional<SliceReport> report;         // of a slice that was learnt now; none if its snapshot was there already
    std::optional<std::uint64_t> next_record;  // the checkpoint that goes on from it is on disk
  };
  // Errors: no_space (the same call may be tried again, and goes on where it stopped); io_error (for good: the state on
  // disk is behind the learner's).
  [[nodiscard]] Expected<Outcome> take(const Handover& handover);

  [[nodiscard]] const LearningRun& run() const noexcept { return run_; }

 private:
  [[nodiscard]] Expected<> learn(const Handover& handover, Outcome& outcome);
  [[nodiscard]] Expected<SliceView> slice_of(const Handover& handover);

  LearningRun run_;
  std::filesystem::path data_directory_;
  std::uint64_t keep_snapshots_;
  formats::FileSystem* files_;
  // Work space: the slice that came last as bytes.
  std::vector<std::byte> record_;
  formats::SliceData decoded_;
};

}  // namespace gaugeline::stream
