// gaugeline query drift: what moved most between two slices, or how one token moved step by step.
#include <iostream>

#include <gaugeline/stream/json_writer.hpp>

#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

// "<.001", ".043"
std::string probability(double p) { return p < .001 ? "<.001" : fixed(p, 3).substr(p < 1 ? 1 : 0); }

class DriftCommand final : public ServedQuestion {
 public:
  explicit DriftCommand(CLI::App& query)
      : ServedQuestion(query, "drift", "  gaugeline query drift --data run --from 1860 --to -1 --k 12",
                       "The items that moved most between two slices; with --token, one token's steps") {
    app().add_option("--token", token_, "Follow this token over consecutive slices instead")->type_name("TOKEN");
    add_slice_name("--from", question_.from, "The earlier slice");
    add_slice_name("--to", question_.to, "The later slice");
    add_count(question_.count, "How many items");
    add_min_uses(question_.min_uses, "Compare items that are used so often in both slices");
    app()
        .add_option("--skip-commonest", question_.skip_commonest, "Leave out so many of the most used items")
        ->type_name("NUMBER")
        ->capture_default_str();
  }

 private:
  Expected<> ask() override {
    if (!token_.empty()) {
      const stream::TokenDriftQuestion steps{token_, question_.from, question_.to, question_.min_uses,
                                             question_.neighbors};
      return ask_and_print(steps, stream::follow_drift,
                           [&](const std::vector<stream::DriftStep>& answer) { print_text(answer); });
    }
    return ask_and_print(question_, stream::find_drift, [&](const stream::DriftAnswer& answer) { print_text(answer); });
  }

  void print_text(const stream::DriftAnswer& answer) const {
    const bool tested = answer.evidence == stream::Evidence::sufficient;
    const std::string then = time_label(answer.from.interval);
    const std::string now = time_label(answer.to.interval);
    std::cout << "What moved most from " << slice_label(answer.from) << " to " << slice_label(answer.to) << ", of "
              << grouped(static_cast<double>(answer.compared)) << " items; insufficient data for "
              << grouped(static_cast<double>(answer.insufficient_data)) << " others\n"
              << "moved: displacement in units of its uncertainty; self: cosine between then and now\n"
              << (tested ? "p: chance to move so far at rest; false: expected share of false alarms down to this p\n"
                         : "no p-values: " + stream::reason(answer.evidence, question_.min_uses) + "\n")
              << "\n";
    std::vector<TextTable::Column> columns{{"item", TextTable::Align::left}, {"moved"}};
    if (tested) columns.insert(columns.end(), {{"p"}, {"false"}});
    columns.insert(columns.end(), {{"self"},
                                   {"uses " + then},
                                   {"uses " + now},
                                   {"near it in " + then, TextTable::Align::left},
                                   {"near it in " + now, TextTable::Align::left},
                                   {"lost", TextTable::Align::left},
                                   {"gained", TextTable::Align::left}});
    TextTable table(std::move(columns));
    for (const stream::DriftingToken& token : answer.tokens) {
      std::vector<std::string> cells{stream::printable(token.token), fixed(token.movement.displacement, 1)};
      if (tested) {
        cells.push_back(probability(token.p_value.value_or(1)));
        cells.push_back(probability(token.false_discovery_rate.value_or(1)));
      }
      cells.insert(cells.end(), {fixed(token.movement.similarity, 2), grouped(token.uses_from), grouped(token.uses_to),
                                 token_list(token.neighbors_from), token_list(token.neighbors_to),
                                 token_list(token.change.lost), token_list(token.change.gained)});
      table.add(std::move(cells));
    }
    table.print(std::cout);
    if (answer.compared == 0) {
      std::cerr << "no item has " << grouped(question_.min_uses) << " uses in both slices, besides the "
                << question_.skip_commonest << " commonest: try other slices, or a lower --min-uses\n";
    }
  }

  void print_text(const std::vector<stream::DriftStep>& steps) const {
    std::cout << "The steps of " << stream::printable(token_)
              << "; moved: displacement in units of its uncertainty; self: cosine between before and after\n\n";
    TextTable table({{"slice"},
                     {"begin", TextTable::Align::left},
                     {"uses"},
                     {"moved"},
                     {"self"},
                     {"p"},
                     {"lost", TextTable::Align::left},
                     {"gained", TextTable::Align::left}});
    for (const stream::DriftStep& step : steps) {
      const bool measured = step.evidence != stream::Evidence::few_uses;
      table.add({std::to_string(step.to.index), time_label(step.to.interval), grouped(step.uses_to),
                 measured ? fixed(step.movement.displacement, 1) : "-",
                 measured ? fixed(step.movement.similarity, 2) : "-", step.p_value ? probability(*step.p_value) : "-",
                 measured ? token_list(step.change.lost) : stream::reason(step.evidence, question_.min_uses),
                 token_list(step.change.gained)});
    }
    table.print(std::cout);
  }

  std::string token_;
  stream::DriftQuestion question_;
};

}  // namespace

void add_query_drift(CLI::App& query, Commands& commands) { commands.push_back(std::make_unique<DriftCommand>(query)); }

}  // namespace gaugeline::cli
