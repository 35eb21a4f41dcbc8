// gaugeline query translate: which token of one time stands where another stands at another time.
#include <iostream>

#include <gaugeline/stream/json_writer.hpp>

#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class TranslateCommand final : public ServedQuestion {
 public:
  explicit TranslateCommand(CLI::App& query)
      : ServedQuestion(query, "translate", "  gaugeline query translate --data run --token iraq --from 2003 --to 1862",
                       "The items of one slice that stand where a token stands in another") {
    add_token(question_.token);
    add_slice_name("--from", question_.from, "Where the token is looked up");
    add_slice_name("--to", question_.to, "Where its counterpart is sought");
    add_count(question_.count, "How many counterparts");
    add_min_uses(question_.min_uses, "Leave out counterparts that are used less often there");
  }

 private:
  Expected<> ask() override {
    return ask_and_print(question_, stream::translate,
                         [&](const stream::TranslationAnswer& answer) { print_text(answer); });
  }

  void print_text(const stream::TranslationAnswer& answer) const {
    std::cout << "What stands in " << slice_label(answer.to) << " where " << stream::printable(question_.token)
              << " stands in " << slice_label(answer.from) << "\n\n";
    print_tokens(answer.translations);
  }

  stream::TranslationQuestion question_;
};

}  // namespace

void add_query_translate(CLI::App& query, Commands& commands) {
  commands.push_back(std::make_unique<TranslateCommand>(query));
}

}  // namespace gaugeline::cli
