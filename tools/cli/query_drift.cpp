// gaugeline query drift: what moved most between two slices, or how one token moved step by step.
#include <iostream>

#include "json_writer.hpp"
#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

void write_movement(JsonWriter& json, const stream::Movement& movement) {
  json.member("displacement", movement.displacement)
      .member("distance", movement.distance)
      .member("self_similarity", movement.similarity);
}

// Null where there is none.
void write_number(JsonWriter& json, std::string_view name, const std::optional<double>& number) {
  json.key(name);
  number ? json.value(*number) : json.null();
}

void write_change(JsonWriter& json, const stream::NeighborChange& change) {
  for (const auto& [name, tokens] : {std::pair("gained", &change.gained), std::pair("lost", &change.lost)}) {
    json.key(name).begin_array();
    for (const std::string& token : *tokens) json.value(token);
    json.end_array();
  }
}

// Why there is no p-value, in words; empty if there is one.
std::string reason(stream::Evidence evidence, float min_uses) {
  switch (evidence) {
    case stream::Evidence::sufficient:
      return "";
    case stream::Evidence::few_uses:
      return "insufficient data: fewer than " + grouped(min_uses) + " uses in one of the slices";
    case stream::Evidence::few_items:
      return "insufficient data: too few items, or items too alike, to know how far those at rest move";
    case stream::Evidence::few_slices:
      return "insufficient data: too few slices before the later one to know how far items at rest move";
    case stream::Evidence::smoothed:
      return "the slices are smoothed, so that they share their data; a filter's have p-values";
  }
  return "";
}

void write_reason(JsonWriter& json, stream::Evidence evidence, float min_uses) {
  if (evidence != stream::Evidence::sufficient) json.member("reason", reason(evidence, min_uses));
}

// "<.001", ".043"
std::string probability(double p) { return p < .001 ? "<.001" : fixed(p, 3).substr(p < 1 ? 1 : 0); }

class DriftCommand final : public Question {
 public:
  explicit DriftCommand(CLI::App& query)
      : Question(query, "drift", "  gaugeline query drift --data run --from 1860 --to -1 --k 12",
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
  Expected<> ask(const formats::SnapshotStore& store) override {
    return token_.empty() ? ask_for_most(store) : ask_for_token(store);
  }

  Expected<> ask_for_most(const formats::SnapshotStore& store) const {
    const auto answer = stream::find_drift(store, question_);
    if (!answer) return std::unexpected(answer.error());
    json() ? print_json(*answer) : print_text(*answer);
    if (answer->compared == 0) {
      std::cerr << "no item has " << grouped(question_.min_uses) << " uses in both slices, besides the "
                << question_.skip_commonest << " commonest: try other slices, or a lower --min-uses\n";
    }
    return {};
  }

  Expected<> ask_for_token(const formats::SnapshotStore& store) const {
    const auto steps =
        stream::follow_drift(store, {token_, question_.from, question_.to, question_.min_uses, question_.neighbors});
    if (!steps) return std::unexpected(steps.error());
    json() ? print_json(*steps) : print_text(*steps);
    return {};
  }

  void print_json(const stream::DriftAnswer& answer) const {
    JsonWriter json(std::cout);
    json.begin_object().slice("from", answer.from).slice("to", answer.to);
    json.member("overdispersion", answer.overdispersion).member("compared", answer.compared);
    json.member("insufficient_data", answer.insufficient_data);
    write_reason(json, answer.evidence, question_.min_uses);
    json.key("drift").begin_array();
    for (const stream::DriftingToken& token : answer.tokens) {
      json.begin_object().member("token", token.token);
      write_movement(json, token.movement);
      json.member("uses_from", token.uses_from).member("uses_to", token.uses_to);
      write_tokens(json, "neighbors_from", token.neighbors_from);
      write_tokens(json, "neighbors_to", token.neighbors_to);
      write_change(json, token.change);
      write_number(json, "p_value", token.p_value);
      write_number(json, "false_discovery_rate", token.false_discovery_rate);
      json.end_object();
    }
    json.end_array().end_object();
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
                         : "no p-values: " + reason(answer.evidence, question_.min_uses) + "\n")
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
      std::vector<std::string> cells{printable(token.token), fixed(token.movement.displacement, 1)};
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
  }

  void print_json(const std::vector<stream::DriftStep>& steps) const {
    JsonWriter json(std::cout);
    json.begin_object().member("token", token_).key("drift").begin_array();
    for (const stream::DriftStep& step : steps) {
      json.begin_object().slice("from", step.from).slice("to", step.to);
      if (step.evidence == stream::Evidence::few_uses) {
        for (const char* number : {"displacement", "distance", "self_similarity"}) json.key(number).null();
      } else {
        write_movement(json, step.movement);
      }
      json.member("uses_from", step.uses_from).member("uses_to", step.uses_to);
      write_number(json, "p_value", step.p_value);
      write_reason(json, step.evidence, question_.min_uses);
      write_change(json, step.change);
      json.end_object();
    }
    json.end_array().end_object();
  }

  void print_text(const std::vector<stream::DriftStep>& steps) const {
    std::cout << "The steps of " << printable(token_)
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
                 measured ? token_list(step.change.lost) : reason(step.evidence, question_.min_uses),
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
