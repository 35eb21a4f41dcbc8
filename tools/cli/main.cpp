// gaugeline: the command. Data goes to standard output, talk to standard error.
#include <exception>
#include <iostream>

#include "command.hpp"
#include "configuration.hpp"
#include "program.hpp"

namespace gaugeline::cli {
namespace {

void complain(const CLI::App& app, std::string_view message) {
  const std::string name = full_name(app);
  std::cerr << "gaugeline" << (name.empty() ? "" : " ") << name << ": " << message << '\n';
}

const CLI::App& innermost(const CLI::App& app) {
  const auto parsed = app.get_subcommands();
  return parsed.empty() ? app : innermost(*parsed.front());
}

int wrong_usage(const CLI::App& root, std::string_view message) {
  const CLI::App& app = innermost(root);
  complain(app, message);
  const std::string name = full_name(app);
  std::cerr << "Try: gaugeline " << name << (name.empty() ? "" : " ") << "--help\n";
  return static_cast<int>(ExitStatus::wrong_usage);
}

int run(const CLI::App& root, Command& command) {
  if (const auto completed = complete_options(root, command); !completed) {
    if (completed.error().code() == ErrorCode::invalid_argument) return wrong_usage(root, completed.error().message());
    complain(command.app(), completed.error().message());
    return static_cast<int>(exit_status(completed.error().code()));
  }
  if (command.prints_configuration()) {
    std::cout << configuration_text(command);
    return static_cast<int>(ExitStatus::done);
  }
  const auto status = command.run();
  if (!status) {
    complain(command.app(), status.error().message());
    return static_cast<int>(exit_status(status.error().code()));
  }
  if (!std::cout.flush()) {
    complain(command.app(), "standard output cannot be written");
    return static_cast<int>(ExitStatus::io_failed);
  }
  return static_cast<int>(*status);
}

int parse_and_run(int argc, char** argv) {
  Program program;
  CLI::App& root = program.root;
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return root.exit(error);  // help, or the version
    const auto unknown = innermost(root).remaining();
    const bool no_subcommand = error.get_name() == "RequiredError" && !unknown.empty();
    return wrong_usage(root, no_subcommand ? "unknown subcommand '" + unknown.front() + "'" : error.what());
  }
  for (const auto& command : program.commands) {
    if (command->app().parsed()) return run(root, *command);
  }
  return wrong_usage(root, "a subcommand is required");
}

}  // namespace
}  // namespace gaugeline::cli

int main(int argc, char** argv) {
  try {
    return gaugeline::cli::parse_and_run(argc, argv);
  } catch (const std::exception& error) {  // memory that cannot be had, a library that gives up
    std::cerr << "gaugeline: " << error.what() << '\n';
    return static_cast<int>(gaugeline::cli::ExitStatus::failed);
  }
}
