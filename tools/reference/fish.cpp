#include <sstream>

#include "pages.hpp"
#include "text.hpp"

namespace gaugeline::reference {
namespace {

// In fish, single quotes hold all but a backslash and a quote.
std::string fish_quoted(const std::string& text) {
  return "'" + replaced(replaced(text, "\\", "\\\\"), "'", "\\'") + "'";
}

std::string at(const CommandEntry& command) {
  return "complete -c gaugeline -n " + fish_quoted("__gaugeline_at " + command.words);
}

std::string described(const std::string& description) { return " -d " + fish_quoted(first_part(description)) + "\n"; }

std::string value_of(const OptionEntry& option) {
  switch (option.takes) {
    case Takes::nothing:
      return "";
    case Takes::choice:
      return " -x -a " + fish_quoted(joined(option.choices, " "));
    case Takes::directory:
      return " -x -a '(__fish_complete_directories)'";
    case Takes::file:
      return " -r -F";
    case Takes::value:
      return " -x";
  }
  return "";
}

// Whether the words before the cursor name this command, and none below it.
void add_condition(std::ostream& script, const CommandEntry& program) {
  script << "function __gaugeline_at\n"
            "    set -l command\n"
            "    for word in (commandline -opc)[2..-1]\n"
            "        switch \"$command/$word\"\n";
  for (const CommandEntry* command : with_all_below(program)) {
    for (const CommandEntry& subcommand : command->subcommands) {
      script << "            case " << fish_quoted(command->words + "/" + subcommand.last_word()) << "\n"
             << "                set command " << fish_quoted(subcommand.words) << "\n";
    }
  }
  script << "        end\n"
            "    end\n"
            "    test \"$command\" = \"$argv\"\n"
            "end\n\n";
}

void add_command(std::ostream& script, const CommandEntry& command) {
  for (const CommandEntry& subcommand : command.subcommands) {
    script << at(command) << " -a " << subcommand.last_word() << described(subcommand.description);
  }
  for (const OptionEntry& argument : command.arguments) {
    if (argument.takes == Takes::file) script << at(command) << " -F\n";
  }
  for (const OptionEntry& option : command.options) {
    script << at(command) << (option.letter.empty() ? "" : " -s " + option.letter) << " -l " << option.name
           << value_of(option) << described(option.description);
  }
}

}  // namespace

std::string fish_completion(const CommandEntry& program) {
  std::ostringstream script;
  script << "# fish completion for gaugeline; written by gaugeline_reference\n\n";
  add_condition(script, program);
  script << "complete -c gaugeline -f\n";
  for (const CommandEntry* command : with_all_below(program)) add_command(script, *command);
  return script.str();
}

}  // namespace gaugeline::reference
