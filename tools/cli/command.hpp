// What every subcommand is made of: its flags, what it must be given, and what it does.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <gaugeline/error.hpp>

namespace gaugeline::cli {

// The command's promise to scripts; 65 and 74 are those of sysexits.h.
enum class ExitStatus : int { done = 0, failed = 1, wrong_usage = 2, bad_data = 65, io_failed = 74 };

[[nodiscard]] ExitStatus exit_status(ErrorCode code) noexcept;

class Command {
 public:
  // `example` is shown first by --help.
  Command(CLI::App& parent, const std::string& name, const std::string& example, const std::string& description);
  virtual ~Command() = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  // Called once flags, environment and configuration file are merged. Errors are shown by the caller.
  [[nodiscard]] virtual Expected<ExitStatus> run() = 0;

  // What is in force for an option that nobody gave; nullopt: it depends on what is read later.
  [[nodiscard]] virtual std::optional<std::string> default_value(const CLI::Option& option) const;

  [[nodiscard]] CLI::App& app() noexcept { return *app_; }
  [[nodiscard]] const CLI::App& app() const noexcept { return *app_; }
  [[nodiscard]] const std::vector<const CLI::Option*>& required() const noexcept { return required_; }
  [[nodiscard]] const std::string& configuration_file() const noexcept { return configuration_file_; }
  [[nodiscard]] bool prints_configuration() const noexcept { return prints_configuration_; }

  // What flags and environment have set is not up to the file, also not when it is read again.
  void fix(const CLI::Option& option) { fixed_.insert(&option); }
  [[nodiscard]] bool is_fixed(const CLI::Option& option) const { return fixed_.contains(&option); }
  void set_configuration_file(std::string file) { configuration_file_ = std::move(file); }

 protected:
  // The option must be given by a flag, the environment or the configuration file.
  CLI::Option* require(CLI::Option* option);
  void add_json_flag();
  [[nodiscard]] bool json() const noexcept { return json_; }

 private:
  CLI::App* app_;
  std::vector<const CLI::Option*> required_;
  std::set<const CLI::Option*> fixed_;
  std::string configuration_file_;
  bool prints_configuration_ = false;
  bool json_ = false;
};

// "train", "query neighbors": as typed after the program's name.
[[nodiscard]] std::string full_name(const CLI::App& app);

// --help with the example before everything else.
[[nodiscard]] std::shared_ptr<CLI::FormatterBase> example_first_formatter();

// One per file of this folder.
using Commands = std::vector<std::unique_ptr<Command>>;
void add_serve(CLI::App& parent, Commands& commands);
void add_send(CLI::App& parent, Commands& commands);
void add_slice(CLI::App& parent, Commands& commands);
void add_train(CLI::App& parent, Commands& commands);
void add_query(CLI::App& parent, Commands& commands);
void add_evaluate(CLI::App& parent, Commands& commands);
void add_snapshot(CLI::App& parent, Commands& commands);
void add_align(CLI::App& parent, Commands& commands);
void add_forget(CLI::App& parent, Commands& commands);
void add_simulate(CLI::App& parent, Commands& commands);
void add_spectrum(CLI::App& parent, Commands& commands);
void add_bench(CLI::App& parent, Commands& commands);

}  // namespace gaugeline::cli
