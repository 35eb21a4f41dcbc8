// Does the frame last? Two thousand slices of a truth that stands still, and of one in which rows turn coherently: the
// angle and the stretch between the learnt frame and the true one, early and late, with an anchor and without
// (tests/support/lasting_frame.hpp says what is measured).
//
//   bench_frame_stability
//   bench_frame_stability --seeds 3 --anchor-memory 100 --radians .01
#include <CLI/CLI.hpp>
#include <cstdio>

#include <support/lasting_frame.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

struct Arguments {
  std::uint64_t seed = 11;
  std::uint64_t seeds = 1;
  double radians = .06;
  double share = .3;
  int slices = 2000;
  float anchor_memory = Options{}.anchor_memory;
};

void print_row(const char* model, const LongStream& stream, float anchor_memory, const FrameErrors& errors) {
  std::printf("%-9s %4.1f %5llu %7.0f", model, stream.drifting_share, static_cast<unsigned long long>(stream.seed),
              static_cast<double>(anchor_memory));
  const auto pair = [](double early, double late) { std::printf("  %7.4f %7.4f %5.2f", early, late, late / early); };
  pair(errors.early.angle, errors.late.angle);
  pair(errors.early.stretch, errors.late.stretch);
  pair(errors.early.stretch_since, errors.late.stretch_since);
  pair(errors.early.shift, errors.late.shift);
  std::printf("  %8.5f\n", errors.holonomy);
  std::fflush(stdout);
}

void compare(const Arguments& arguments) {
  std::printf("%-9s %4s %5s %7s  %-21s  %-21s  %-21s  %-21s  %8s\n", "model", "move", "seed", "anchor",
              "angle (radians)", "stretch", "stretch since 10", "shift", "holonomy");
  for (std::uint64_t seed = arguments.seed; seed < arguments.seed + arguments.seeds; ++seed) {
    for (const double share : {0., arguments.share}) {
      for (const float memory : {0.F, arguments.anchor_memory}) {
        const LongStream stream{
            .seed = seed, .drifting_share = share, .drift_radians = arguments.radians, .slices = arguments.slices};
        Options gaussian = Options::gaussian();
        Options skipgram = Options::skipgram();
        gaussian.anchor_memory = skipgram.anchor_memory = memory;
        print_row("gaussian", stream, memory, run_long_gaussian(stream, gaussian));
        print_row("skip-gram", stream, memory, run_long_skipgram(stream, skipgram));
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Measures how far the frame wanders in a long stream.");
  app.add_option("--seed", arguments.seed, "the first")->capture_default_str();
  app.add_option("--seeds", arguments.seeds, "how many")->capture_default_str();
  app.add_option("--radians", arguments.radians, "that the moving rows turn per slice")->capture_default_str();
  app.add_option("--share", arguments.share, "of rows that move")->capture_default_str();
  app.add_option("--slices", arguments.slices, "300 or more")->capture_default_str();
  app.add_option("--anchor-memory", arguments.anchor_memory, "time units; compared with 0")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  compare(arguments);
}
