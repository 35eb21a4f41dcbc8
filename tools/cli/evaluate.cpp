// gaugeline evaluate: a data directory against answers that are known.
#include <algorithm>
#include <array>
#include <iostream>

#include <gaugeline/stream/evaluate.hpp>

#include "command.hpp"
#include "json_writer.hpp"
#include "line_reader.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

constexpr std::size_t max_line_bytes = 1 << 16;

// In the order of stream::Unanswerable.
constexpr std::array<const char*, 4> reasons{"no_slice", "token_unknown", "expected_unknown", "expected_rare"};

Expected<stream::Analogy> parse_analogy(std::string_view line) {
  std::array<std::string, 4> fields;
  std::size_t count = 0;
  for (std::string_view rest = line;; ++count) {
    const std::size_t tab = rest.find('\t');
    if (count < fields.size()) fields[count] = rest.substr(0, tab);
    if (tab == std::string_view::npos) break;
    rest.remove_prefix(tab + 1);
  }
  if (count + 1 != fields.size() || std::ranges::any_of(fields, &std::string::empty)) {
    return fail(ErrorCode::bad_data, "not token, time, token, time, separated by tabs");
  }
  return stream::Analogy{fields[0], fields[1], fields[2], fields[3]};
}

Expected<std::vector<stream::Analogy>> read_analogies(const std::string& path) {
  auto lines = LineReader::open(path, max_line_bytes);
  if (!lines) return std::unexpected(lines.error());
  std::vector<stream::Analogy> analogies;
  while (lines->next()) {
    if (lines->line().empty()) continue;
    auto analogy = parse_analogy(lines->line());
    if (!analogy) return fail(ErrorCode::bad_data, path, ":", lines->number(), ": ", analogy.error().message());
    analogies.push_back(std::move(*analogy));
  }
  return analogies;
}

class AnalogiesCommand final : public Command {
 public:
  explicit AnalogiesCommand(CLI::App& evaluate)
      : Command(evaluate, "analogies", "  gaugeline evaluate analogies --data run --gold analogies.tsv",
                "Which token stands where another stood: the ranks of known answers") {
    require(app().add_option("--data", data_directory_, "The data directory")->type_name("DIR"));
    require(
        app().add_option("--gold", gold_, "Lines of token, time, token, time, separated by tabs")->type_name("FILE"));
    app()
        .add_option("--min-uses", min_uses_, "Rank tokens that are used so often in the answer's slice")
        ->type_name("NUMBER")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    const auto store = formats::SnapshotStore::open(data_directory_);
    if (!store) return std::unexpected(store.error());
    const auto analogies = read_analogies(gold_);
    if (!analogies) return std::unexpected(analogies.error());
    const auto results = stream::answer_analogies(*store, *analogies, min_uses_);
    if (!results) return std::unexpected(results.error());
    print(stream::score_analogies(*results), *results);
    return ExitStatus::done;
  }

 private:
  void print(const stream::AnalogyScores& scores, const std::vector<stream::AnalogyResult>& results) const {
    std::array<std::size_t, reasons.size()> unanswerable{};
    for (const stream::AnalogyResult& result : results) {
      if (result.reason) ++unanswerable.at(static_cast<std::size_t>(*result.reason));
    }
    if (!json()) {
      std::cout << scores.answered << " of " << results.size() << " answered  MRR "
                << fixed(scores.mean_reciprocal_rank, 4) << "  precision at 1 " << fixed(scores.precision_at_1, 4)
                << "  at 5 " << fixed(scores.precision_at_5, 4) << "  at 10 " << fixed(scores.precision_at_10, 4)
                << '\n';
      for (std::size_t i = 0; i < reasons.size(); ++i) {
        if (unanswerable.at(i) != 0)
          std::cout << "unanswerable, " << reasons.at(i) << ": " << unanswerable.at(i) << '\n';
      }
      return;
    }
    JsonWriter json(std::cout);
    json.begin_object().member("lines", results.size()).member("answered", scores.answered);
    json.member("mrr", scores.mean_reciprocal_rank).member("precision_at_1", scores.precision_at_1);
    json.member("precision_at_5", scores.precision_at_5).member("precision_at_10", scores.precision_at_10);
    json.key("unanswerable").begin_object();
    for (std::size_t i = 0; i < reasons.size(); ++i) json.member(reasons.at(i), unanswerable.at(i));
    json.end_object().end_object();
  }

  std::string data_directory_;
  std::string gold_;
  float min_uses_ = 10;
};

}  // namespace

void add_evaluate(CLI::App& parent, Commands& commands) {
  CLI::App* evaluate = parent.add_subcommand("evaluate", "Hold a data directory against answers that are known");
  evaluate->footer("  gaugeline evaluate analogies --data run --gold analogies.tsv");
  evaluate->require_subcommand(1);
  commands.push_back(std::make_unique<AnalogiesCommand>(*evaluate));
}

}  // namespace gaugeline::cli
