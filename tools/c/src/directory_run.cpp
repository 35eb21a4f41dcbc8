#include <vector>

#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/learning_run.hpp>

#include "run.hpp"

namespace gaugeline::c {
namespace {

// A slice's place among all of the run's, from 1, is its sequence number.
constexpr std::string_view source = "library";

class DirectoryRun final : public Run {
 public:
  explicit DirectoryRun(stream::LearningRun run) noexcept : run_(std::move(run)) {}

  const OnlineLearner<float>& learner() const noexcept override { return run_.learner(); }
  std::optional<SliceReport> report() const override { return run_.report(); }

  Expected<SliceReport> learn(const SliceView& slice) override {
    return run_.has_unpublished() ? run_.publish_again(slice) : run_.process(slice, source, run_.slices() + 1);
  }
  Expected<std::size_t> forget(std::span<const std::string_view> tokens) override {
    if (run_.slices() == 0) return 0;  // there is no snapshot yet to replace, and nothing in the state
    return run_.forget(tokens);
  }

  Expected<> save(const std::filesystem::path& file) override {
    const auto report = run_.report();
    if (!report) return fail(ErrorCode::not_found, "nothing was learnt yet that could be saved");
    if (run_.has_unpublished())
      return fail(ErrorCode::no_space, "the last slice waits for room on the disk: step again first");
    std::vector<formats::SourcePositionView> sources;
    sources.reserve(run_.positions().size());
    for (const auto& [name, sequence] : run_.positions()) sources.push_back({name, sequence});
    std::vector<std::byte> workspace;
    const auto written = formats::write_snapshot(
        file,
        {.lineage = {.run = run_.run(), .program = program, .parent_checksum = run_.parent_checksum()},
         .options = run_.learner().options(),
         .state = run_.learner().state(),
         .report = *report,
         .sources = sources},
        workspace);
    return written ? Expected<>() : std::unexpected(written.error());
  }

 private:
  stream::LearningRun run_;
};

}  // namespace

Expected<std::unique_ptr<Run>> make_directory_run(const Options& options, const std::filesystem::path& directory,
                                                  Executor& executor) {
  auto run = stream::LearningRun::open(directory, options, executor);
  if (!run) return std::unexpected(run.error());
  return std::make_unique<DirectoryRun>(std::move(*run));
}

}  // namespace gaugeline::c
