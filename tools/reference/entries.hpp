// The command's subcommands and options as plain values, taken from the table that reads the command line: what the man
// pages and the completions are written from.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace gaugeline::reference {

enum class Takes { nothing, value, file, directory, choice };

struct OptionEntry {
  std::string name;    // "dim", typed as --dim; of an argument FILE
  std::string letter;  // "h", typed as -h; most have none
  std::string group;   // "Options" if it has none of its own
  Takes takes = Takes::value;
  std::string placeholder;           // NUMBER
  std::vector<std::string> choices;  // if it takes one of these
  std::string range;                 // "1 to 255", or empty
  std::string default_value;         // as --help shows it, or empty
  std::string description;
};

struct CommandEntry {
  std::string words;  // "query drift", typed after the program's name; of the program itself empty
  std::string description;
  std::string example;
  std::vector<OptionEntry> options;  // group by group
  std::vector<OptionEntry> arguments;
  std::vector<CommandEntry> subcommands;

  [[nodiscard]] std::string last_word() const { return words.substr(words.rfind(' ') + 1); }
  // The description's first line, which the list of subcommands shows.
  [[nodiscard]] std::string summary() const { return description.substr(0, description.find('\n')); }
};

[[nodiscard]] CommandEntry entry_of(const CLI::App& app);

// The entry and all below it, each before its subcommands.
[[nodiscard]] std::vector<const CommandEntry*> with_all_below(const CommandEntry& entry);

}  // namespace gaugeline::reference
