#include <gaugeline/stream/learning_run.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "background_publisher.hpp"
#include "canaries.hpp"
#include "corrections.hpp"
#include "option_check.hpp"
#include "run_identity.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::string_view program = "gaugeline " GAUGELINE_VERSION;

std::vector<formats::SourcePositionView> views(const LearningRun::Positions& positions) {
  std::vector<formats::SourcePositionView> views;
  views.reserve(positions.size());
  for (const auto& [source, sequence] : positions) views.push_back({.source = source, .sequence = sequence});
  return views;
}

}  // namespace

LearningRun::LearningRun(formats::SnapshotStore store, OnlineLearner<float> learner, Executor& executor)
    : store_(std::move(store)),
      learner_(std::move(learner)),
      executor_(&executor),
      canaries_(std::make_unique<Canaries>()) {}

LearningRun::LearningRun(LearningRun&&) noexcept = default;
LearningRun& LearningRun::operator=(LearningRun&&) noexcept = default;
LearningRun::~LearningRun() = default;

Expected<LearningRun> LearningRun::open(const std::filesystem::path& data_directory, const Options& options,
                                        Executor& executor, std::uint32_t lag, formats::FileSystem& files) {
  auto store = formats::SnapshotStore::create(data_directory, files);
  if (!store) return std::unexpected(store.error());
  const auto latest = store->load_latest();
  if (!latest) return std::unexpected(latest.error());
  if (*latest) {
    const auto same = check_same_behaviour((*latest)->view().options, options);
    if (!same) return std::unexpected(same.error().within(data_directory.string()));
  }
  auto run = begin(std::move(*store), options, *latest, executor);
  if (!run || lag == 0) return run;
  auto corrections = Corrections::open(data_directory, options, lag, run->store_, files);
  if (!corrections) return std::unexpected(corrections.error());
  run->corrections_ = std::make_unique<Corrections>(std::move(*corrections));
  return run;
}

Expected<LearningRun> LearningRun::reopen(const std::filesystem::path& data_directory, Executor& executor) {
  if (const auto there = formats::SnapshotStore::open(data_directory); !there) return std::unexpected(there.error());
  auto store = formats::SnapshotStore::create(data_directory);
  if (!store) return std::unexpected(store.error());
  const auto latest = store->load_latest();
  if (!latest) return std::unexpected(latest.error());
  if (!*latest) return fail(ErrorCode::not_found, data_directory.native(), ": holds no snapshot yet");
  return begin(std::move(*store), (*latest)->view().options, *latest, executor);
}

Expected<LearningRun> LearningRun::begin(formats::SnapshotStore store, const Options& options,
                                         const std::optional<formats::Snapshot>& latest, Executor& executor) {
  auto learner = OnlineLearner<float>::create(options);
  if (!learner) return std::unexpected(learner.error());
  LearningRun run(std::move(store), std::move(*learner), executor);
  if (!latest) {
    run.run_ = draw_run_identity();
    return run;
  }
  if (const auto resumed = run.resume(*latest); !resumed) {
    return std::unexpected(resumed.error().within(run.store_.file(latest->view().report.slice).native()));
  }
  return run;
}

Expected<> LearningRun::resume(const formats::Snapshot& snapshot) {
  const auto view = snapshot.view();
  if (auto ok = formats::check_resumable(view); !ok) return ok;
  run_ = view.lineage.run;
  report_ = view.report;
  parent_checksum_ = view.lineage.parent_checksum;
  smoothed_ = view.lineage.smoothed;
  checksum_ = snapshot.checksum();
  for (const auto& position : view.sources) positions_.emplace(position.source, position.sequence);
  canaries_->restore(view);
  return learner_.restore(view.state);
}

Expected<> LearningRun::check_usable() const {
  if (!failed_) return {};
  return fail(ErrorCode::io_error, "the snapshot of slice ", slices() - 1,
              " could not be written; open the run again to go on");
}

Expected<SliceReport> LearningRun::process(const SliceView& slice, std::string_view source, std::uint64_t sequence) {
  if (const auto usable = check_usable(); !usable) return std::unexpected(usable.error());
  const auto known = positions_.find(source);
  if (known == positions_.end() && positions_.size() >= max_sources) {
    return fail(ErrorCode::capacity_exceeded, "source ", source, " is one more than the ", max_sources,
                " that a run can have");
  }
  Canaries canaries;
  canaries.choose(learner_.state());
  auto report = learner_.learn(slice, *executor_);
  if (!report) return report;
  if (const auto before = finish(); !before) return std::unexpected(before.error());
  *canaries_ = std::move(canaries);

  smoothed_ = false;
  // The position is part of the snapshot that contains the slice: state and position cannot come apart.
  positions_.insert_or_assign(std::string(source), sequence);
  if (const auto published = publish(*report, checksum_); !published) {
    if (published.error().code() == ErrorCode::no_space) unpublished_ = *report;
    return std::unexpected(published.error());
  }
  return correct(slice, *report);
}

