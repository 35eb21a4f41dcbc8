// gaugeline query score: which contexts the model expects most of an item.
#include <iostream>

#include <gaugeline/stream/json_writer.hpp>

#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class ScoreCommand final : public ServedQuestion {
 public:
  explicit ScoreCommand(CLI::App& query)
      : ServedQuestion(
            query, "score", "  gaugeline query score --data run --item user:17 --k 10",
            "The contexts with the highest scores for an item: for values the expected value, offsets included; "
            "for skip-gram the product of the vectors") {
    require(app().add_option("--item", question_.item, "The item that contexts are ranked for")->type_name("TOKEN"));
    add_slice_name("--slice", question_.slice, "The slice");
    add_count(question_.count, "How many contexts");
  }

 private:
  Expected<> ask() override {
    return ask_and_print(question_, stream::score_contexts,
                         [&](const stream::ScoreAnswer& answer) { print_text(answer); });
  }

  void print_text(const stream::ScoreAnswer& answer) const {
    std::cout << "Contexts for " << stream::printable(question_.item) << " in " << slice_label(answer.slice) << "\n\n";
    TextTable table({{"context", TextTable::Align::left}, {"score"}});
    for (const stream::ScoredContext& context : answer.contexts)
      table.add({stream::printable(context.token), fixed(context.score, 3)});
    table.print(std::cout);
  }

  stream::ScoreQuestion question_;
};

}  // namespace

void add_query_score(CLI::App& query, Commands& commands) { commands.push_back(std::make_unique<ScoreCommand>(query)); }

}  // namespace gaugeline::cli
