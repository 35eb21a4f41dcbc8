// What a slice costs, in instructions: whether it grows with the number of slices before it, and how it grows with
// observations and with rows. Streams are stationary (stationary_streams.hpp), the learner has its defaults.
#include <CLI/CLI.hpp>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>

#include <gaugeline/online_learner.hpp>

#include "instruction_counter.hpp"
#include "stationary_streams.hpp"

using namespace gaugeline;
using namespace gaugeline::bench;

namespace {

struct Arguments {
  std::uint32_t slices = 1000;
  std::uint32_t dimension = 64;
  std::uint32_t rows = 100;
  std::uint32_t observations = 1000;
};

enum class Model { text, values };
constexpr std::array models{Model::text, Model::values};
const char* name(Model model) { return model == Model::text ? "words in sequences" : "values"; }

// Instructions of every slice.
template <class Stream>
std::vector<double> costs(Stream stream, const Options& options, std::uint32_t slices, InstructionCounter& counter) {
  auto learner = OnlineLearner<float>::create(options).value();
  std::vector<double> counts;
  for (std::uint32_t t = 0; t < slices; ++t) {
    const SliceView slice = stream.next();
    counter.start();
    learn(learner, slice);
    counts.push_back(static_cast<double>(counter.stop()));
  }
  return counts;
}

std::vector<double> costs(Model model, const Arguments& a, InstructionCounter& counter) {
  Options options = model == Model::text ? Options::skipgram() : Options::gaussian();
  options.dimension = a.dimension;
  if (model == Model::values)
    return costs(ValueStream(a.rows, a.observations), with_room(options, a.rows, a.observations), a.slices, counter);
  const Options roomy = with_room(options, a.rows, TextStream::pairs(a.observations));
  return costs(TextStream(a.rows, a.observations), roomy, a.slices, counter);
}

double mean(const std::vector<double>& counts, std::size_t begin, std::size_t end) {
  double sum = 0;
  for (std::size_t i = begin; i < end; ++i) sum += counts[i];
  return sum / static_cast<double>(end - begin);
}

void print_over_time(const Arguments& arguments, InstructionCounter& counter) {
  std::printf("\nOver time: %u rows a side, %u observations a slice, dimension %u\n", arguments.rows,
              arguments.observations, arguments.dimension);
  std::printf("%-20s %15s %15s %8s\n", "instructions", "slices 1-100", "the last 100", "ratio");
  for (const Model model : models) {
    const auto counts = costs(model, arguments, counter);
    const double first = mean(counts, 1, 101);
    const double last = mean(counts, counts.size() - 100, counts.size());
    std::printf("%-20s %15.0f %15.0f %8.4f\n", name(model), first, last, last / first);
    std::fflush(stdout);
  }
}

// One line a model: the mean of slices 30 to 39, by when the anchors hold the frame, at 1, 2, 4 and 8 times what `grow`
// multiplies, and between one size and the next what each more costs, and the exponent p of cost ~ size^p. Where the
// first stays the cost is linear; 1 would be in proportion.
void print_growth(const char* what, Arguments arguments, std::uint32_t Arguments::* grown,
                  InstructionCounter& counter) {
  constexpr std::uint32_t warm = 30;
  arguments.slices = warm + 10;
  std::printf("\nOver %s: %u, and 2, 4 and 8 times as many\n", what, arguments.*grown);
  std::printf("%-20s %15s %15s %15s %15s   %s\n", "instructions", "1", "2", "4", "8", "each more; exponents");
  const std::uint32_t once = arguments.*grown;
  for (const Model model : models) {
    std::printf("%-20s", name(model));
    std::array<double, 4> cost{};
    for (std::size_t doubled = 0; doubled < cost.size(); ++doubled) {
      arguments.*grown = once << doubled;
      cost[doubled] = mean(costs(model, arguments, counter), warm, arguments.slices);
      std::printf(" %15.0f", cost[doubled]);
      std::fflush(stdout);
    }
    std::printf("  ");
    for (std::size_t doubled = 1; doubled < cost.size(); ++doubled)
      std::printf(" %.0f", (cost[doubled] - cost[doubled - 1]) / (once << (doubled - 1)));
    std::printf(";");
    for (std::size_t doubled = 1; doubled < cost.size(); ++doubled)
      std::printf(" %.2f", std::log2(cost[doubled] / cost[doubled - 1]));
    std::printf("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app(
      "Example:\n  bench_slice_cost\n  bench_slice_cost --slices 300 --dim 16\n\nInstructions that a slice costs, over "
      "time, observations and rows.");
  app.add_option("--slices", arguments.slices, "how many; 201 or more")
      ->check(CLI::Range(201, 1000000))
      ->capture_default_str();
  app.add_option("--dim", arguments.dimension, "length of a vector")->capture_default_str();
  app.add_option("--rows", arguments.rows, "per side")->capture_default_str();
  app.add_option("--observations", arguments.observations, "words, or values, a slice")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  InstructionCounter counter(argv);
  std::printf("User-space instructions of a slice, counted by %s\n", counter.name());
  print_over_time(arguments, counter);
  Arguments large = arguments;
  large.observations = 8 * arguments.rows;
  print_growth("observations", arguments, &Arguments::observations, counter);
  print_growth("rows", large, &Arguments::rows, counter);
}
