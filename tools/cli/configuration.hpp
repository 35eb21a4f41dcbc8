// Where options come from: a TOML file, then the environment, then flags; the later wins.
//
//   threads = 2            # a key at the top: for every subcommand that has the option
//   [train]                # a table per subcommand, [query.neighbors] for those of `query`
//   dim = 100              # the key is the flag without its dashes
//
// GAUGELINE_DIM=100 sets --dim of whatever subcommand is run. A key that no subcommand has is an error that names the
// file, the line and the key; a value that an option does not take names where it came from.
#pragma once

#include <optional>
#include <string>

#include "command.hpp"

namespace gaugeline::cli {

// Fills in every option of the command that its flags left unset, and checks that none is missing.
[[nodiscard]] Expected<> complete_options(const CLI::App& root, Command& command);

// What the file says now of an option, if it is up to the file and the file says anything: for a program that runs, and
// whose options stay as they are.
[[nodiscard]] Expected<std::optional<std::string>> value_in_file_now(const Command& command, const CLI::Option& option);

// The options in force, in the form that --config reads.
[[nodiscard]] std::string configuration_text(const Command& command);

}  // namespace gaugeline::cli
