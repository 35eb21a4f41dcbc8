// A pass in parts against the mean of passes over each part's share, and the learner with it.
#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <support/random_matrices.hpp>
#include <support/same_state.hpp>
#include <support/text_slice.hpp>
#include <support/three_threads.hpp>

#include "../../lib/src/shared_pass.hpp"
#include "pass_bench.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

constexpr std::size_t tokens = 60;
constexpr std::uint64_t key = 3;

// Sequences of so many positions in all; the last one may be shorter.
SequenceSlice long_slice(std::int64_t number, std::size_t positions) {
  SequenceSlice slice(number, tokens, (positions + 19) / 20);
  slice.ids.resize(positions);
  slice.ends.back() = static_cast<std::uint32_t>(positions);
  return slice;
}

template <class Pass>
struct Bench : PassBench<Pass> {
  explicit Bench(std::uint32_t parts) : PassBench<Pass>(in_parts(parts), tokens) {
    for (SideRows<double>* side : {&this->items, &this->contexts}) {
      for (std::size_t row = 0; row < tokens; ++row) side->gradient_energy[row] = .01 * static_cast<double>(row + 1);
    }
  }
  static Options in_parts(std::uint32_t parts) {
    Options options = small_options();
    options.pass_parts = parts;
    return options;
  }
  // Embeddings and energies of both sides, those of a row together.
  [[nodiscard]] std::vector<double> tables() const {
    std::vector<double> all;
    for (const SideRows<double>* side : {&this->items, &this->contexts}) {
      for (std::size_t row = 0; row < tokens; ++row) {
        all.insert(all.end(), side->row(row).begin(), side->row(row).end());
        all.push_back(side->gradient_energy[row]);
      }
    }
    return all;
  }
  // All rows by the orthogonal matrix.
  void turn(const Eigen::MatrixXd& rotation) {
    for (SideRows<double>* side : {&this->items, &this->contexts}) {
      for (std::size_t row = 0; row < tokens; ++row) side->row(row) = (rotation * side->row(row)).eval();
    }
  }
};

std::vector<double> shared_out(std::uint32_t parts, const SliceView& slice, bool tied) {
  Bench<SharedPass<double>> bench(parts);
  ThreeThreads threads;
  bench.pass.run(slice, bench.items, bench.contexts, key, tied, threads);
  return bench.tables();
}

std::vector<double> in_one_piece(const SliceView& slice, const Share& share = {}, std::uint64_t of_part = key) {
  Bench<SequencePass<double>> bench(1);
  bench.pass.run(slice, share, bench.items, bench.contexts, of_part);
  return bench.tables();
}

}  // namespace

TEST_CASE("shares take the runs by turns, the last one with what is left") {
  constexpr std::size_t run = 256;
  SequenceSlice slice = long_slice(1, 8 * run + 100);
  for (std::size_t position = 0; position < slice.ids.size(); ++position)
    slice.ids[position] = static_cast<std::uint32_t>(position / run);  // 0 to 8
  const auto share = [&](std::size_t index, std::size_t of) {
    Bench<SequencePass<double>> bench(1);
    const std::vector<double> before(bench.items.gradient_energy.begin(), bench.items.gradient_energy.end());
    bench.pass.run(slice.view(), {index, of}, bench.items, bench.contexts, key);
    std::vector<std::size_t> moved;
    for (std::size_t row = 0; row < tokens; ++row) {
      if (bench.items.gradient_energy[row] != before[row]) moved.push_back(row);
    }
    return moved;
  };
  CHECK(share(0, 1) == std::vector<std::size_t>{0, 1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(share(0, 2) == std::vector<std::size_t>{0, 2, 4, 6, 8});
  CHECK(share(1, 2) == std::vector<std::size_t>{1, 3, 5, 7});
  CHECK(share(2, 3) == std::vector<std::size_t>{2, 5, 8});
  CHECK(share(8, 9) == std::vector<std::size_t>{8});
  CHECK(share(9, 10).empty());
}

TEST_CASE("a pass in parts leaves the mean of what passes over each part's positions leave") {
  for (const std::size_t positions : {3 * 8192UL, 3 * 8192UL + 1, 40007UL}) {
    CAPTURE(positions);
    const SequenceSlice slice = long_slice(1, positions);
    std::vector<double> mean(2 * tokens * 17, 0);
    for (std::size_t p = 0; p < 3; ++p) {
      const auto part = in_one_piece(slice.view(), {p, 3}, p == 0 ? key : Random(key + p).bits());
      for (std::size_t k = 0; k < mean.size(); ++k) mean[k] += part[k] / 3;
    }
    const auto tables = shared_out(3, slice.view(), true);
    REQUIRE(tables.size() == mean.size());
    for (std::size_t k = 0; k < mean.size(); ++k) CHECK(tables[k] == doctest::Approx(mean[k]).epsilon(1e-12));
  }
}

TEST_CASE("a pass in parts turns with the frame") {
  const SequenceSlice slice = long_slice(1, 20000);
  SerialExecutor serial;
  Random random(4);
  for (const double determinant : {1., -1.}) {
    const Eigen::MatrixXd rotation = random_orthogonal(random, 16, determinant);
    Bench<SharedPass<double>> bench(2);
    Bench<SharedPass<double>> turned(2);
    turned.turn(rotation);
    for (auto* each : {&bench, &turned}) each->pass.run(slice.view(), each->items, each->contexts, key, true, serial);
    bench.turn(rotation);
    const auto wanted = bench.tables();
    const auto tables = turned.tables();
    for (std::size_t k = 0; k < wanted.size(); ++k) CHECK(std::abs(tables[k] - wanted[k]) <= 1e-8);
  }
}

TEST_CASE("small slices, and those that start at random, have a pass in one piece; middling ones in fewer parts") {
  const SequenceSlice small = long_slice(1, 2 * 8192 - 1);
  CHECK(shared_out(4, small.view(), true) == in_one_piece(small.view()));
  const SequenceSlice large = long_slice(1, 3 * 8192 - 1);
  CHECK(shared_out(4, large.view(), false) == in_one_piece(large.view()));
  CHECK(shared_out(4, large.view(), true) == shared_out(2, large.view(), true));
  CHECK(shared_out(4, large.view(), true) != in_one_piece(large.view()));
  SliceView empty;
  CHECK(shared_out(4, empty, true) == in_one_piece(empty));
}

TEST_CASE("a learner's passes in parts: the same bits for any number of workers, others than in one piece") {
  Options options = small_options();
  options.worker_capacity = 3;
  options.pass_parts = 1;
  auto whole = OnlineLearner<float>::create(options).value();
  options.pass_parts = 2;
  auto one = OnlineLearner<float>::create(options).value();
  auto several = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  ThreeThreads threads;
  for (int t = 0; t < 3; ++t) {
    CAPTURE(t);
    const SequenceSlice slice = long_slice(t, 17000);
    whole.learn(slice.view(), serial).value();
    one.learn(slice.view(), serial).value();
    several.learn(slice.view(), threads).value();
    CHECK(same_state(one.state(), several.state()));
    CHECK(same_state(one.state(), whole.state()) == (t == 0));  // which starts at random
  }
}

TEST_CASE("no part, and more than sixteen, are refused by name") {
  for (const std::uint32_t parts : {0U, 17U}) {
    Options options;
    options.pass_parts = parts;
    CHECK(std::string(validate(options).error().message()).starts_with("pass_parts"));
  }
}
