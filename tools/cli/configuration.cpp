#include "configuration.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 1
#include <toml++/toml.h>

namespace gaugeline::cli {
namespace {

// The key of an option in a file; empty for what only makes sense as a flag or an argument.
std::string key_of(const CLI::Option& option) {
  if (option.get_lnames().empty()) return {};
  const std::string& name = option.get_lnames().front();
  return name == "help" || name == "version" || name == "config" || name == "print-config" ? std::string() : name;
}

std::string environment_variable(const std::string& key) {
  std::string name = "GAUGELINE_" + key;
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return c == '-' ? '_' : static_cast<char>(std::toupper(c)); });
  return name;
}

bool has_option(const CLI::App& app, std::string_view key) {
  const auto options = app.get_options();
  return std::ranges::any_of(options, [&](const CLI::Option* option) { return key_of(*option) == key; }) ||
         std::ranges::any_of(app.get_subcommands(nullptr), [&](const CLI::App* sub) { return has_option(*sub, key); });
}

const CLI::App* find_subcommand(const CLI::App& app, std::string_view name) {
  for (const CLI::App* sub : app.get_subcommands(nullptr)) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

std::string place(const toml::node& node, const std::string& file) {
  return file + ":" + std::to_string(node.source().begin.line);
}

Expected<> check_keys(const toml::table& table, const CLI::App& app, const std::string& file) {
  const std::string name = full_name(app);
  for (const auto& [key, node] : table) {
    if (const toml::table* inner = node.as_table()) {
      const CLI::App* sub = find_subcommand(app, key.str());
      if (sub == nullptr)
        return fail(ErrorCode::invalid_argument, place(node, file), ": unknown table '", key.str(), "'");
      if (auto checked = check_keys(*inner, *sub, file); !checked) return checked;
    } else if (!has_option(app, key.str())) {
      return fail(ErrorCode::invalid_argument, place(node, file), ": unknown key '", key.str(), "'",
                  name.empty() ? "" : " for ", name);
    }
  }
  return {};
}

std::vector<std::string> texts(const toml::node& node) {
  std::vector<std::string> values;
  if (const toml::array* array = node.as_array()) {
    for (const toml::node& element : *array) std::ranges::move(texts(element), std::back_inserter(values));
  } else if (const auto string = node.value_exact<std::string>()) {
    values.push_back(*string);
  } else if (const auto number = node.value_exact<double>()) {
    std::array<char, 40> digits{};  // toml++ writes more of them than it takes
    values.emplace_back(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), *number).ptr);
  } else {
    std::ostringstream text;
    node.visit([&](const auto& value) { text << value; });
    values.push_back(text.str());
  }
  return values;
}

Expected<> set(CLI::Option& option, const std::vector<std::string>& values, const std::string& origin) {
  try {
    for (const std::string& value : values) option.add_result(value);
    option.run_callback();
  } catch (const CLI::Error& error) {
    return fail(ErrorCode::invalid_argument, origin, ": ", std::string_view(error.what()));
  }
  return {};
}

// The file's tables that concern a command, the most specific first.
using Tables = std::vector<const toml::table*>;

Tables tables_for(const toml::table& root, const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* at = &app; at->get_parent() != nullptr; at = at->get_parent()) names.push_back(at->get_name());
  Tables tables{&root};
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    const toml::table* inner = tables.back()->get_as<toml::table>(*name);
    if (inner == nullptr) break;
    tables.push_back(inner);
  }
  std::ranges::reverse(tables);
  return tables;
}

Expected<> complete_option(Command& command, CLI::Option& option, const Tables& tables) {
  const std::string key = key_of(option);
  if (key.empty()) return {};
  if (option.count() != 0) {
    command.fix(option);
    return {};
  }
  const std::string variable = environment_variable(key);
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet
  if (const char* value = std::getenv(variable.c_str()); value != nullptr && *value != '\0') {
    command.fix(option);
    return set(option, {value}, "environment variable " + variable);
  }
  for (const toml::table* table : tables) {
    if (const toml::node* node = table->get(key))
      return set(option, texts(*node), place(*node, command.configuration_file()));
  }
  return {};
}

