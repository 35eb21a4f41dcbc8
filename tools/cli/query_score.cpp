// gaugeline query score: which contexts the model expects most of an item.
#include <iostream>

#include "json_writer.hpp"
#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class ScoreCommand final : public AnsweredQuestion<stream::ScoreAnswer> {
 public:
  explicit ScoreCommand(CLI::App& query)
      : AnsweredQuestion(
            query, "score", "  gaugeline query score --data run --item user:17 --k 10",
            "The contexts with the highest scores for an item: for values the expected value, offsets included; "
            "for skip-gram the product of the vectors") {
    require(app().add_option("--item", question_.item, "The item that contexts are ranked for")->type_name("TOKEN"));
    add_slice_name("--slice", question_.slice, "The slice");
    add_count(question_.count, "How many contexts");
  }

 private:
  Expected<stream::ScoreAnswer> answer(const formats::SnapshotStore& store) const override {
    return stream::score_contexts(store, question_);
  }

  void print_json(const stream::ScoreAnswer& answer) const override {
    JsonWriter json(std::cout);
    json.begin_object().member("item", question_.item).slice("slice", answer.slice).key("score").begin_array();
    for (const stream::ScoredContext& context : answer.contexts)
      json.begin_object().member("token", context.token).member("score", context.score).end_object();
    json.end_array().end_object();
  }

  void print_text(const stream::ScoreAnswer& answer) const override {
    std::cout << "Contexts for " << printable(question_.item) << " in " << slice_label(answer.slice) << "\n\n";
    TextTable table({{"context", TextTable::Align::left}, {"score"}});
    for (const stream::ScoredContext& context : answer.contexts)
      table.add({printable(context.token), fixed(context.score, 3)});
    table.print(std::cout);
  }

  stream::ScoreQuestion question_;
};

}  // namespace

void add_query_score(CLI::App& query, Commands& commands) { commands.push_back(std::make_unique<ScoreCommand>(query)); }

}  // namespace gaugeline::cli
