// What a learner takes of the machine's memory beside what memory_bytes(options) announces: two learners, filled to
// their capacities by every slice of a stationary stream, and the growth of the process's peak since before they were
// made. Pages that are never written do not count, those of the eighth of the rows that is reserved for eviction and
// of a pass's second part above all, which these slices are too small for, so that the ratio may be below 1; above 1
// something is allocated that was not announced, and if it rises with the slices, something is kept of each.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <string>

#include <gaugeline/online_learner.hpp>

#include "stationary_streams.hpp"

using namespace gaugeline;
using namespace gaugeline::bench;

namespace {

struct Arguments {
  std::uint32_t slices = 1000;
  std::uint32_t dimension = 64;
  std::uint32_t rows = 1000;
  std::uint32_t observations = 5000;
};

// A line of /proc/self/status, in bytes.
double status_bytes(const std::string& field) {
  std::ifstream status("/proc/self/status");
  double kibibytes = 0;
  for (std::string word; status >> word;) {
    if (word == field + ":" && status >> kibibytes) return kibibytes * 1024;
  }
  std::fprintf(stderr, "/proc/self/status has no %s: this needs Linux\n", field.c_str());
  std::exit(1);
}

// Sets VmHWM, the peak, to what is resident now (man 5 proc).
void forget_peak() {
  std::ofstream refs("/proc/self/clear_refs");
  if (refs << '5' << std::flush) return;
  std::fputs("/proc/self/clear_refs cannot be written\n", stderr);
  std::exit(1);
}

// `make` makes a stream of so many rows and observations, and `options` a learner that has room for just these.
template <class Make, class Learner>
void print_growth(const char* name, const Arguments& arguments, Make make, Learner options) {
  constexpr double mebibyte = 1 << 20;
  {  // the program's own pages are resident from here on
    auto stream = make(20, 100);
    auto learner = OnlineLearner<float>::create(options(20, 100)).value();
    for (int t = 0; t < 3; ++t) learn(learner, stream.next());
  }
  auto stream = make(arguments.rows, arguments.observations);
  (void)stream.next();  // takes the stream's memory
  forget_peak();
  const double before = status_bytes("VmHWM");
  const Options full = options(arguments.rows, arguments.observations);
  const auto announced = static_cast<double>(memory_bytes<float>(full));
  auto learner = OnlineLearner<float>::create(full).value();
  std::printf("%-20s %12.2f", name, announced / mebibyte);
  const std::array shown{1U, arguments.slices / 10, arguments.slices};
  for (std::uint32_t t = 1; t <= arguments.slices; ++t) {
    learn(learner, stream.next());
    if (std::ranges::find(shown, t) == shown.end()) continue;
    const double grown = status_bytes("VmHWM") - before;
    std::printf(" %12.2f %6.3f", grown / mebibyte, grown / announced);
    std::fflush(stdout);
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  Arguments a;
  CLI::App app(
      "Example:\n  bench_memory\n  bench_memory --slices 10000 --rows 500\n\nA learner's peak memory beside what it "
      "announces.");
  app.add_option("--slices", a.slices, "how many")->check(CLI::Range(10, 1000000))->capture_default_str();
  app.add_option("--dim", a.dimension, "length of a vector")->capture_default_str();
  app.add_option("--rows", a.rows, "per side")->capture_default_str();
  app.add_option("--observations", a.observations, "words, or values, a slice")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::printf("%u rows a side, %u observations a slice, dimension %u; MiB, and times what is announced\n", a.rows,
              a.observations, a.dimension);
  std::printf("%-20s %12s %12s %6s %12s %6s %12s %6s\n", "", "announced", "after 1", "", "after a tenth", "",
              "after all", "");
  const auto options = [&](Options base, std::uint32_t rows, std::uint32_t observations) {
    base.dimension = a.dimension;
    return with_room(base, rows, observations);
  };
  print_growth(
      "words in sequences", a, [](auto rows, auto words) { return TextStream(rows, words); },
      [&](auto rows, auto words) { return options(Options::skipgram(), rows, TextStream::pairs(words)); });
  print_growth(
      "values", a, [](auto rows, auto values) { return ValueStream(rows, values); },
      [&](auto rows, auto values) { return options(Options::gaussian(), rows, values); });
}
