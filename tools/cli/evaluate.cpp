// gaugeline evaluate: a data directory against what is known.
#include "evaluate.hpp"

namespace gaugeline::cli {

void add_evaluate(CLI::App& parent, Commands& commands) {
  CLI::App* evaluate = parent.add_subcommand(
      "evaluate", "Hold a data directory against what is known: text that it was not given, gold files");
  evaluate->footer("  gaugeline evaluate heldout --data run --held held.ndjson");
  evaluate->require_subcommand(1);
  add_evaluate_heldout(*evaluate, commands);
  add_evaluate_drift(*evaluate, commands);
  add_evaluate_analogies(*evaluate, commands);
}

}  // namespace gaugeline::cli
