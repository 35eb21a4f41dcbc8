// What the questions to a data directory have in common. Each is a subcommand of `query`, in a file of its own.
#pragma once

#include <string>
#include <vector>

#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/query.hpp>

#include "command.hpp"

namespace gaugeline::cli {

class Question : public Command {
 public:
  Question(CLI::App& parent, const std::string& name, const std::string& example, const std::string& description);
  // Opens the data directory, and asks it.
  [[nodiscard]] Expected<ExitStatus> run() final;

 protected:
  [[nodiscard]] virtual Expected<> ask(const formats::SnapshotStore& store) = 0;

  void add_token(std::string& token);
  CLI::Option* add_others(std::vector<std::string>& others, const std::string& help);
  // --slice, --from, --to: a slice's index (from the end if negative) or a time in it.
  void add_slice_name(const std::string& flag, std::string& name, const std::string& help);
  void add_count(std::size_t& count, const std::string& help);
  void add_min_uses(float& min_uses, const std::string& help);

 private:
  std::string data_directory_;
};

// A question that has one kind of answer.
template <class Answer>
class AnsweredQuestion : public Question {
 public:
  using Question::Question;

 private:
  [[nodiscard]] virtual Expected<Answer> answer(const formats::SnapshotStore& store) const = 0;
  virtual void print_json(const Answer& answer) const = 0;
  virtual void print_text(const Answer& answer) const = 0;

  [[nodiscard]] Expected<> ask(const formats::SnapshotStore& store) final {
    const auto found = answer(store);
    if (!found) return std::unexpected(found.error());
    json() ? print_json(*found) : print_text(*found);
    return {};
  }
};

class JsonWriter;
// name: [{"token": ..., "similarity": ..., "uses": ...}]
void write_tokens(JsonWriter& json, std::string_view name, const std::vector<stream::ScoredToken>& tokens);
// token, similarity, uses: as columns.
void print_tokens(const std::vector<stream::ScoredToken>& tokens);

void add_query_neighbors(CLI::App& query, Commands& commands);
void add_query_trajectory(CLI::App& query, Commands& commands);
void add_query_drift(CLI::App& query, Commands& commands);
void add_query_translate(CLI::App& query, Commands& commands);
void add_query_similarity(CLI::App& query, Commands& commands);
void add_query_score(CLI::App& query, Commands& commands);

}  // namespace gaugeline::cli
