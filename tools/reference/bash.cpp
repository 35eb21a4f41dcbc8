#include <sstream>

#include "pages.hpp"
#include "text.hpp"

namespace gaugeline::reference {
namespace {

// Bash takes `=` for a word of its own, so --dim=3 is three words.
constexpr const char* beginning = R"(# bash completion for gaugeline; written by gaugeline_reference

_gaugeline() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' word words=''
  COMPREPLY=()
  if [[ $current == '=' ]]; then
    current=''
  elif [[ $previous == '=' ]]; then
    previous=${COMP_WORDS[COMP_CWORD-2]}
  fi
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$command/$word" in
)";

constexpr const char* after_commands = R"(    esac
  done
  case "$command $previous" in
)";

constexpr const char* after_values = R"(    *)
      case "$command" in
)";

constexpr const char* ending = R"(      esac ;;
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -o default -F _gaugeline gaugeline
)";

// What follows an option. Without a word of ours, bash completes names of files.
void add_value(std::ostream& script, const CommandEntry& command, const OptionEntry& option) {
  const std::string pattern = "    " + quoted(command.words + " --" + option.name) + ") ";
  switch (option.takes) {
    case Takes::nothing:
      break;
    case Takes::choice:
      script << pattern << "words=" << quoted(joined(option.choices, " ")) << " ;;\n";
      break;
    case Takes::directory:
      script << pattern << "mapfile -t COMPREPLY < <(compgen -d -- \"$current\"); compopt -o filenames; return ;;\n";
      break;
    case Takes::file:
      script << pattern << "return ;;\n";
      break;
    case Takes::value:
      script << pattern << "compopt +o default; return ;;\n";
      break;
  }
}

std::string words_after(const CommandEntry& command) {
  std::vector<std::string> words;
  words.reserve(command.subcommands.size() + command.options.size());
  for (const CommandEntry& subcommand : command.subcommands) words.push_back(subcommand.last_word());
  for (const OptionEntry& option : command.options) words.push_back("--" + option.name);
  return joined(words, " ");
}

}  // namespace

std::string bash_completion(const CommandEntry& program) {
  const auto commands = with_all_below(program);
  std::ostringstream script;
  script << beginning;
  for (const CommandEntry* command : commands) {
    for (const CommandEntry& subcommand : command->subcommands) {
      script << "      " << quoted(command->words + "/" + subcommand.last_word())
             << ") command=" << quoted(subcommand.words) << " ;;\n";
    }
  }
  script << after_commands;
  for (const CommandEntry* command : commands) {
    for (const OptionEntry& option : command->options) add_value(script, *command, option);
  }
  script << after_values;
  for (const CommandEntry* command : commands) {
    script << "        " << quoted(command->words) << ") words=" << quoted(words_after(*command)) << " ;;\n";
  }
  script << ending;
  return script.str();
}

}  // namespace gaugeline::reference
