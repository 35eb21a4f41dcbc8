#include <sstream>

#include "pages.hpp"
#include "text.hpp"

namespace gaugeline::reference {
namespace {

std::string function_name(const CommandEntry& command) {
  return command.words.empty() ? "_gaugeline" : "_gaugeline_" + replaced(command.words, " ", "_");
}

// In a specification of _arguments, brackets and colons are its own.
std::string zsh_escaped(std::string text) {
  for (const auto& [character, name] : {std::pair{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}}) {
    text = replaced(std::move(text), character, name);
  }
  return text;
}

std::string action(const OptionEntry& option) {
  switch (option.takes) {
    case Takes::choice:
      return "(" + joined(option.choices, " ") + ")";
    case Takes::directory:
      return "_directories";
    case Takes::file:
      return "_files";
    case Takes::nothing:
    case Takes::value:
      break;
  }
  return " ";
}

// `--name=` may be followed by the value, or by a space and the value.
std::string specification(const OptionEntry& option) {
  const std::string description = "[" + zsh_escaped(first_part(option.description)) + "]";
  if (option.takes == Takes::nothing) return "--" + option.name + description;
  return "--" + option.name + "=" + description + ":" + zsh_escaped(option.placeholder) + ":" + action(option);
}

void add_function(std::ostream& script, const CommandEntry& command) {
  const bool is_above_others = !command.subcommands.empty();
  script << function_name(command) << "() {\n";
  if (is_above_others) script << "  local state line\n";
  script << "  _arguments" << (is_above_others ? " -C" : "");
  for (const OptionEntry& option : command.options) script << " \\\n    " << quoted(specification(option));
  for (const OptionEntry& argument : command.arguments) {
    script << " \\\n    "
           << quoted((argument.name.ends_with("...") ? "*:" : ":") + argument.name + ":" + action(argument));
  }
  if (is_above_others) {
    script << " \\\n    ': :->command' '*:: :->rest'\n"
              "  case $state in\n"
              "    command)\n"
              "      local -a commands=(\n";
    for (const CommandEntry& subcommand : command.subcommands) {
      script << "        " << quoted(subcommand.last_word() + ":" + zsh_escaped(first_part(subcommand.description)))
             << '\n';
    }
    script << "      )\n"
              "      _describe subcommand commands ;;\n"
              "    rest)\n"
              "      (( $+functions["
           << function_name(command) << "_$line[1]] )) && " << function_name(command)
           << "_$line[1] ;;\n"
              "  esac";
  }
  script << "\n}\n\n";
}

}  // namespace

std::string zsh_completion(const CommandEntry& program) {
  std::ostringstream script;
  script << "#compdef gaugeline\n# zsh completion for gaugeline; written by gaugeline_reference\n\n";
  for (const CommandEntry* command : with_all_below(program)) add_function(script, *command);
  script << "_gaugeline \"$@\"\n";
  return script.str();
}

}  // namespace gaugeline::reference
