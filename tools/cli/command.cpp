#include "command.hpp"

namespace gaugeline::cli {

ExitStatus exit_status(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::invalid_argument:
      return ExitStatus::wrong_usage;
    case ErrorCode::capacity_exceeded:
    case ErrorCode::bad_data:
    case ErrorCode::unsupported_version:
    case ErrorCode::checksum_mismatch:
    case ErrorCode::out_of_order:
      return ExitStatus::bad_data;
    case ErrorCode::io_error:
    case ErrorCode::no_space:
      return ExitStatus::io_failed;
    case ErrorCode::out_of_memory:
    case ErrorCode::not_found:
    case ErrorCode::protocol_violation:
    case ErrorCode::permission_denied:
      break;
  }
  return ExitStatus::failed;
}

Command::Command(CLI::App& parent, const std::string& name, const std::string& example, const std::string& description)
    : app_(parent.add_subcommand(name, description)) {
  app_->footer(example);
  app_->add_option("--config", configuration_file_, "Read options from this TOML file")->type_name("FILE");
  app_->add_flag("--print-config", prints_configuration_, "Print the options in force as TOML, and stop");
}

std::optional<std::string> Command::default_value(const CLI::Option& option) const { return option.get_default_str(); }

CLI::Option* Command::require(CLI::Option* option) {
  required_.push_back(option);
  return option;
}

void Command::add_json_flag() { app_->add_flag("--json", json_, "Print JSON"); }

std::string full_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  if (parent == nullptr) return {};
  const std::string before = full_name(*parent);
  return before.empty() ? app.get_name() : before + ' ' + app.get_name();
}

namespace {

// The example is kept where CLI11 keeps a footer, which would come last.
class ExampleFirstFormatter final : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    return "Example:\n" + app->get_footer() + "\n\n" + Formatter::make_help(app, std::move(name), mode);
  }
  std::string make_footer(const CLI::App* /*app*/) const override { return {}; }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> example_first_formatter() {
  auto formatter = std::make_shared<ExampleFirstFormatter>();
  formatter->column_width(34);
  return formatter;
}

}  // namespace gaugeline::cli
