// gaugeline train: learns from files, without a network.
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/stream/learning_run.hpp>
#include <gaugeline/stream/thread_pool.hpp>

#include "command.hpp"
#include "learner_flags.hpp"
#include "slice_input.hpp"
#include "slice_report.hpp"

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
    auto run = stream::LearningRun::open(out_, *options, pool);
    if (!run) return std::unexpected(run.error());
    for (const InputFile& file : input->files()) {
      if (const auto learnt = learn_file(*run, file); !learnt) return std::unexpected(learnt.error());
    }
    if (skipped_ != 0)
      std::cerr << skipped_ << " slices lie before the end of what " << out_ << " has learnt: skipped\n";
    return ExitStatus::done;
  }

 private:
  Expected<> learn_file(stream::LearningRun& run, const InputFile& file) {
    auto reader = formats::SlicesReader::open(file.path);
    if (!reader) return std::unexpected(reader.error());
    while (true) {
      const auto slice = reader->next();
      if (!slice) return std::unexpected(slice.error());
      if (!*slice) return {};
      if (const auto learnt = learn_slice(run, (*slice)->view()); !learnt) {
        return std::unexpected(learnt.error().within(file.name));
      }
    }
  }

  Expected<> learn_slice(stream::LearningRun& run, const SliceView& slice) {
    if (run.slices() != 0 && slice.interval.begin < run.learner().state().interval.end) {
      ++skipped_;
      return {};
    }
    const auto begin = std::chrono::steady_clock::now();
    const auto report = run.process(slice, source, run.slices() + 1);
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
  std::uint64_t skipped_ = 0;
};

}  // namespace

void add_train(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<TrainCommand>(parent)); }

}  // namespace gaugeline::cli
