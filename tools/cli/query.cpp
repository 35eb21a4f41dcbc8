// gaugeline query: questions to a data directory or a daemon.
#include "query.hpp"

#include <iostream>

#include <gaugeline/stream/json_writer.hpp>

#include "endpoint.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {

CLI::Option* QuestionFlags::add_data() {
  return app().add_option("--data", data_directory_, "The data directory")->type_name("DIR");
}

Question::Question(CLI::App& parent, const std::string& name, const std::string& example,
                   const std::string& description)
    : QuestionFlags(parent, name, example, description) {
  require(add_data());
  add_json_flag();
}

Expected<ExitStatus> Question::run() {
  const auto store = open_data();
  if (!store) return std::unexpected(store.error());
  if (const auto asked = ask(*store); !asked) return std::unexpected(asked.error());
  return ExitStatus::done;
}

ServedQuestion::ServedQuestion(CLI::App& parent, const std::string& name, const std::string& example,
                               const std::string& description)
    : QuestionFlags(parent, name, example, description) {
  add_data();
  app()
      .add_option("--server", server_, "Ask a daemon instead: the address where it serves HTTP")
      ->type_name("HOST:PORT");
  app()
      .add_option("--timeout", daemon_.timeout_seconds, "Seconds that the daemon may take to answer")
      ->type_name("SECONDS")
      ->check(CLI::Range(.001, 1e6))
      ->capture_default_str();
  client_.add_to(app());
  add_json_flag();
}

Expected<ExitStatus> ServedQuestion::run() {
  if (has_data() != server_.empty())
    return fail(ErrorCode::invalid_argument, "give --data DIR or --server HOST:PORT, one of them");
  if (!has_data()) {
    const auto endpoint = parse_endpoint(server_);
    if (!endpoint) return std::unexpected(endpoint.error().within("--server"));
    daemon_.host = endpoint->host;
    daemon_.port = std::to_string(endpoint->port);
    const auto tls = client_.tls();
    if (!tls) return std::unexpected(tls.error());
    const auto token = client_.token();
    if (!token) return std::unexpected(token.error());
    daemon_.tls = *tls;
    daemon_.token = *token;
  }
  if (const auto asked = ask(); !asked) return std::unexpected(asked.error());
  return ExitStatus::done;
}

void QuestionFlags::add_token(std::string& token) {
  require(app().add_option("--token", token, "The token that is asked about")->type_name("TOKEN"));
}

CLI::Option* QuestionFlags::add_others(std::vector<std::string>& others, const std::string& help) {
  return app()
      .add_option("--other", others, help + " (repeat, or separate by commas)")
      ->type_name("TOKEN")
      ->delimiter(',')
      ->allow_extra_args(false);
}

void QuestionFlags::add_slice_name(const std::string& flag, std::string& name, const std::string& help) {
  app()
      .add_option(flag, name, help + ": an index (-1 is the last), or a time in it (1862, 1862-05-20)")
      ->type_name("SLICE")
      ->capture_default_str();
}

void QuestionFlags::add_count(std::size_t& count, const std::string& help) {
  app().add_option("--k", count, help)->type_name("NUMBER")->check(CLI::Range(1, 1000000))->capture_default_str();
}

void QuestionFlags::add_min_uses(float& min_uses, const std::string& help) {
  app()
      .add_option("--min-uses", min_uses, help)
      ->type_name("NUMBER")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void print_tokens(const std::vector<stream::ScoredToken>& tokens) {
  TextTable table({{"token", TextTable::Align::left}, {"similarity"}, {"uses"}});
  for (const stream::ScoredToken& token : tokens) {
    table.add({stream::printable(token.token), fixed(token.similarity, 3), grouped(token.uses)});
  }
  table.print(std::cout);
}

void add_query(CLI::App& parent, Commands& commands) {
  CLI::App* query =
      parent.add_subcommand("query", "Ask a data directory or a daemon what tokens mean, and how that changed");
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