Expected<toml::table> read_file(const std::string& file) {
  auto parsed = toml::parse_file(file);
  if (parsed) return std::move(parsed).table();
  const auto& error = parsed.error();
  const auto line = error.source().begin.line;
  if (line == 0) return fail(ErrorCode::io_error, file, ": ", error.description());
  return fail(ErrorCode::invalid_argument, file, ":", line, ": ", error.description());
}

Expected<> check_required(const Command& command) {
  for (const CLI::Option* option : command.required()) {
    if (option->count() == 0) {
      return fail(ErrorCode::invalid_argument, option->get_positional() ? "no " : "", option->get_name(),
                  option->get_positional() ? " is given" : " is required");
    }
  }
  return {};
}

std::string quoted(const std::string& text) {
  std::ostringstream out;
  out << toml::value<std::string>(text);
  return out.str();
}

bool is_bare(const CLI::Option& option) {
  return option.get_items_expected_max() == 0 || option.get_type_name().starts_with("NUMBER");
}

std::string value_text(const CLI::Option& option, const std::vector<std::string>& values) {
  std::string text;
  for (const std::string& value : values) {
    if (!text.empty()) text += ", ";
    text += is_bare(option) ? value : quoted(value);
  }
  return option.get_items_expected_max() > 1 ? "[" + text + "]" : text;
}

std::string option_line(const Command& command, const CLI::Option& option) {
  const std::string key = key_of(option);
  if (option.count() != 0) return key + " = " + value_text(option, option.results()) + "\n";
  if (option.get_items_expected_max() == 0) return key + " = false\n";
  const auto value = command.default_value(option);
  if (!value) return "# " + key + ": " + option.get_default_str() + "\n";
  return value->empty() ? "# " + key + " is not set\n" : key + " = " + value_text(option, {*value}) + "\n";
}

}  // namespace

Expected<> complete_options(const CLI::App& root, Command& command) {
  toml::table configuration;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread runs yet
  if (const char* named = std::getenv("GAUGELINE_CONFIG"); command.configuration_file().empty() && named != nullptr)
    command.set_configuration_file(named);
  const std::string& file = command.configuration_file();
  if (!file.empty()) {
    auto read = read_file(file);
    if (!read) return std::unexpected(read.error());
    configuration = std::move(*read);
  }
  if (auto checked = check_keys(configuration, root, file); !checked) return checked;
  const Tables tables = tables_for(configuration, command.app());
  for (CLI::Option* option : command.app().get_options()) {
    if (auto completed = complete_option(command, *option, tables); !completed) return completed;
  }
  return command.prints_configuration() ? Expected<>{} : check_required(command);
}

Expected<std::optional<std::string>> value_in_file_now(const Command& command, const CLI::Option& option) {
  if (command.configuration_file().empty() || command.is_fixed(option)) return std::nullopt;
  const auto configuration = read_file(command.configuration_file());
  if (!configuration) return std::unexpected(configuration.error());
  for (const toml::table* table : tables_for(*configuration, command.app())) {
    const toml::node* node = table->get(key_of(option));
    if (node == nullptr) continue;
    const auto values = texts(*node);
    if (values.size() == 1) return values.front();
    return fail(ErrorCode::invalid_argument, place(*node, command.configuration_file()), ": is not one value");
  }
  return std::nullopt;
}

std::string configuration_text(const Command& command) {
  std::string table = full_name(command.app());
  std::ranges::replace(table, ' ', '.');
  std::string text = "[" + table + "]\n";
  for (const CLI::Option* option : command.app().get_options()) {
    if (!key_of(*option).empty()) text += option_line(command, *option);
  }
  return text;
}

}  // namespace gaugeline::cli
