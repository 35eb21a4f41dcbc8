// gaugeline query translate: which token of one time stands where another stands at another time.
#include <iostream>

#include "json_writer.hpp"
#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class TranslateCommand final : public AnsweredQuestion<stream::TranslationAnswer> {
 public:
  explicit TranslateCommand(CLI::App& query)
      : AnsweredQuestion(query, "translate",
                         "  gaugeline query translate --data run --token iraq --from 2003 --to 1862",
                         "The items of one slice that stand where a token stands in another") {
    add_token(question_.token);
    add_slice_name("--from", question_.from, "Where the token is looked up");
    add_slice_name("--to", question_.to, "Where its counterpart is sought");
    add_count(question_.count, "How many counterparts");
    add_min_uses(question_.min_uses, "Leave out counterparts that are used less often there");
  }

 private:
  Expected<stream::TranslationAnswer> answer(const formats::SnapshotStore& store) const override {
    return stream::translate(store, question_);
  }

  void print_json(const stream::TranslationAnswer& answer) const override {
    JsonWriter json(std::cout);
    json.begin_object().member("token", question_.token).slice("from", answer.from).slice("to", answer.to);
    write_tokens(json, "translate", answer.translations);
    json.end_object();
  }

  void print_text(const stream::TranslationAnswer& answer) const override {
    std::cout << "What stands in " << slice_label(answer.to) << " where " << printable(question_.token) << " stands in "
              << slice_label(answer.from) << "\n\n";
    print_tokens(answer.translations);
  }

  stream::TranslationQuestion question_;
};

}  // namespace

void add_query_translate(CLI::App& query, Commands& commands) {
  commands.push_back(std::make_unique<TranslateCommand>(query));
}

}  // namespace gaugeline::cli
