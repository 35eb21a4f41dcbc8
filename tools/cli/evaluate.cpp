// gaugeline evaluate: a data directory against what is known.
#include "evaluate.hpp"

namespace gaugeline::cli {

void add_evaluate(CLI::App& parent, Commands& commands) {
  CLI::App* evaluate = parent.add_subcommand("evaluate", "Hold a data directory against answers that are known");
  evaluate->footer("  gaugeline evaluate analogies --data run --gold analogies.tsv");
  evaluate->require_subcommand(1);
  add_evaluate_analogies(*evaluate, commands);
}

}  // namespace gaugeline::cli
