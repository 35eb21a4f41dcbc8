// gaugeline evaluate analogies: which token stands where another stood, where that is known.
#include <algorithm>
#include <array>
#include <iostream>

#include <gaugeline/stream/evaluate_analogies.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "evaluate.hpp"
#include "gold_lines.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

// In the order of stream::Unanswerable.
constexpr std::array<const char*, 4> reasons{"no_slice", "token_unknown", "expected_unknown", "expected_rare"};

Expected<std::vector<stream::Analogy>> read_analogies(const std::string& path) {
  std::vector<stream::Analogy> analogies;
  const auto read = read_gold_lines(path, [&](std::span<const std::string_view> fields) -> Expected<> {
    if (fields.size() != 4 || std::ranges::any_of(fields, &std::string_view::empty))
      return fail(ErrorCode::bad_data, "not token, time, token, time, separated by tabs");
    analogies.push_back(
        {std::string(fields[0]), std::string(fields[1]), std::string(fields[2]), std::string(fields[3])});
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return analogies;
}

class AnalogiesCommand final : public Question {
 public:
  explicit AnalogiesCommand(CLI::App& evaluate)
      : Question(evaluate, "analogies", "  gaugeline evaluate analogies --data run --gold analogies.tsv",
                 "Which token stands where another stood: the ranks of known answers") {
    require(
        app().add_option("--gold", gold_, "Lines of token, time, token, time, separated by tabs")->type_name("FILE"));
    add_min_uses(min_uses_, "Rank tokens that are used so often in the answer's slice");
  }

 private:
  Expected<> ask(const formats::SnapshotStore& store) override {
    const auto analogies = read_analogies(gold_);
    if (!analogies) return std::unexpected(analogies.error());
    const auto results = stream::answer_analogies(store, *analogies, min_uses_);
    if (!results) return std::unexpected(results.error());
    print(stream::score_analogies(*results), *results);
    return {};
  }

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
    stream::JsonWriter json(std::cout);
    json.begin_object().member("lines", results.size()).member("answered", scores.answered);
    json.member("mrr", scores.mean_reciprocal_rank).member("precision_at_1", scores.precision_at_1);
    json.member("precision_at_5", scores.precision_at_5).member("precision_at_10", scores.precision_at_10);
    json.key("unanswerable").begin_object();
    for (std::size_t i = 0; i < reasons.size(); ++i) json.member(reasons.at(i), unanswerable.at(i));
    json.end_object().end_object();
  }

  std::string gold_;
  float min_uses_ = 10;
};

}  // namespace

void add_evaluate_analogies(CLI::App& evaluate, Commands& commands) {
  commands.push_back(std::make_unique<AnalogiesCommand>(evaluate));
}

}  // namespace gaugeline::cli
