// gaugeline query similarity: how near tokens stand to each other.
#include <iostream>

#include "json_writer.hpp"
#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class SimilarityCommand final : public AnsweredQuestion<stream::SimilarityAnswer> {
 public:
  explicit SimilarityCommand(CLI::App& query)
      : AnsweredQuestion(query, "similarity",
                         "  gaugeline query similarity --data run --token war --other peace,trade --slice 1862",
                         "The cosine between a token and others in one slice") {
    add_token(question_.token);
    require(add_others(question_.others, "What it is compared with"));
    add_slice_name("--slice", question_.slice, "The slice");
  }

 private:
  Expected<stream::SimilarityAnswer> answer(const formats::SnapshotStore& store) const override {
    return stream::measure_similarity(store, question_);
  }

  void print_json(const stream::SimilarityAnswer& answer) const override {
    JsonWriter json(std::cout);
    json.begin_object().slice("slice", answer.slice).key("similarity").begin_array();
    for (const stream::ScoredToken& other : answer.similarities) {
      json.begin_object()
          .member("token", question_.token)
          .member("other", other.token)
          .member("similarity", other.similarity)
          .end_object();
    }
    json.end_array().end_object();
  }

  void print_text(const stream::SimilarityAnswer& answer) const override {
    std::cout << "Similarity to " << printable(question_.token) << " in " << slice_label(answer.slice) << "\n\n";
    print_tokens(answer.similarities);
  }

  stream::SimilarityQuestion question_;
};

}  // namespace

void add_query_similarity(CLI::App& query, Commands& commands) {
  commands.push_back(std::make_unique<SimilarityCommand>(query));
}

}  // namespace gaugeline::cli
