// The protocols of `evaluate`. Each is a subcommand, in a file of its own.
#pragma once

#include "query.hpp"

namespace gaugeline::cli {

void add_evaluate_heldout(CLI::App& evaluate, Commands& commands);
void add_evaluate_drift(CLI::App& evaluate, Commands& commands);
void add_evaluate_analogies(CLI::App& evaluate, Commands& commands);

}  // namespace gaugeline::cli
