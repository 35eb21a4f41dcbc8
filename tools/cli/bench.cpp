// gaugeline bench: how fast it is on this machine, by itself and beside others.
#include <algorithm>
#include <array>
#include <functional>
#include <iostream>

#include <gaugeline/online_learner.hpp>
#include <gaugeline/stream/json_writer.hpp>
#include <gaugeline/stream/thread_pool.hpp>

#include "bench_peers.hpp"
#include "bench_rounds.hpp"
#include "command.hpp"
#include "learner_flags.hpp"
#include "slice_input.hpp"
#include "synthetic_events.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

struct Spread {
  double median = 0, least = 0, most = 0;
};

// Of what `figure` says of each round.
template <class Figure>
Spread spread(const BenchResult& result, Figure figure) {
  std::vector<double> figures(result.rounds.size());
  std::ranges::transform(result.rounds, figures.begin(), figure);
  std::ranges::sort(figures);
  const std::size_t n = figures.size();
  return {.5 * (figures[(n - 1) / 2] + figures[n / 2]), figures.front(), figures.back()};
}

// What is counted per second.
struct Observations {
  const char* name;
  std::uint64_t count;
};

Observations observations(const BenchResult& result) {
  if (result.words != 0) return {"words", result.words};
  if (result.values != 0) return {"values", result.values};
  return {"pairs", result.pairs};
}

struct Stage {
  const char* name;
  double BenchRound::* seconds;
};
constexpr std::array stages{Stage{"reading", &BenchRound::reading}, Stage{"learning", &BenchRound::learning},
                            Stage{"writing", &BenchRound::writing}};

class BenchCommand final : public Command {
 public:
  explicit BenchCommand(CLI::App& parent)
      : Command(
            parent, "bench",
            "  gaugeline bench events.ndjson --every month\n"
            "  gaugeline bench events.ndjson --every month --against fasttext,gensim",
            "Measure how fast this machine learns: your data, or without a FILE a synthetic text\n"
            "Rounds of the same work, each with a new learner and a snapshot on disk after every slice. CPU seconds "
            "are those of all threads. With --against, other programs learn the same words by turns with it, all "
            "with one thread, --dim, --window and --negatives; every tenth sequence is held out and judges them.") {
    app().add_option("FILE", files_, "Files of slices or of events, for --against of events; - is standard input");
    app()
        .add_option("--rounds", rounds_, "How often")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app()
        .add_option("--against", peers_,
                    "Of fasttext and gensim, separated by commas (Debian: python3-numpy, python3-gensim, fasttext, "
                    "python3-fasttext)")
        ->type_name("NAMES")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->check(CLI::IsMember({"fasttext", "gensim"}));
    app().add_option("--picture", picture_, "With --against: draw the ratios as SVG")->type_name("FILE");
    learner_.add_to(app(), "without it, what the data call for", std::nullopt);
    slicing_.add_to(app());
    add_json_flag();
  }

  std::optional<std::string> default_value(const CLI::Option& option) const override {
    return learner_.default_value(option);
  }

  Expected<ExitStatus> run() override {
    if (!peers_.empty()) return compare();
    if (!picture_.empty()) return fail(ErrorCode::invalid_argument, "--picture goes with --against");
    std::optional<ScratchFolder> folder;
    if (files_.empty()) {
      auto made = ScratchFolder::create();
      if (!made) return std::unexpected(made.error());
      folder.emplace(std::move(*made));
      files_ = {folder->path() / "synthetic.ndjson"};
      if (const auto written = write_synthetic_events(files_.front()); !written)
        return std::unexpected(written.error());
    }
    return measure();
  }

 private:
  Expected<ExitStatus> measure() {
    const double begin = cpu_seconds();
    const auto input = SliceInput::open(files_, slicing_);
    if (!input) return std::unexpected(input.error());
    const double cutting = cpu_seconds() - begin;
    const auto model = learner_.model() ? Expected<Likelihood>(*learner_.model()) : model_of(input->files());
    if (!model) return std::unexpected(model.error());
    const auto options = learner_.options(*model);
    if (!options) return std::unexpected(options.error());
    stream::ThreadPool pool(learner_.threads());
    const auto result = run_rounds(input->files(), *options, rounds_, pool);
    if (!result) return std::unexpected(result.error());
    json() ? print_json(*result, cutting, *options) : print_text(*result, cutting, *options);
    return ExitStatus::done;
  }

