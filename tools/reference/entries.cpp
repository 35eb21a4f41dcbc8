#include "entries.hpp"

#include <regex>
#include <sstream>

#include "cli/command.hpp"

namespace gaugeline::reference {
namespace {

std::vector<std::string> split_at_commas(const std::string& text) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');) parts.push_back(part);
  return parts;
}

// CLI11 tells what an option takes and how that is checked in one text: NAME:{text,json}, NUMBER:INT in [1 - 255].
void read_type(const std::string& type, OptionEntry& entry) {
  static const std::regex placeholder("^[A-Z]+(:PORT)?");
  static const std::regex choices("\\{(.*)\\}");
  static const std::regex range("\\[(.*) - (.*)\\]");
  std::smatch found;
  if (std::regex_search(type, found, placeholder)) entry.placeholder = found.str();
  if (std::regex_search(type, found, choices)) entry.choices = split_at_commas(found.str(1));
  if (std::regex_search(type, found, range)) entry.range = found.str(1) + " to " + found.str(2);
}

Takes what_it_takes(const CLI::Option& option, const OptionEntry& entry) {
  if (option.get_items_expected_max() == 0) return Takes::nothing;
  if (!entry.choices.empty()) return Takes::choice;
  if (entry.placeholder == "FILE") return Takes::file;
  return entry.placeholder == "DIR" ? Takes::directory : Takes::value;
}

OptionEntry option_entry(const CLI::Option& option) {
  OptionEntry entry;
  entry.name = option.get_lnames().front();
  if (!option.get_snames().empty()) entry.letter = option.get_snames().front();
  entry.group = option.get_group();
  read_type(option.get_type_name(), entry);
  entry.takes = what_it_takes(option, entry);
  entry.default_value = option.get_default_str();
  entry.description = option.get_description();
  return entry;
}

// An argument has no type of its own: its name says what it is.
OptionEntry argument_entry(const CLI::Option& option) {
  OptionEntry entry;
  entry.name = option.get_name(true) + (option.get_items_expected_max() > 1 ? "..." : "");
  entry.takes = entry.name.starts_with("FILE") || entry.name.starts_with("PATH") ? Takes::file : Takes::value;
  entry.description = option.get_description();
  return entry;
}

}  // namespace

CommandEntry entry_of(const CLI::App& app) {
  CommandEntry entry;
  entry.words = cli::full_name(app);
  entry.description = app.get_description();
  entry.example = app.get_footer();
  for (const std::string& group : app.get_groups()) {
    for (const CLI::Option* option : app.get_options([&](const auto* each) { return each->get_group() == group; })) {
      if (option->get_positional()) {
        entry.arguments.push_back(argument_entry(*option));
      } else {
        entry.options.push_back(option_entry(*option));
      }
    }
  }
  for (const CLI::App* subcommand : app.get_subcommands(nullptr)) entry.subcommands.push_back(entry_of(*subcommand));
  return entry;
}

std::vector<const CommandEntry*> with_all_below(const CommandEntry& entry) {
  std::vector<const CommandEntry*> all{&entry};
  for (const CommandEntry& subcommand : entry.subcommands) {
    const auto below = with_all_below(subcommand);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

}  // namespace gaugeline::reference
