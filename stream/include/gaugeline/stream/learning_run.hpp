// One learner and one data directory: learns a slice, publishes its snapshot, and picks up where the directory ends.
// `train` and `serve` both go through here, which is why they leave the same state.
//
// Thread-safety: none; a LearningRun belongs to one thread at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/online_learner.hpp>

namespace gaugeline::stream {

class BackgroundPublisher;
class Canaries;
class Corrections;

// Every snapshot names all sources of its run, so there is a bound on them.
inline constexpr std::size_t max_sources = 4096;

class LearningRun {
 public:
  // Opens the directory, or makes it. If it holds snapshots, the learner is restored from the latest one; the options
  // that change behaviour must then be those of the run, else ErrorCode::invalid_argument names the first that differs.
  // One run may write to a directory at a time (formats::SnapshotStore).
  //
  // With a lag of 2 or more the last `lag` slices are smoothed after each slice, and published anew in
  // data_directory/smoothed, which is a data directory of its own (Smoother): the filter goes on as it would without.
  // What leaves the window is final. The window begins anew when the directory is opened.
  [[nodiscard]] static Expected<LearningRun> open(const std::filesystem::path& data_directory, const Options& options,
                                                  Executor& executor, std::uint32_t lag = 0,
                                                  formats::FileSystem& files = formats::system_files());
  // Opens the directory with the options that its run was begun with. ErrorCode::not_found if there is none, or no
  // snapshot in it; nothing is made then.
  [[nodiscard]] static Expected<LearningRun> reopen(const std::filesystem::path& data_directory, Executor& executor);
  LearningRun(LearningRun&&) noexcept;
  LearningRun& operator=(LearningRun&&) noexcept;
  ~LearningRun();

  // Learns the slice and publishes the snapshot; when it returns, the snapshot is on disk. `source` and `sequence` say
  // which message the slice came in; they are kept in the snapshot, so that after a restart a sender goes on from
  // there. A slice that is refused (bad data, out of order; capacity_exceeded for source number max_sources + 1)
  // changes nothing. If the snapshot, or a correction, cannot be written, the error is ErrorCode::io_error, and no
  // other error is; the learner has then moved on, and the run refuses further slices until it is opened again. But if
  // it is for want of room on the disk, the error is ErrorCode::no_space, and publish_again() tries once more.
  [[nodiscard]] Expected<SliceReport> process(const SliceView& slice, std::string_view source, std::uint64_t sequence);
  // From here on process() returns once the slice is learnt, and a thread of the run's own writes the snapshot, from a
  // copy, while the next slice is learnt. If that fails, the next process() returns the error (which names the slice;
  // always ErrorCode::io_error or no_space, and the run refuses further slices), or finish(). Until then report() and
  // parent_checksum() are of the snapshot before. Not with a lag, and not where forget() is to be called.
  void publish_in_background();
  // Waits until every snapshot is on disk.
  [[nodiscard]] Expected<> finish();
  // True after ErrorCode::no_space: a slice is learnt whose snapshot, or corrections, are not all on disk yet.
  [[nodiscard]] bool has_unpublished() const noexcept { return unpublished_ || uncorrected_; }
  // Its report, once it is. `slice` is that slice. Errors as those of process. Precondition: has_unpublished().
  [[nodiscard]] Expected<SliceReport> publish_again(const SliceView& slice);

  // Takes tokens out of the state for good (OnlineLearner::forget), and puts a snapshot without them in the place of
  // the latest one: of the same slice, with the same positions and the same parent, but another checksum, which the
  // next one names. So whoever opens the directory goes on without them. Earlier snapshots stay, and still hold them.
  // Returns how many of the tokens were known; if none was, nothing is written. Errors as those of process.
  [[nodiscard]] Expected<std::size_t> forget(std::span<const std::string_view> tokens);

  // Removes all snapshots but the last so many; none if there are no more. At least one is kept.
  [[nodiscard]] Expected<> keep_snapshots(std::uint64_t count) const;

  // The last message of each source that the state on disk contains.
  using Positions = std::map<std::string, std::uint64_t, std::less<>>;
  [[nodiscard]] const Positions& positions() const noexcept { return positions_; }
  [[nodiscard]] std::uint64_t last_sequence(std::string_view source) const noexcept;  // 0: nothing of it yet
  [[nodiscard]] const OnlineLearner<float>& learner() const noexcept { return learner_; }
  [[nodiscard]] std::uint64_t slices() const noexcept { return learner_.state().slices; }
  // Gives a run that has learnt nothing yet the name that it had before a restart.
  void rename(std::string run);
  // Of the latest snapshot, as long as there is one: its report, and the checksum of the one before it.
  [[nodiscard]] std::optional<SliceReport> report() const noexcept;
  [[nodiscard]] std::uint64_t parent_checksum() const noexcept { return parent_checksum_; }
  // Where the last slice that was learnt ends.
  [[nodiscard]] std::optional<Time> learnt_until() const noexcept;
  [[nodiscard]] const std::string& run() const noexcept { return run_; }  // identity, see formats::LineageView

 private:
  LearningRun(formats::SnapshotStore store, OnlineLearner<float> learner, Executor& executor);
  [[nodiscard]] static Expected<LearningRun> begin(formats::SnapshotStore store, const Options& options,
                                                   const std::optional<formats::Snapshot>& latest, Executor& executor);
  [[nodiscard]] Expected<> resume(const formats::Snapshot& snapshot);
  [[nodiscard]] Expected<> check_usable() const;
  [[nodiscard]] Expected<SliceReport> correct(const SliceView& slice, const SliceReport& report);
  [[nodiscard]] Expected<> publish(const SliceReport& report, std::uint64_t parent_checksum);
  [[nodiscard]] Expected<> settle(const Expected<std::uint64_t>& checksum, const SliceReport& report,
                                  std::uint64_t parent_checksum);

  formats::SnapshotStore store_;
  OnlineLearner<float> learner_;
  Executor* executor_;
  std::string run_;
  // Of the latest snapshot, if there is one: its report, its checksum, and that of the one before it.
  SliceReport report_;
  std::uint64_t checksum_ = 0;
  std::uint64_t parent_checksum_ = 0;
  bool smoothed_ = false;  // as it was published
  bool failed_ = false;
  std::optional<SliceReport> unpublished_;
  std::optional<SliceReport> uncorrected_;  // its own snapshot is there
  Positions positions_;
  std::unique_ptr<Canaries> canaries_;        // of the next snapshot
  std::unique_ptr<Corrections> corrections_;  // with a lag
  std::unique_ptr<BackgroundPublisher> publisher_;
  SliceReport under_way_;  // of the snapshot that the publisher writes
};

}  // namespace gaugeline::stream
