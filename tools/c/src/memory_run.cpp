#include <string>
#include <vector>

#include <gaugeline/formats/snapshot_store.hpp>

#include "option_check.hpp"
#include "run.hpp"
#include "run_identity.hpp"

namespace gaugeline::c {
namespace {

class MemoryRun final : public Run {
 public:
  MemoryRun(OnlineLearner<float> learner, Executor& executor)
      : learner_(std::move(learner)), executor_(&executor), run_(stream::draw_run_identity()) {}

  Expected<> resume(const formats::Snapshot& snapshot) {
    const auto view = snapshot.view();
    if (auto ok = formats::check_resumable(view); !ok) return ok;
    if (auto restored = learner_.restore(view.state); !restored) return restored;
    run_ = view.lineage.run;
    smoothed_ = view.lineage.smoothed;
    report_ = view.report;
    saved_ = {.slices = view.state.slices, .checksum = snapshot.checksum()};
    before_.checksum = view.lineage.parent_checksum;
    for (const auto& source : view.sources) sources_.push_back({std::string(source.source), source.sequence});
    return {};
  }

  const OnlineLearner<float>& learner() const noexcept override { return learner_; }
  std::optional<SliceReport> report() const override { return report_; }

  Expected<SliceReport> learn(const SliceView& slice) override {
    auto report = learner_.learn(slice, *executor_);
    if (!report) return report;
    smoothed_ = false;
    report_ = *report;
    return report;
  }

  Expected<std::size_t> forget(std::span<const std::string_view> tokens) override {
    const std::size_t forgotten = learner_.forget(tokens);
    if (report_) {  // a snapshot's rows are those of its report
      report_->item_rows = static_cast<std::uint32_t>(learner_.state().items.size());
      report_->context_rows = static_cast<std::uint32_t>(learner_.state().contexts.size());
    }
    return forgotten;
  }

  Expected<> save(const std::filesystem::path& file) override {
    if (!report_) return fail(ErrorCode::not_found, "nothing was learnt yet that could be saved");
    const auto state = learner_.state();
    if (saved_.slices != state.slices) before_ = saved_;
    std::vector<formats::SourcePositionView> sources;
    sources.reserve(sources_.size());
    for (const auto& source : sources_) sources.push_back({source.source, source.sequence});
    std::vector<std::byte> workspace;
    const auto checksum = formats::write_snapshot(
        file,
        {.lineage = {.run = run_, .program = program, .parent_checksum = before_.checksum, .smoothed = smoothed_},
         .options = learner_.options(),
         .state = state,
         .report = *report_,
         .sources = sources},
        workspace);
    if (!checksum) return std::unexpected(checksum.error());
    saved_ = {.slices = state.slices, .checksum = *checksum};
    return {};
  }

 private:
  struct Saved {
    std::uint64_t slices = 0;
    std::uint64_t checksum = 0;
  };
  OnlineLearner<float> learner_;
  Executor* executor_;
  std::string run_;
  bool smoothed_ = false;
  std::optional<SliceReport> report_;
  Saved saved_;   // the last snapshot
  Saved before_;  // the last one of fewer slices: its parent
  std::vector<formats::SourcePosition> sources_;
};

}  // namespace

Expected<std::unique_ptr<Run>> make_memory_run(const Options& options, const formats::Snapshot* latest,
                                               Executor& executor) {
  if (latest != nullptr) {
    if (auto same = stream::check_same_behaviour(latest->view().options, options); !same)
      return std::unexpected(same.error());
  }
  auto learner = OnlineLearner<float>::create(options);
  if (!learner) return std::unexpected(learner.error());
  auto run = std::make_unique<MemoryRun>(std::move(*learner), executor);
  if (latest != nullptr) {
    if (auto resumed = run->resume(*latest); !resumed) return std::unexpected(resumed.error());
  }
  return run;
}

}  // namespace gaugeline::c
