// gaugeline: the command. Data goes to standard output, talk to standard error.
#include <exception>
#include <iostream>

#include "command.hpp"
#include "configuration.hpp"

namespace gaugeline::cli {
namespace {

constexpr const char* program_example =
    "  gaugeline slice speeches.ndjson --every decade --out speeches.slices\n"
    "  gaugeline train speeches.slices --out run\n"
    "  gaugeline query neighbors --data run --token war";

constexpr const char* program_description =
    "Keeps temporal embeddings up to date while data streams in, in a frame that holds still.\n"
    "Options come from a TOML file (--config), then the environment (GAUGELINE_DIM for --dim), then flags.\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage, 65 bad data, 74 input/output error.";

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
  CLI::App root(program_description, "gaugeline");
  root.footer(program_example);
  root.formatter(example_first_formatter());
  root.set_version_flag("--version", "gaugeline " GAUGELINE_VERSION);
  root.require_subcommand(1);
  Commands commands;
  add_slice(root, commands);
  add_train(root, commands);
  add_serve(root, commands);
  add_send(root, commands);
  add_query(root, commands);
  add_evaluate(root, commands);
  add_snapshot(root, commands);
  add_align(root, commands);
  add_forget(root, commands);
  add_simulate(root, commands);
  add_spectrum(root, commands);
  add_bench(root, commands);
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return root.exit(error);  // help, or the version
    const auto unknown = innermost(root).remaining();
    const bool no_subcommand = error.get_name() == "RequiredError" && !unknown.empty();
    return wrong_usage(root, no_subcommand ? "unknown subcommand '" + unknown.front() + "'" : error.what());
  }
  for (const auto& command : commands) {
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
