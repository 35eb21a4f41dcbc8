// gaugeline train: learns from files, without a network.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/stream/learning_run.hpp>
#include <gaugeline/stream/smoothed_run.hpp>
#include <gaugeline/stream/thread_pool.hpp>

#include "command.hpp"
#include "learner_flags.hpp"
#include "progress_bar.hpp"
#include "slice_input.hpp"
#include "slice_report.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

// A slice's place among all of the run's, from 1, is its sequence number.
constexpr std::string_view source = "train";

class TrainCommand final : public Command {
 public:
  explicit TrainCommand(CLI::App& parent)
      : Command(parent, "train", "  gaugeline train speeches.slices --dim 64 --out run",
                "Learn from slices or events, and leave a snapshot per slice; goes on where the directory ends") {
    require(app().add_option("FILE", files_, "Files of slices or of events; - is standard input"));
    require(app().add_option("--out", out_, "The data directory")->type_name("DIR"));
    learner_.add_to(app(), "without it, what the data call for", std::nullopt);
    slicing_.add_to(app());
    auto* smooth = app()
                       .add_flag("--smooth", smooth_, "Then fit all slices jointly: each one is told by later data too")
                       ->group("Smoothing");
    app()
        .add_option("--smooth-sweeps", sweeps_, "Alternations over both tables of all slices")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 100000))
        ->capture_default_str()
        ->needs(smooth)
        ->group("Smoothing");
    // To study the gauge, not to use.
    app()
        .add_flag("--smooth-cold", cold_, "Start the joint fit at random, every slice alone, not from what was learnt")
        ->needs(smooth)
        ->group("Smoothing");
    app()
        .add_flag("--smooth-gauge-free", gauge_free_, "Let every slice of the joint fit keep the frame it falls into")
        ->needs(smooth)
        ->group("Smoothing");
    add_lag_flag(app(), lag_)->excludes(smooth);
    add_json_flag();
  }

  std::optional<std::string> default_value(const CLI::Option& option) const override {
    return learner_.default_value(option);
  }

  Expected<ExitStatus> run() override {
    const auto input = SliceInput::open(files_, slicing_);
    if (!input) return std::unexpected(input.error());
    const auto model = learner_.model() ? Expected<Likelihood>(*learner_.model()) : model_of(input->files());
    if (!model) return std::unexpected(model.error());
    const auto options = learner_.options(*model);
    if (!options) return std::unexpected(options.error());
    stream::ThreadPool pool(learner_.threads());
    return smooth_ ? fit_jointly(*input, *options, pool) : learn(*input, *options, pool);
  }

 private:
  Expected<ExitStatus> learn(const SliceInput& input, const Options& options, Executor& executor) {
    auto run = stream::LearningRun::open(out_, options, executor, lag_);
    if (!run) return std::unexpected(run.error());
    if (executor.worker_count() > 1 && lag_ == 0) run->publish_in_background();
    auto learnt = for_each_slice(input, [&](const SliceView& slice) -> Expected<> {
      if (run->slices() != 0 && slice.interval.begin < run->learner().state().interval.end) {
        ++skipped_;
        return {};
      }
      return learn_slice(*run, slice, run->slices());
    });
    if (learnt) learnt = run->finish();
    if (!learnt) return std::unexpected(learnt.error());
    if (skipped_ != 0)
      std::cerr << skipped_ << " slices lie before the end of what " << out_ << " has learnt: skipped\n";
    return ExitStatus::done;
  }

  Expected<ExitStatus> fit_jointly(const SliceInput& input, const Options& options, Executor& executor) {
    const SmootherOptions smoothing{.gauge = gauge_free_ ? GaugeFixing::none : GaugeFixing::procrustes};
    auto run = stream::SmoothedRun::begin(out_, options, smoothing, executor);
    if (!run) return std::unexpected(run.error());
    const auto learnt =
        for_each_slice(input, [&](const SliceView& slice) { return learn_slice(*run, slice, run->filter().slices()); });
    if (!learnt) return std::unexpected(learnt.error());
    if (cold_) run->smoother().start_at_random(options.seed);
    ProgressBar bar("smoothing", sweeps_);
    for (std::uint64_t sweep = 0; sweep < sweeps_; ++sweep) {
      const auto progress = run->smoother().sweep(executor);
      if (!progress) return std::unexpected(progress.error());
      bar.say("sweep " + std::to_string(sweep + 1) + ": rows moved by " + fixed(100 * progress->moved, 2) +
              " % of their length; frames were turned by at most " + fixed(progress->rotation_angle, 4) + " radians");
      bar.show(sweep + 1);
    }
    if (const auto published = run->publish(); !published) return std::unexpected(published.error());
    return ExitStatus::done;
  }

  template <class Visit>
  static Expected<> for_each_slice(const SliceInput& input, const Visit& visit) {
    for (const InputFile& file : input.files()) {
      auto reader = formats::SlicesReader::open(file.path);
      if (!reader) return std::unexpected(reader.error());
      while (true) {
        const auto slice = reader->next();
        if (!slice) return std::unexpected(slice.error());
        if (!*slice) break;
        if (const auto visited = visit((*slice)->view()); !visited) {
          return std::unexpected(visited.error().within(file.name));
        }
      }
    }
    return {};
  }

  template <class Run>
  Expected<> learn_slice(Run& run, const SliceView& slice, std::uint64_t learnt_before) {
    const auto begin = std::chrono::steady_clock::now();
    const auto report = run.process(slice, source, learnt_before + 1);
    if (!report) return std::unexpected(report.error());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    print_slice_report(std::cout, *report, seconds, json() ? ReportForm::json : ReportForm::text);
    std::cout.flush();
    return {};
  }

  std::vector<std::string> files_;
  std::string out_;
  LearnerFlags learner_;
  SlicingFlags slicing_;
  bool smooth_ = false;
  std::uint32_t lag_ = 0;
  bool cold_ = false;
  bool gauge_free_ = false;
  std::uint64_t sweeps_ = 2;
  std::uint64_t skipped_ = 0;
};

}  // namespace

void add_train(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<TrainCommand>(parent)); }

}  // namespace gaugeline::cli