  Expected<ExitStatus> compare() {
    if (files_.empty()) return fail(ErrorCode::invalid_argument, "--against compares on events: no FILE is given");
    const auto options = learner_.options(Likelihood::skipgram);
    if (!options) return std::unexpected(options.error());
    std::vector<HeldFile> held;
    auto files = hold_inputs(files_, held);
    if (!files) return std::unexpected(files.error());
    return compare_with_peers({.events = std::move(*files),
                               .slicing = slicing_,
                               .learner = *options,
                               .learner_flags = learner_flags(),
                               .peers = peers_,
                               .rounds = rounds_,
                               .json = json(),
                               .picture = picture_});
  }

  // Those that were given and that are gaugeline's alone.
  [[nodiscard]] std::vector<std::string> learner_flags() const {
    constexpr std::array shared{"dim", "negatives", "model", "threads"};
    std::vector<std::string> flags;
    for (const CLI::Option* option : app().get_options()) {
      if (option->get_group() != "Learner" || option->count() == 0) continue;
      const std::string& name = option->get_lnames().front();
      if (std::ranges::find(shared, name) == shared.end())
        flags.push_back("--" + name + "=" + option->results().front());
    }
    if (slicing_.window_weights != "full") flags.push_back("--window-weights=" + slicing_.window_weights);
    return flags;
  }

  // Observations per CPU second of all that is done, the cutting of events included.
  static Spread speed(const BenchResult& result, double cutting) {
    const auto count = static_cast<double>(observations(result).count);
    return spread(result, [&](const BenchRound& round) { return count / (cutting + round.total()); });
  }

  void print_text(const BenchResult& result, double cutting, const Options& options) const {
    const auto [name, count] = observations(result);
    std::cout << grouped(static_cast<double>(count)) << ' ' << name << " in " << result.slices << " slices, dimension "
              << options.dimension << ", threads " << learner_.threads() << ", rounds " << result.rounds.size() << '\n';
    double total = cutting;
    for (const Stage& stage : stages) total += spread(result, std::mem_fn(stage.seconds)).median;
    const auto share = [&](double part) { return fixed(100 * part / total, 0) + " %"; };
    TextTable table({{"CPU seconds", TextTable::Align::left}, {"median"}, {"least"}, {"most"}, {"share"}});
    table.add({"cutting events, once", fixed(cutting, 3), "", "", share(cutting)});
    for (const Stage& stage : stages) {
      const Spread of = spread(result, std::mem_fn(stage.seconds));
      table.add({stage.name, fixed(of.median, 3), fixed(of.least, 3), fixed(of.most, 3), share(of.median)});
    }
    table.print(std::cout);
    const Spread per_second = speed(result, cutting);
    std::cout << name << " per CPU second " << grouped(per_second.median) << " (" << grouped(per_second.least) << " to "
              << grouped(per_second.most) << ")\n"
              << "prequential score " << (result.scored > 0 ? fixed(result.score, 4) : "-") << '\n'
              << "peak memory " << byte_count(peak_bytes()) << "; the learner reserves "
              << byte_count(memory_bytes<float>(options)) << " and uses what the data need\n";
  }

  void print_json(const BenchResult& result, double cutting, const Options& options) const {
    const auto [name, count] = observations(result);
    const Spread per_second = speed(result, cutting);
    stream::JsonWriter json(std::cout);
    json.begin_object().member("observations", count).member("unit", name).member("slices", result.slices);
    json.member("dimension", options.dimension).member("threads", learner_.threads());
    json.key("per_cpu_second").begin_object();
    json.member("median", per_second.median).member("least", per_second.least).member("most", per_second.most);
    json.end_object();
    json.member("cutting_seconds", cutting).key("rounds").begin_array();
    for (const BenchRound& round : result.rounds) {
      json.begin_object();
      for (const Stage& stage : stages) json.member(std::string(stage.name) + "_seconds", round.*stage.seconds);
      json.end_object();
    }
    json.end_array();
    result.scored > 0 ? json.member("score", result.score) : json.key("score").null();
    json.member("peak_bytes", peak_bytes()).member("learner_bytes", memory_bytes<float>(options)).end_object();
  }

  std::vector<std::string> files_;
  std::uint32_t rounds_ = 5;
  std::vector<std::string> peers_;
  std::string picture_;
  LearnerFlags learner_;
  SlicingFlags slicing_;
};

}  // namespace

void add_bench(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<BenchCommand>(parent)); }

}  // namespace gaugeline::cli
