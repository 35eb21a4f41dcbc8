#include <algorithm>
#include <cctype>
#include <sstream>

#include "pages.hpp"
#include "text.hpp"

namespace gaugeline::reference {
namespace {

// Characters that troff would read as its own, or print as others that cannot be copied into a shell.
std::string roff(std::string text) {
  text = replaced(std::move(text), "\\", "\\e");
  for (const auto& [character, name] :
       {std::pair{"-", "\\-"}, {"'", "\\(aq"}, {"`", "\\(ga"}, {"^", "\\(ha"}, {"~", "\\(ti"}}) {
    text = replaced(std::move(text), character, name);
  }
  return text.starts_with('.') ? "\\&" + text : text;
}

std::string bold(const std::string& text) { return "\\fB" + roff(text) + "\\fR"; }
std::string italic(const std::string& text) { return "\\fI" + roff(text) + "\\fR"; }

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string typed(const CommandEntry& entry) { return entry.words.empty() ? "gaugeline" : "gaugeline " + entry.words; }

void add_name(std::ostream& page, const CommandEntry& entry) {
  page << ".SH NAME\n" << roff(page_name(entry)) << " \\- " << roff(entry.summary()) << '\n';
}

void add_synopsis(std::ostream& page, const CommandEntry& entry) {
  page << ".SH SYNOPSIS\n" << bold(typed(entry)) << " [" << italic("OPTION") << "]...";
  if (!entry.subcommands.empty()) page << ' ' << italic("SUBCOMMAND");
  for (const OptionEntry& argument : entry.arguments) page << " [" << italic(argument.name) << ']';
  page << '\n';
}

void add_description(std::ostream& page, const CommandEntry& entry) {
  page << ".SH DESCRIPTION\n" << replaced(roff(entry.description), "\n", "\n.PP\n") << '\n';
  for (const OptionEntry& argument : entry.arguments) {
    page << ".TP\n" << italic(argument.name) << '\n' << roff(argument.description) << '\n';
  }
}

void add_example(std::ostream& page, const CommandEntry& entry) {
  page << ".SH EXAMPLE\n.EX\n" << roff(entry.example) << "\n.EE\n";
}

void add_subcommands(std::ostream& page, const CommandEntry& entry) {
  if (entry.subcommands.empty()) return;
  page << ".SH SUBCOMMANDS\n";
  for (const CommandEntry& subcommand : entry.subcommands) {
    page << ".TP\n" << bold(subcommand.last_word()) << '\n' << roff(subcommand.summary()) << '\n';
  }
}

void add_option(std::ostream& page, const OptionEntry& option) {
  page << ".TP\n";
  if (!option.letter.empty()) page << bold("-" + option.letter) << ", ";
  page << bold("--" + option.name);
  if (option.takes != Takes::nothing) page << ' ' << italic(option.placeholder);
  page << '\n' << roff(option.description) << ".\n";
  if (!option.choices.empty()) page << "One of: " << roff(joined(option.choices, ", ")) << ".\n";
  if (!option.range.empty()) page << "From " << roff(option.range) << ".\n";
  if (!option.default_value.empty()) page << "Default: " << roff(option.default_value) << ".\n";
}

void add_options(std::ostream& page, const CommandEntry& entry) {
  page << ".SH OPTIONS\n";
  std::string group = "Options";
  for (const OptionEntry& option : entry.options) {
    if (option.group != group) page << ".SS " << roff(option.group) << '\n';
    group = option.group;
    add_option(page, option);
  }
}

void add_see_also(std::ostream& page, const CommandEntry& entry, const CommandEntry& program) {
  std::vector<std::string> names;
  for (const CommandEntry* other : with_all_below(program)) {
    const bool is_above = other != &entry && (other->words.empty() || entry.words.starts_with(other->words + ' '));
    const bool is_below = std::ranges::any_of(entry.subcommands, [&](const auto& below) { return &below == other; });
    if (is_above || is_below) names.push_back(bold(page_name(*other)) + "(1)");
  }
  page << ".SH SEE ALSO\n" << joined(names, ",\n") << '\n';
}

}  // namespace

std::string page_name(const CommandEntry& entry) { return replaced(typed(entry), " ", "-"); }

// Without a date, so that the same sources give the same page.
std::string man_page(const CommandEntry& entry, const CommandEntry& program) {
  std::ostringstream page;
  page << ".\\\" Written by gaugeline_reference; see tools/reference.\n"
       << ".TH " << roff(upper(page_name(entry))) << " 1 \"\" \"gaugeline " GAUGELINE_VERSION "\" \"User Commands\"\n";
  add_name(page, entry);
  add_synopsis(page, entry);
  add_description(page, entry);
  add_example(page, entry);
  add_subcommands(page, entry);
  add_options(page, entry);
  add_see_also(page, entry, program);
  return page.str();
}

}  // namespace gaugeline::reference
