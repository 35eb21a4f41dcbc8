// What a learner of the C interface learns in: memory alone, or a data directory.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include <gaugeline/executor.hpp>
#include <gaugeline/formats/snapshot.hpp>
#include <gaugeline/online_learner.hpp>

namespace gaugeline::c {

// Thread-safety: none.
class Run {
 public:
  Run() = default;
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  virtual ~Run() = default;
  [[nodiscard]] virtual const OnlineLearner<float>& learner() const noexcept = 0;
  // ErrorCode::no_space: the same call may be made again, with the same slice.
  [[nodiscard]] virtual Expected<SliceReport> learn(const SliceView& slice) = 0;
  [[nodiscard]] virtual Expected<std::size_t> forget(std::span<const std::string_view> tokens) = 0;
  [[nodiscard]] virtual std::optional<SliceReport> report() const = 0;  // of the last slice
  // A snapshot file of what was learnt.
  [[nodiscard]] virtual Expected<> save(const std::filesystem::path& file) = 0;
};

// `latest` is the snapshot to go on from, or NULL. The executor outlives the run.
[[nodiscard]] Expected<std::unique_ptr<Run>> make_memory_run(const Options& options, const formats::Snapshot* latest,
                                                             Executor& executor);
[[nodiscard]] Expected<std::unique_ptr<Run>> make_directory_run(const Options& options,
                                                                const std::filesystem::path& directory,
                                                                Executor& executor);

// Who wrote it (formats::LineageView).
inline constexpr std::string_view program = "gaugeline " GAUGELINE_VERSION;

}  // namespace gaugeline::c
