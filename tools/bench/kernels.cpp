// bench_kernels: the kernels of lib/src/kernels.hpp in every version that the processor has, beside Eigen's as this
// build compiles it, on the shapes that a learner of 100 dimensions gives them. GFLOP/s counts 2 operations per product
// of two numbers; the rows of a table that is larger than the caches are read at random, and MB/s counts their bytes.
//
//   bench_kernels --benchmark_filter=add_product
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/random.hpp>
#include <kernels.hpp>

namespace {

using namespace gaugeline;
using kernels::Units;

constexpr std::size_t dimension = 100;
using Table = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Table random_table(std::size_t rows, std::size_t columns) {
  Random random(rows + columns);
  Table table(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(columns));
  for (Eigen::Index i = 0; i < table.size(); ++i) table.data()[i] = static_cast<float>(random.normal());
  return table;
}

kernels::Block<float> block(Table& table) {
  return {table.data(), static_cast<std::size_t>(table.rows()), static_cast<std::size_t>(table.cols()),
          static_cast<std::size_t>(table.cols()), 1};
}

constexpr std::int64_t eigen = 3;  // after the values of Units

// Names the version, and says whether the processor lacks it.
bool missing(benchmark::State& state) {
  constexpr std::array names{"plain", "v3", "v4", "Eigen"};
  state.SetLabel(names[static_cast<std::size_t>(state.range(0))]);
  if (state.range(0) == eigen || static_cast<Units>(state.range(0)) <= kernels::widest_units()) return false;
  state.SkipWithError("not on this processor");
  return true;
}

void count_operations(benchmark::State& state, double per_iteration) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(per_iteration * 1e-9 * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

// Scores of rows with a block of 16 centres, which stand beside one another as columns.
void product(benchmark::State& state) {
  if (missing(state)) return;
  Table a = random_table(static_cast<std::size_t>(state.range(1)), dimension);
  Table b = random_table(dimension, 16);
  Table c = Table::Zero(a.rows(), b.cols());
  for (auto _ : state) {
    if (state.range(0) == eigen) {
      c.noalias() = a * b;
    } else {
      kernels::product<float>(block(c), block(a), block(b), static_cast<Units>(state.range(0)));
    }
    benchmark::DoNotOptimize(c.data());
    benchmark::ClobberMemory();
  }
  count_operations(state, 2. * static_cast<double>(c.size() * a.cols()));
}

// Gradients of the same, as rows of 112 numbers, which are 100 and zeros.
void add_product(benchmark::State& state) {
  if (missing(state)) return;
  Table a = random_table(16, static_cast<std::size_t>(state.range(1)));
  Table b = random_table(static_cast<std::size_t>(state.range(1)), 112);
  Table c = Table::Zero(a.rows(), b.cols());
  for (auto _ : state) {
    if (state.range(0) == eigen) {
      c.noalias() += a * b;
    } else {
      kernels::add_product<float>(block(c), block(a), block(b), static_cast<Units>(state.range(0)));
    }
    benchmark::DoNotOptimize(c.data());
    benchmark::ClobberMemory();
  }
  count_operations(state, 2. * static_cast<double>(c.size() * a.cols()));
}

// Rows at random from a table of range(1) rows, 64 at a time.
struct RandomRows {
  static constexpr std::size_t at_once = 64;
  Table table;
  std::vector<std::uint32_t> at;
  std::size_t next = 0;

  explicit RandomRows(std::size_t rows) : table(random_table(rows, dimension)), at(1U << 16U) {
    Random random(7);
    for (std::uint32_t& row : at) row = static_cast<std::uint32_t>(random.bits() % rows);
  }
  kernels::RowList<float> list() {
    next = (next + at_once) % at.size();
    return {table.data(), dimension, at_once, at.data() + next};
  }
  [[nodiscard]] auto row(const kernels::RowList<float>& rows, std::size_t k) const {
    return table.row(static_cast<Eigen::Index>(rows.at[k]));
  }
};

void count_bytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<std::int64_t>(RandomRows::at_once * dimension * sizeof(float)) *
                          state.iterations());
}

void dots(benchmark::State& state) {
  if (missing(state)) return;
  RandomRows rows(static_cast<std::size_t>(state.range(1)));
  const Table x = random_table(1, dimension);
  std::array<float, RandomRows::at_once> products{};
  for (auto _ : state) {
    const auto list = rows.list();
    if (state.range(0) == eigen) {
      for (std::size_t k = 0; k < products.size(); ++k) products[k] = rows.row(list, k).dot(x.row(0));
    } else {
      kernels::dots(products.data(), x.data(), list, static_cast<Units>(state.range(0)));
    }
    benchmark::DoNotOptimize(products.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state);
}

void add_normal_product(benchmark::State& state) {
  if (missing(state)) return;
  RandomRows rows(static_cast<std::size_t>(state.range(1)));
  const Table x = random_table(1, dimension);
  const Table weights = random_table(1, RandomRows::at_once);
  Table y = Table::Zero(1, dimension);
  for (auto _ : state) {
    const auto list = rows.list();
    if (state.range(0) == eigen) {
      for (std::size_t k = 0; k < RandomRows::at_once; ++k)
        y += weights(0, static_cast<Eigen::Index>(k)) * rows.row(list, k).dot(x.row(0)) * rows.row(list, k);
    } else {
      kernels::add_normal_product(y.data(), x.data(), weights.data(), list, static_cast<Units>(state.range(0)));
    }
    benchmark::DoNotOptimize(y.data());
    benchmark::ClobberMemory();
  }
  count_bytes(state);
}

void logistic(benchmark::State& state) {
  if (missing(state)) return;
  const Table from = random_table(1, 4096);
  Table x = from;
  for (auto _ : state) {
    x = from;
    if (state.range(0) == eigen) {
      x = (1 + (-x).array().exp()).inverse().matrix();
    } else {
      kernels::logistic(std::span(x.data(), 4096), static_cast<Units>(state.range(0)));
    }
    benchmark::DoNotOptimize(x.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(4096 * state.iterations());
}

const std::vector<std::int64_t> versions{static_cast<std::int64_t>(Units::plain), static_cast<std::int64_t>(Units::v3),
                                         static_cast<std::int64_t>(Units::v4), eigen};

BENCHMARK(product)->ArgsProduct({versions, {26, 32, 128}})->ArgNames({"units", "others"});
BENCHMARK(add_product)->ArgsProduct({versions, {26, 32, 128}})->ArgNames({"units", "others"});
BENCHMARK(dots)->ArgsProduct({versions, {1000, 200000}})->ArgNames({"units", "rows"});
BENCHMARK(add_normal_product)->ArgsProduct({versions, {1000, 200000}})->ArgNames({"units", "rows"});
BENCHMARK(logistic)->ArgsProduct({versions})->ArgNames({"units"});

}  // namespace

BENCHMARK_MAIN();
