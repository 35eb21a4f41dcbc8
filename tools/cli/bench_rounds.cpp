#include "bench_rounds.hpp"

#include <sys/resource.h>
#include <time.h>

#include <optional>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/online_learner.hpp>

#include "scratch_file.hpp"

namespace gaugeline::cli {
namespace {

// Adds the CPU time of its life to a sum.
class Stopwatch {
 public:
  explicit Stopwatch(double& sum) noexcept : sum_(sum), begin_(cpu_seconds()) {}
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;
  ~Stopwatch() { sum_ += cpu_seconds() - begin_; }

 private:
  double& sum_;
  double begin_;
};

class Round {
 public:
  static Expected<BenchRound> run(const std::vector<InputFile>& files, const Options& options, Executor& executor,
                                  BenchResult& result) {
    const auto folder = ScratchFolder::create();
    if (!folder) return std::unexpected(folder.error());
    auto learner = OnlineLearner<float>::create(options);
    if (!learner) return std::unexpected(learner.error());
    auto store = formats::SnapshotStore::create(folder->path());
    if (!store) return std::unexpected(store.error());
    Round round(std::move(*learner), std::move(*store), executor, result);
    for (const InputFile& file : files) {
      if (const auto learnt = round.learn_file(file); !learnt) return std::unexpected(learnt.error());
    }
    return round.seconds_;
  }

 private:
  Round(OnlineLearner<float> learner, formats::SnapshotStore store, Executor& executor, BenchResult& result)
      : learner_(std::move(learner)), store_(std::move(store)), executor_(executor), result_(result) {}

  Expected<> learn_file(const InputFile& file) {
    auto reader = formats::SlicesReader::open(file.path);
    if (!reader) return std::unexpected(reader.error());
    while (true) {
      const auto slice = [&] {
        const Stopwatch watch(seconds_.reading);
        return reader->next();
      }();
      if (!slice) return std::unexpected(slice.error());
      if (!*slice) return {};
      if (const auto learnt = learn_slice((*slice)->view()); !learnt) {
        return std::unexpected(learnt.error().within(file.name));
      }
    }
  }

  Expected<> learn_slice(const SliceView& slice) {
    const auto report = [&] {
      const Stopwatch watch(seconds_.learning);
      return learner_.learn(slice, executor_);
    }();
    if (!report) return std::unexpected(report.error());
    const auto written = [&] {
      const Stopwatch watch(seconds_.writing);
      return publish(*report);
    }();
    if (!written) return std::unexpected(written.error());
    ++result_.slices;
    result_.words += slice.sequence_ids.size();
    result_.pairs += slice.pairs.size();
    result_.values += slice.values.size();
    result_.score += report->score * report->scored;
    result_.scored += report->scored;
    return {};
  }

  Expected<> publish(const SliceReport& report) {
    constexpr std::string_view run = "00000000000000000000000000000000";
    const auto checksum = store_.publish({.lineage = {.run = run, .program = "bench", .parent_checksum = parent_},
                                          .options = learner_.options(),
                                          .state = learner_.state(),
                                          .report = report,
                                          .sources = {}});
    if (!checksum) return std::unexpected(checksum.error());
    parent_ = *checksum;
    return {};
  }

  OnlineLearner<float> learner_;
  formats::SnapshotStore store_;
  Executor& executor_;
  BenchResult& result_;
  BenchRound seconds_;
  std::uint64_t parent_ = 0;
};

}  // namespace

double cpu_seconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

std::uint64_t peak_bytes() noexcept {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

Expected<BenchResult> run_rounds(const std::vector<InputFile>& files, const Options& options, std::uint32_t rounds,
                                 Executor& executor) {
  std::vector<BenchRound> seconds;
  BenchResult result;  // of the last round; all are alike but for their time
  for (std::uint32_t number = 0; number < rounds; ++number) {
    result = {};
    const auto round = Round::run(files, options, executor, result);
    if (!round) return std::unexpected(round.error());
    seconds.push_back(*round);
  }
  if (result.scored > 0) result.score /= result.scored;
  result.rounds = std::move(seconds);
  return result;
}

}  // namespace gaugeline::cli
