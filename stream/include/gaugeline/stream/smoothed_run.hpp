// All slices fitted jointly, into a data directory (`train --smooth`): the filter goes through them first, then the
// smoother improves every slice by what the others say, and the snapshots are published. Whoever opens the directory
// afterwards goes on from the last slice, as from a filter's.
//
// While it works, its files lie in DIR/joint-fit; the snapshots appear all at once, when the last one is on disk. What
// a crash leaves of it is in nobody's way, and goes when the next joint fit begins. Thread-safety: none.
#pragma once

#include <filesystem>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/smoother.hpp>
#include <gaugeline/stream/learning_run.hpp>

namespace gaugeline::stream {

class SmoothedRun {
 public:
  // The directory holds no snapshot yet, else ErrorCode::invalid_argument: a joint fit needs all slices. Errors of
  // LearningRun::open and Smoother::create.
  [[nodiscard]] static Expected<SmoothedRun> begin(const std::filesystem::path& data_directory, const Options& options,
                                                   const SmootherOptions& smoothing, Executor& executor);

  // As LearningRun::process; the slice waits for the joint fit.
  [[nodiscard]] Expected<SliceReport> process(const SliceView& slice, std::string_view source, std::uint64_t sequence);
  [[nodiscard]] Smoother<float>& smoother() noexcept { return smoother_; }
  [[nodiscard]] const LearningRun& filter() const noexcept { return filter_; }
  // Turns all slices into the filter's last frame, and publishes a snapshot for each: the filter's, with the smoothed
  // embeddings and precisions. All are of one new run.
  [[nodiscard]] Expected<> publish();

 private:
  SmoothedRun(std::filesystem::path directory, formats::SnapshotStore store, LearningRun filter,
              Smoother<float> smoother);

  std::filesystem::path directory_;
  formats::SnapshotStore store_;  // of the data directory: empty until the end
  LearningRun filter_;
  Smoother<float> smoother_;
};

}  // namespace gaugeline::stream
