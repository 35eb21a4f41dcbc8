// bench_gauge_step: CPU seconds of the gauge step and its parts, one thread, for the tables that tools/bench/gauge_step
// writes: FILE holds a table and its reference, each ROWS x DIMENSION numbers of float, row by row.
//
//   bench_gauge_step FILE ROWS DIMENSION REPEATS ROTATION
//
// Prints the medians of the sum of products, the rotation that it gives, turning the table, and all three; the rotation
// goes to the file ROTATION, DIMENSION x DIMENSION numbers of double, row by row.
#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

#include <gaugeline/executor.hpp>
#include <gaugeline/gauge.hpp>
#include <model.hpp>
#include <row_sums.hpp>

using namespace gaugeline;

namespace {

struct Step {
  explicit Step(const Options& options) : model(options), executor() {
    Arena measure;
    reserve(measure, options);
    const std::size_t lines = measure.used() / sizeof(Line) + 1;
    memory = std::make_unique<Line[]>(lines);
    Arena arena(memory.get()->bytes.data());
    reserve(arena, options);
  }

  void reserve(Arena& arena, const Options& options) {
    const std::size_t d = options.dimension;
    model.reserve(arena);
    sums.reserve(arena, options);
    overlap = arena.take<double>(d * d);
    work = arena.take<double>(gauge_work_doubles(d));
  }

  // As Filter::fix_gauge: the sum is read column by column, and the rotation with it.
  void add_up() {
    const Eigen::Index d = model.dimension();
    MatrixView<double> sum(overlap.data(), d, d);
    sum.setZero();
    const SideRows<float>& side = model.items;
    const auto rows = static_cast<Eigen::Index>(side.size());
    sums.add(sum, ConstMatrixView<float>(side.embeddings.data(), rows, d), side.predicted.first(side.size()),
             ConstMatrixView<float>(side.reference.data(), rows, d), executor);
  }
  void rotate() {
    using Columns = Eigen::Map<Eigen::MatrixXd>;
    const Eigen::Index d = model.dimension();
    gauge_rotation(Columns(overlap.data(), d, d), Columns(model.rotation().data(), d, d), work);
  }
  void turn() { model.turn(executor); }

  struct alignas(arena_alignment) Line {
    std::array<std::byte, arena_alignment> bytes;
  };
  std::unique_ptr<Line[]> memory;
  Model<float> model;
  RowSums<float> sums;
  SerialExecutor executor;
  std::span<double> overlap, work;
};

// `rows` tokens have a row each; the other side has none.
void admit(Model<float>& model, std::size_t rows) {
  std::string bytes;
  std::vector<std::uint32_t> ends;
  for (std::size_t row = 0; row < rows; ++row) {
    bytes += std::to_string(row);
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  if (const auto ok = model.admit(TokenList(bytes, ends), {}); !ok) {
    std::fprintf(stderr, "bench_gauge_step: %s\n", std::string(ok.error().message()).c_str());
    std::exit(1);
  }
}

double cpu_seconds_of(const auto& action) {
  const std::clock_t begin = std::clock();
  action();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
std::unique_ptr<std::FILE, CloseFile> open_file(const char* path, const char* mode) {
  std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path, mode));
  if (file == nullptr) {
    std::perror(path);
    std::exit(1);
  }
  return file;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 6) return std::fputs("bench_gauge_step FILE ROWS DIMENSION REPEATS ROTATION\n", stderr), 2;
  const std::size_t rows = std::stoul(arguments[2]);
  const std::size_t dimension = std::stoul(arguments[3]);
  Options options;
  options.dimension = static_cast<std::uint32_t>(dimension);
  options.item_capacity = static_cast<std::uint32_t>(rows);
  options.context_capacity = 1;
  Step step(options);
  admit(step.model, rows);

  std::vector<float> table(rows * dimension);
  const auto file = open_file(arguments[1], "rb");
  const std::span<float> reference = step.model.items.reference;
  if (std::fread(table.data(), sizeof(float), table.size(), file.get()) != table.size() ||
      std::fread(reference.data(), sizeof(float), table.size(), file.get()) != table.size())
    return std::fprintf(stderr, "%s: too short\n", arguments[1]), 1;
  std::ranges::fill(step.model.items.predicted, 1.F);

  std::array<std::vector<double>, 4> seconds;
  for (std::size_t repeat = 0; repeat < std::stoul(arguments[4]); ++repeat) {
    std::ranges::copy(table, step.model.items.embeddings.begin());
    seconds[0].push_back(cpu_seconds_of([&] { step.add_up(); }));
    seconds[1].push_back(cpu_seconds_of([&] { step.rotate(); }));
    seconds[2].push_back(cpu_seconds_of([&] { step.turn(); }));
    seconds[3].push_back(seconds[0].back() + seconds[1].back() + seconds[2].back());
  }
  std::printf("%.6f %.6f %.6f %.6f\n", median(seconds[0]), median(seconds[1]), median(seconds[2]), median(seconds[3]));

  const auto to = open_file(arguments[5], "wb");
  std::fwrite(step.model.rotation().data(), sizeof(double), dimension * dimension, to.get());
  return 0;
}
