// gaugeline query neighbors: what a token stands near.
#include <iostream>

#include <gaugeline/stream/json_writer.hpp>

#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class NeighborsCommand final : public ServedQuestion {
 public:
  explicit NeighborsCommand(CLI::App& query)
      : ServedQuestion(query, "neighbors", "  gaugeline query neighbors --data run --token war --slice 1862 --k 10",
                       "The items nearest to a token in one slice, by cosine") {
    add_token(question_.token);
    add_slice_name("--slice", question_.slice, "The slice");
    add_count(question_.count, "How many neighbours");
    add_min_uses(question_.min_uses, "Leave out neighbours that are used less often in the slice");
  }

 private:
  Expected<> ask() override {
    return ask_and_print(question_, stream::find_neighbors,
                         [&](const stream::NeighborsAnswer& answer) { print_text(answer); });
  }

  void print_text(const stream::NeighborsAnswer& answer) const {
    std::cout << "Nearest to " << stream::printable(question_.token) << " in " << slice_label(answer.slice)
              << ", where it has " << grouped(answer.uses) << " uses\n\n";
    print_tokens(answer.neighbors);
  }

  stream::NeighborsQuestion question_;
};

}  // namespace

void add_query_neighbors(CLI::App& query, Commands& commands) {
  commands.push_back(std::make_unique<NeighborsCommand>(query));
}

}  // namespace gaugeline::cli
