// gaugeline query: questions to a data directory.
#include "query.hpp"

#include <iostream>

#include "json_writer.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {

Question::Question(CLI::App& parent, const std::string& name, const std::string& example,
                   const std::string& description)
    : Command(parent, name, example, description) {
  require(app().add_option("--data", data_directory_, "The data directory")->type_name("DIR"));
  add_json_flag();
}

Expected<ExitStatus> Question::run() {
  const auto store = formats::SnapshotStore::open(data_directory_);
  if (!store) return std::unexpected(store.error());
  if (const auto asked = ask(*store); !asked) return std::unexpected(asked.error());
  return ExitStatus::done;
}

void Question::add_token(std::string& token) {
  require(app().add_option("--token", token, "The token that is asked about")->type_name("TOKEN"));
}

CLI::Option* Question::add_others(std::vector<std::string>& others, const std::string& help) {
  return app()
      .add_option("--other", others, help + " (repeat, or separate by commas)")
      ->type_name("TOKEN")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void Question::add_slice_name(const std::string& flag, std::string& name, const std::string& help) {
  app()
      .add_option(flag, name, help + ": an index (-1 is the last), or a time in it (1862, 1862-05-20)")
      ->type_name("SLICE")
      ->capture_default_str();
}

void Question::add_count(std::size_t& count, const std::string& help) {
  app().add_option("--k", count, help)->type_name("NUMBER")->check(CLI::Range(1, 1000000))->capture_default_str();
}

void Question::add_min_uses(float& min_uses, const std::string& help) {
  app()
      .add_option("--min-uses", min_uses, help)
      ->type_name("NUMBER")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void write_tokens(JsonWriter& json, std::string_view name, const std::vector<stream::ScoredToken>& tokens) {
  json.key(name).begin_array();
  for (const stream::ScoredToken& token : tokens) {
    json.begin_object()
        .member("token", token.token)
        .member("similarity", token.similarity)
        .member("uses", token.uses)
        .end_object();
  }
  json.end_array();
}

void print_tokens(const std::vector<stream::ScoredToken>& tokens) {
  TextTable table({{"token", TextTable::Align::left}, {"similarity"}, {"uses"}});
  for (const stream::ScoredToken& token : tokens) {
    table.add({printable(token.token), fixed(token.similarity, 3), grouped(token.uses)});
  }
  table.print(std::cout);
}

void add_query(CLI::App& parent, Commands& commands) {
  CLI::App* query = parent.add_subcommand("query", "Ask a data directory what tokens mean, and how that changed");
  query->footer("  gaugeline query neighbors --data run --token war --slice 1862");
  query->require_subcommand(1);
  add_query_neighbors(*query, commands);
  add_query_trajectory(*query, commands);
  add_query_drift(*query, commands);
  add_query_translate(*query, commands);
  add_query_similarity(*query, commands);
  add_query_score(*query, commands);
}

}  // namespace gaugeline::cli
