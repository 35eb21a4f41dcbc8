#include <gaugeline/stream/smoothed_run.hpp>

#include <system_error>
#include <utility>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/gauge.hpp>

#include "run_identity.hpp"
#include "smoothed_snapshot.hpp"

namespace gaugeline::stream {
namespace {

// Of a data directory: everything that is being made, the filter's part of it, and the smoother's.
std::filesystem::path work_folder(const std::filesystem::path& data_directory) { return data_directory / "joint-fit"; }
std::filesystem::path filtered_folder(const std::filesystem::path& data_directory) {
  return work_folder(data_directory) / "filtered";
}
std::filesystem::path smoothed_folder(const std::filesystem::path& data_directory) {
  return work_folder(data_directory) / "smoothed";
}

// What turns the smoother's last slice into the frame of the filter's, in which its anchors lie.
Eigen::MatrixXd rotation_to(const LearnerState<float>& state, const Smoother<float>& smoother) {
  const auto d = static_cast<Eigen::Index>(state.dimension);
  Eigen::MatrixXd overlap = Eigen::MatrixXd::Zero(d, d);
  for (const Side which : {Side::items, Side::contexts}) {
    const SmoothedRows<float> rows = smoother.rows(smoother.size() - 1, which);
    for (std::size_t row = 0; row < rows.precision.size(); ++row) {
      const auto r = static_cast<Eigen::Index>(row);
      overlap += static_cast<double>(rows.precision[row]) * rows.embeddings.row(r).transpose().cast<double>() *
                 state[which].embeddings.row(r).cast<double>();
    }
  }
  Eigen::MatrixXd rotation(d, d);
  std::vector<double> work(gauge_work_doubles(state.dimension));
  gauge_rotation(overlap, rotation, work);
  return rotation;
}

}  // namespace

SmoothedRun::SmoothedRun(std::filesystem::path directory, formats::SnapshotStore store, LearningRun filter,
                         Smoother<float> smoother)
    : directory_(std::move(directory)),
      store_(std::move(store)),
      filter_(std::move(filter)),
      smoother_(std::move(smoother)) {}

Expected<SmoothedRun> SmoothedRun::begin(const std::filesystem::path& data_directory, const Options& options,
                                         const SmootherOptions& smoothing, Executor& executor) {
  auto store = formats::SnapshotStore::create(data_directory);
  if (!store) return std::unexpected(store.error());
  const auto there = store->slices();
  if (!there) return std::unexpected(there.error());
  if (!there->empty())
    return fail(ErrorCode::invalid_argument, data_directory.native(), ": holds ", there->size(),
                " snapshots; a joint fit needs all slices, and a directory of its own");
  std::error_code ignored;
  std::filesystem::remove_all(work_folder(data_directory), ignored);  // of a run that was broken off
  auto smoother = Smoother<float>::create(options, smoothing);
  if (!smoother) return std::unexpected(smoother.error());
  auto filter = LearningRun::open(filtered_folder(data_directory), options, executor);
  if (!filter) return std::unexpected(filter.error());
  return SmoothedRun(data_directory, std::move(*store), std::move(*filter), std::move(*smoother));
}

Expected<SliceReport> SmoothedRun::process(const SliceView& slice, std::string_view source, std::uint64_t sequence) {
  auto report = filter_.process(slice, source, sequence);
  if (!report) return report;
  if (const auto taken = smoother_.append(filter_.learner().state(), slice); !taken)
    return std::unexpected(taken.error());
  return report;
}

Expected<> SmoothedRun::publish() {
  if (smoother_.size() == 0) return {};
  const auto filtered = formats::SnapshotStore::open(filtered_folder(directory_));
  if (!filtered) return std::unexpected(filtered.error());
  smoother_.rotate(rotation_to(filter_.learner().state(), smoother_));
  auto smoothed = formats::SnapshotStore::create(smoothed_folder(directory_));
  if (!smoothed) return std::unexpected(smoothed.error());
  const std::string run = draw_run_identity();
  std::uint64_t parent = 0;
  for (std::size_t index = 0; index < smoother_.size(); ++index) {
    const auto snapshot = filtered->load(smoother_.first() + index);
    if (!snapshot) return std::unexpected(snapshot.error());
    const auto checksum = publish_smoothed(*snapshot, smoother_, index, run, parent, *smoothed);
    if (!checksum) return std::unexpected(checksum.error());
    parent = *checksum;
  }
  if (const auto taken = store_.take_all(*smoothed); !taken) return taken;
  std::error_code ignored;  // what is left is in nobody's way
  std::filesystem::remove_all(work_folder(directory_), ignored);
  return {};
}

}  // namespace gaugeline::stream