Expected<SliceReport> LearningRun::correct(const SliceView& slice, const SliceReport& report) {
  if (!corrections_) return report;
  const auto corrected = uncorrected_ ? corrections_->publish(run_, store_)
                                      : corrections_->follow(learner_, slice, run_, store_, *executor_);
  failed_ = !corrected;
  uncorrected_.reset();
  if (corrected) return report;
  const bool full = corrected.error().code() == ErrorCode::no_space;
  if (full) uncorrected_ = report;
  return fail(full ? ErrorCode::no_space : ErrorCode::io_error, "corrections after slice ", report.slice, ": ",
              corrected.error().message());
}

Expected<SliceReport> LearningRun::publish_again(const SliceView& slice) {
  if (uncorrected_) return correct(slice, *uncorrected_);
  const SliceReport report = *unpublished_;
  if (const auto published = publish(report, checksum_); !published) return std::unexpected(published.error());
  unpublished_.reset();
  return correct(slice, report);
}

Expected<std::size_t> LearningRun::forget(std::span<const std::string_view> tokens) {
  if (const auto usable = check_usable(); !usable) return std::unexpected(usable.error());
  const std::size_t forgotten = learner_.forget(tokens);
  if (forgotten == 0) return 0;
  SliceReport report = report_;
  report.item_rows = static_cast<std::uint32_t>(learner_.state().items.size());
  report.context_rows = static_cast<std::uint32_t>(learner_.state().contexts.size());
  if (const auto published = publish(report, parent_checksum_); !published) return std::unexpected(published.error());
  if (corrections_) {
    if (const auto begun = corrections_->begin_anew(); !begun) return std::unexpected(begun.error());
  }
  return forgotten;
}

void LearningRun::publish_in_background() { publisher_ = std::make_unique<BackgroundPublisher>(store_); }

Expected<> LearningRun::finish() {
  if (!publisher_ || !publisher_->under_way()) return {};
  return settle(publisher_->wait(), under_way_, checksum_);
}

Expected<> LearningRun::publish(const SliceReport& report, std::uint64_t parent_checksum) {
  const auto sources = views(positions_);
  const formats::SnapshotView snapshot{
      .lineage = {.run = run_, .program = program, .parent_checksum = parent_checksum, .smoothed = smoothed_},
      .options = learner_.options(),
      .state = learner_.state(),
      .report = report,
      .sources = sources,
      .canaries = canaries_->among(learner_.state())};
  if (!publisher_) return settle(store_.publish(snapshot), report, parent_checksum);
  under_way_ = report;
  publisher_->start(snapshot);
  return {};
}

Expected<> LearningRun::settle(const Expected<std::uint64_t>& checksum, const SliceReport& report,
                               std::uint64_t parent_checksum) {
  if (!checksum) {
    failed_ = true;
    const bool full = checksum.error().code() == ErrorCode::no_space;
    return fail(full ? ErrorCode::no_space : ErrorCode::io_error, "snapshot of slice ", report.slice, ": ",
                checksum.error().message());
  }
  failed_ = false;
  report_ = report;
  parent_checksum_ = parent_checksum;
  checksum_ = *checksum;
  return {};
}

Expected<> LearningRun::keep_snapshots(std::uint64_t count) const {
  return slices() > count ? store_.remove_before(slices() - std::max<std::uint64_t>(count, 1)) : Expected<>();
}

void LearningRun::rename(std::string run) {
  if (slices() == 0) run_ = std::move(run);
}

std::optional<SliceReport> LearningRun::report() const noexcept {
  return slices() == 0 ? std::nullopt : std::optional(report_);
}

std::optional<Time> LearningRun::learnt_until() const noexcept {
  return slices() == 0 ? std::nullopt : std::optional(report_.interval.end);
}

std::uint64_t LearningRun::last_sequence(std::string_view source) const noexcept {
  const auto position = positions_.find(source);
  return position == positions_.end() ? 0 : position->second;
}

}  // namespace gaugeline::stream
