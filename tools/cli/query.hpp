// What the questions to a data directory or a daemon have in common. Each is a subcommand of `query`, in a file of its
// own.
#pragma once

#include <iostream>
#include <string>
#include <vector>

#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/answers_json.hpp>
#include <gaugeline/stream/query.hpp>
#include <gaugeline/stream/remote_query.hpp>

#include "client_flags.hpp"
#include "command.hpp"

namespace gaugeline::cli {

// Flags that questions share.
class QuestionFlags : public Command {
 public:
  using Command::Command;

 protected:
  CLI::Option* add_data();
  [[nodiscard]] bool has_data() const noexcept { return !data_directory_.empty(); }
  [[nodiscard]] Expected<formats::SnapshotStore> open_data() const {
    return formats::SnapshotStore::open(data_directory_);
  }
  void add_token(std::string& token);
  CLI::Option* add_others(std::vector<std::string>& others, const std::string& help);
  // --slice, --from, --to: a slice's index (from the end if negative) or a time in it.
  void add_slice_name(const std::string& flag, std::string& name, const std::string& help);
  void add_count(std::size_t& count, const std::string& help);
  void add_min_uses(float& min_uses, const std::string& help);

 private:
  std::string data_directory_;
};

// To a data directory.
class Question : public QuestionFlags {
 public:
  Question(CLI::App& parent, const std::string& name, const std::string& example, const std::string& description);
  // Opens the data directory, and asks it.
  [[nodiscard]] Expected<ExitStatus> run() final;

 protected:
  [[nodiscard]] virtual Expected<> ask(const formats::SnapshotStore& store) = 0;
};

// To a data directory or a daemon.
class ServedQuestion : public QuestionFlags {
 public:
  ServedQuestion(CLI::App& parent, const std::string& name, const std::string& example, const std::string& description);
  [[nodiscard]] Expected<ExitStatus> run() final;

 protected:
  [[nodiscard]] virtual Expected<> ask() = 0;

  // Asks the data directory by `local`, or the daemon, and prints: JSON as it is, text by `print_text(answer)`.
  template <class Asked, class Answer, class PrintText>
  [[nodiscard]] Expected<> ask_and_print(const Asked& question,
                                         Expected<Answer> (*local)(const formats::SnapshotStore&, const Asked&),
                                         const PrintText& print_text) const;

 private:
  std::string server_;
  stream::RemoteDaemon daemon_;
  ClientFlags client_;
};

template <class Asked, class Answer, class PrintText>
Expected<> ServedQuestion::ask_and_print(const Asked& question,
                                         Expected<Answer> (*local)(const formats::SnapshotStore&, const Asked&),
                                         const PrintText& print_text) const {
  if (!has_data()) {
    const auto text = stream::ask(daemon_, question);
    if (!text) return std::unexpected(text.error());
    const auto answer = stream::answer_from_json<Answer>(*text);
    if (!answer) return std::unexpected(answer.error().within(server_));
    json() ? void(std::cout << *text) : print_text(*answer);
    return {};
  }
  const auto store = open_data();
  if (!store) return std::unexpected(store.error());
  const auto answer = local(*store, question);
  if (!answer) return std::unexpected(answer.error());
  json() ? void(std::cout << stream::to_json(question, *answer)) : print_text(*answer);
  return {};
}

// token, similarity, uses: as columns.
void print_tokens(const std::vector<stream::ScoredToken>& tokens);

void add_query_neighbors(CLI::App& query, Commands& commands);
void add_query_trajectory(CLI::App& query, Commands& commands);
void add_query_drift(CLI::App& query, Commands& commands);
void add_query_translate(CLI::App& query, Commands& commands);
void add_query_similarity(CLI::App& query, Commands& commands);
void add_query_score(CLI::App& query, Commands& commands);

}  // namespace gaugeline::cli
