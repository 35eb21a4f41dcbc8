// gaugeline query similarity: how near tokens stand to each other.
#include <iostream>

#include <gaugeline/stream/json_writer.hpp>

#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class SimilarityCommand final : public ServedQuestion {
 public:
  explicit SimilarityCommand(CLI::App& query)
      : ServedQuestion(query, "similarity",
                       "  gaugeline query similarity --data run --token war --other peace,trade --slice 1862",
                       "The cosine between a token and others in one slice") {
    add_token(question_.token);
    require(add_others(question_.others, "What it is compared with"));
    add_slice_name("--slice", question_.slice, "The slice");
  }

 private:
  Expected<> ask() override {
    return ask_and_print(question_, stream::measure_similarity,
                         [&](const stream::SimilarityAnswer& answer) { print_text(answer); });
  }

  void print_text(const stream::SimilarityAnswer& answer) const {
    std::cout << "Similarity to " << stream::printable(question_.token) << " in " << slice_label(answer.slice)
              << "\n\n";
    print_tokens(answer.similarities);
  }

  stream::SimilarityQuestion question_;
};

}  // namespace

void add_query_similarity(CLI::App& query, Commands& commands) {
  commands.push_back(std::make_unique<SimilarityCommand>(query));
}

}  // namespace gaugeline::cli
