#include "corrections.hpp"

#include <algorithm>
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
                                        std::uint32_t lag) {
  auto store = formats::SnapshotStore::create(data_directory / "smoothed");
  if (!store) return std::unexpected(store.error());
  auto smoother = Smoother<float>::create(options, {.lag = lag});
  if (!smoother) return std::unexpected(smoother.error());
  return Corrections(std::move(*store), std::move(*smoother), options, lag);
}

Expected<> Corrections::begin_anew() {
  auto smoother = Smoother<float>::create(options_, {.lag = lag_});
  if (!smoother) return std::unexpected(smoother.error());
  smoother_ = std::move(*smoother);
  return {};
}

// Of the slice that stands before the window, which is final; 0 if there is none.
Expected<std::uint64_t> Corrections::checksum_before(std::uint64_t slice) const {
  const auto there = store_.slices();
  if (!there) return std::unexpected(there.error());
  if (slice == 0 || !std::ranges::binary_search(*there, slice - 1)) return 0;
  const auto before = store_.load(slice - 1);
  if (!before) return std::unexpected(before.error());
  return before->checksum();
}

Expected<> Corrections::follow(const OnlineLearner<float>& learner, const SliceView& slice, const std::string& run,
                               const formats::SnapshotStore& filtered, Executor& executor) {
  if (auto taken = smoother_.append(learner.state(), slice); !taken) return taken;
  for (int sweep = 0; sweep < sweeps; ++sweep) {
    if (const auto swept = smoother_.sweep(executor); !swept) return std::unexpected(swept.error());
  }
  auto parent = checksum_before(smoother_.first());
  for (std::size_t index = 0; parent && index < smoother_.size(); ++index) {
    const auto snapshot = filtered.load(smoother_.first() + index);
    if (!snapshot) return std::unexpected(snapshot.error());
    parent = publish_smoothed(*snapshot, smoother_, index, run, *parent, store_);
  }
  if (!parent) return std::unexpected(parent.error());
  return {};
}

}  // namespace gaugeline::stream
