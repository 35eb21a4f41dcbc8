#include "corrections.hpp"

#include <utility>

#include "smoothed_snapshot.hpp"

namespace gaugeline::stream {
namespace {

constexpr int sweeps = 2;

}  // namespace

Corrections::Corrections(formats::SnapshotStore store, Smoother<float> smoother, const Options& options,
                         std::uint32_t lag)
    : store_(std::move(store)), smoother_(std::move(smoother)), options_(options), lag_(lag) {}

Expected<Corrections> Corrections::open(const std::filesystem::path& data_directory, const Options& options,
                                        std::uint32_t lag, const formats::SnapshotStore& filtered,
                                        formats::FileSystem& files) {
  auto store = formats::SnapshotStore::create(data_directory / "smoothed", files);
  if (!store) return std::unexpected(store.error());
  auto smoother = Smoother<float>::create(options, {.lag = lag});
  if (!smoother) return std::unexpected(smoother.error());
  Corrections corrections(std::move(*store), std::move(*smoother), options, lag);
  if (const auto caught_up = corrections.catch_up(filtered); !caught_up) return std::unexpected(caught_up.error());
  return corrections;
}

Expected<> Corrections::begin_anew() {
  auto smoother = Smoother<float>::create(options_, {.lag = lag_});
  if (!smoother) return std::unexpected(smoother.error());
  smoother_ = std::move(*smoother);
  if (!checksums_.empty()) before_ = checksums_.back();
  checksums_.clear();
  return {};
}

// Slices that the filter has learnt after the last one here, as they are; all but for those before the first one here.
Expected<> Corrections::catch_up(const formats::SnapshotStore& filtered) {
  const auto last = store_.load_latest();
  if (!last) return std::unexpected(last.error());
  if (!*last) return {};
  before_ = (*last)->checksum();
  const auto learnt = filtered.slices();
  if (!learnt) return std::unexpected(learnt.error());
  for (const std::uint64_t slice : *learnt) {
    if (slice <= (*last)->view().report.slice) continue;
    const auto snapshot = filtered.load(slice);
    if (!snapshot) return std::unexpected(snapshot.error());
    formats::SnapshotView view = snapshot->view();
    view.lineage.parent_checksum = before_;
    const auto checksum = store_.publish(view);
    if (!checksum) return std::unexpected(checksum.error());
    before_ = *checksum;
  }
  return {};
}

Expected<> Corrections::follow(const OnlineLearner<float>& learner, const SliceView& slice, const std::string& run,
                               const formats::SnapshotStore& filtered, Executor& executor) {
  if (auto taken = smoother_.append(learner.state(), slice); !taken) return taken;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    if (const auto swept = smoother_.sweep(executor); !swept) return std::unexpected(swept.error());
  }
  if (smoother_.size() == checksums_.size()) before_ = checksums_.front();  // that slice has left the window
  checksums_.clear();
  return publish(run, filtered);
}

Expected<> Corrections::publish(const std::string& run, const formats::SnapshotStore& filtered) {
  while (checksums_.size() < smoother_.size()) {
    const std::size_t index = checksums_.size();
    const std::uint64_t parent = checksums_.empty() ? before_ : checksums_.back();
    const auto snapshot = filtered.load(smoother_.first() + index);
    if (!snapshot) return std::unexpected(snapshot.error());
    const auto checksum = publish_smoothed(*snapshot, smoother_, index, run, parent, store_);
    if (!checksum) return std::unexpected(checksum.error());
    checksums_.push_back(*checksum);
  }
  return {};
}

}  // namespace gaugeline::stream
