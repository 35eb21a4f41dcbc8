// bench_queries: the ten rows most similar to a vector, one at a time and 32 at a time, and Eigen's product and partial
// sort, beside one read of the same table: its sum by the widest units that this processor has, plain and with requests
// ahead as ours makes them. Each iteration runs all by turns; `reads` and `reads_ahead` are a query's median time over
// those of the two in the same run.
//
//   bench_queries --benchmark_filter=rows:100000
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <numeric>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/neighbors.hpp>
#include <gaugeline/random.hpp>
#include <versions.hpp>

namespace {

using namespace gaugeline;

constexpr std::size_t dimension = 100;
constexpr std::size_t asked = 10;
using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

Matrix random_table(std::size_t rows) {
  Random random(rows);
  Matrix table(static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(dimension));
  for (Eigen::Index i = 0; i < table.size(); ++i) table.data()[i] = static_cast<float>(2 * random.uniform() - 1);
  return table;
}

template <bool ahead>
struct Read {
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(float* total, const float* data, std::size_t count) noexcept {
    constexpr std::size_t width = kernels::widest<float, bytes>;
    constexpr std::size_t sums = 8;
    kernels::Lanes<float, width> sum[sums] = {};
    for (std::size_t k = 0; k + sums * width <= count; k += sums * width) {
      for (std::size_t b = 0; ahead && b < sums * bytes; b += 64)
        __builtin_prefetch(reinterpret_cast<const char*>(data + k) + 8192 + b);
#pragma GCC unroll 8
      for (std::size_t s = 0; s < sums; ++s) {
        kernels::Lanes<float, width> lanes;
        kernels::load(lanes, data + k + s * width);
        sum[s] += lanes;
      }
    }
    for (std::size_t s = 1; s < sums; ++s) sum[0] += sum[s];
    for (std::size_t i = 0; i < width; ++i) *total += sum[0][i];
  }
};

double seconds_of(const auto& action) {
  const auto begin = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double>& values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

template <bool ahead>
double seconds_of_read(const Matrix& table) {
  float total = 0;
  const double seconds = seconds_of([&] {
    kernels::run<Read<ahead>>(kernels::widest_units(), &total, table.data(), static_cast<std::size_t>(table.size()));
  });
  benchmark::DoNotOptimize(total);
  return seconds;
}

// `action` answers `queries` of them.
void measure(benchmark::State& state, const Matrix& table, std::size_t queries, const auto& action) {
  std::vector<double> reads, reads_ahead, answers;
  for (auto _ : state) {
    reads.push_back(seconds_of_read<false>(table));
    answers.push_back(seconds_of(action));
    reads_ahead.push_back(seconds_of_read<true>(table));
    state.SetIterationTime(answers.back());
  }
  const double answer = median(answers) / static_cast<double>(queries);
  const double read = median(reads);
  state.counters["reads"] = answer / read;
  state.counters["reads_ahead"] = answer / median(reads_ahead);
  state.counters["us_of_query"] = 1e6 * answer;
  state.counters["GB/s_of_read"] = 1e-9 * sizeof(float) * static_cast<double>(table.size()) / read;
}

ConstTable<float> view(const Matrix& table) { return {table.data(), table.rows(), table.cols()}; }

void one_query(benchmark::State& state) {
  const Matrix table = random_table(static_cast<std::size_t>(state.range(0)));
  const Matrix query = random_table(1);
  std::array<Neighbor, asked> found;
  measure(state, table, 1, [&] {
    benchmark::DoNotOptimize(nearest_neighbors(view(table), std::span(query.data(), dimension), {}, found));
  });
}

void many_queries(benchmark::State& state) {
  constexpr std::size_t at_once = 32;
  const Matrix table = random_table(static_cast<std::size_t>(state.range(0)));
  const Matrix vectors = random_table(at_once);
  std::vector<std::array<Neighbor, asked>> found(at_once);
  std::vector<NeighborQuery> queries;
  queries.reserve(at_once);
  for (std::size_t q = 0; q < at_once; ++q)
    queries.push_back({std::span(vectors.data(), at_once * dimension).subspan(q * dimension, dimension), found[q]});
  measure(state, table, at_once, [&] {
    nearest_neighbors(view(table), queries, {});
    benchmark::DoNotOptimize(found.data());
  });
}

// The lengths of the rows are computed anew in each query, as ours are.
void eigen_query(benchmark::State& state) {
  const Matrix table = random_table(static_cast<std::size_t>(state.range(0)));
  const Eigen::VectorXf query = random_table(1).row(0);
  Eigen::VectorXf similarity(table.rows());
  std::vector<Eigen::Index> order(static_cast<std::size_t>(table.rows()));
  measure(state, table, 1, [&] {
    similarity.noalias() = table * query;
    similarity.array() /= query.norm() * table.rowwise().norm().array();
    std::iota(order.begin(), order.end(), Eigen::Index{0});
    std::ranges::partial_sort(order, order.begin() + asked, std::greater{},
                              [&](Eigen::Index row) { return similarity(row); });
    benchmark::DoNotOptimize(order.data());
  });
}

const std::vector<std::int64_t> sizes{10000, 100000, 1000000};
BENCHMARK(one_query)->ArgsProduct({sizes})->ArgNames({"rows"})->UseManualTime();
BENCHMARK(many_queries)->ArgsProduct({sizes})->ArgNames({"rows"})->UseManualTime();
BENCHMARK(eigen_query)->ArgsProduct({sizes})->ArgNames({"rows"})->UseManualTime();

}  // namespace

BENCHMARK_MAIN();
