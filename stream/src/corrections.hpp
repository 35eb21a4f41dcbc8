// Recent slices, corrected as later data arrive (`--lag`): after every slice the last few are smoothed together, and
// published anew in DIR/smoothed, a data directory of its own. The filter goes on as it would without.
//
// A slice is corrected until it is the oldest of the window; what stands there then is final. After a restart the
// window fills again from the next slice on, with the filter's prediction before it, and older slices stay as they are.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/online_learner.hpp>
#include <gaugeline/smoother.hpp>

namespace gaugeline::stream {

class Corrections {
 public:
  // lag: slices of the window, 2 or more.
  [[nodiscard]] static Expected<Corrections> open(const std::filesystem::path& data_directory, const Options& options,
                                                  std::uint32_t lag, const formats::SnapshotStore& filtered,
                                                  formats::FileSystem& files);
  // The slice has been learnt, and its snapshot published in `filtered`. `run` is that of the filter, since the frame
  // is the same. Errors of what cannot be read or written; of them no_space: publish() tries once more.
  [[nodiscard]] Expected<> follow(const OnlineLearner<float>& learner, const SliceView& slice, const std::string& run,
                                  const formats::SnapshotStore& filtered, Executor& executor);
  // What the last follow() has not published for want of room.
  [[nodiscard]] Expected<> publish(const std::string& run, const formats::SnapshotStore& filtered);

  // Empties the window: the rows of the slices in it are no longer those that the learner goes on with.
  [[nodiscard]] Expected<> begin_anew();

 private:
  Corrections(formats::SnapshotStore store, Smoother<float> smoother, const Options& options, std::uint32_t lag);
  [[nodiscard]] Expected<> catch_up(const formats::SnapshotStore& filtered);

  formats::SnapshotStore store_;
  Smoother<float> smoother_;
  Options options_;
  std::uint32_t lag_;
  std::uint64_t before_ = 0;              // the checksum of the slice before the window; 0 if there is none
  std::vector<std::uint64_t> checksums_;  // of the slices in the window, as far as they are published
};

}  // namespace gaugeline::stream
