#include "program.hpp"

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

}  // namespace

Program::Program() : root(program_description, "gaugeline") {
  root.footer(program_example);
  root.formatter(example_first_formatter());
  root.set_version_flag("--version", "gaugeline " GAUGELINE_VERSION);
  root.require_subcommand(1);
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
}

}  // namespace gaugeline::cli
