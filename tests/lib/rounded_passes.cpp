// Passes whose products round their factors to bfloat16, where the processor has units for that: the products against
// those in float of rounded factors, and a whole learner against one that rounds nothing.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <gaugeline/random.hpp>
#include <support/text_slice.hpp>

#include "../../lib/src/pass_products.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;
using kernels::tiles::Unit;

namespace {

constexpr std::size_t table_rows = 40;
constexpr float untouched = 77;

// One version's products of one block. `how`: what else its reserve takes, a unit or nothing.
template <class Products, class... How>
struct Results {
  Results(std::size_t dimension, const std::vector<float>& table, const std::vector<std::uint32_t>& centres,
          const std::vector<std::uint32_t>& others, const std::vector<float>& weights, How... how)
      : scores(pass_block * pass_block, untouched),
        of_centres(pass_block * padded(dimension), 1),
        of_others(pass_block * padded(dimension), untouched) {
    Products products;
    Arena measure;
    products.reserve(measure, dimension, how...);
    memory.resize(measure.used() + arena_alignment);
    void* at = memory.data();
    std::size_t room = memory.size();
    Arena arena(static_cast<std::byte*>(std::align(arena_alignment, measure.used(), at, room)));
    products.reserve(arena, dimension, how...);
    products.set_centres({table.data(), dimension, pass_block, centres.data()});
    products.score(scores, {table.data(), dimension, others.size(), others.data()});
    products.add_centre_gradients(of_centres, weights);
    products.other_gradients(of_others, weights, others.size());
  }
  std::vector<float> scores, of_centres, of_others;

 private:
  std::vector<std::byte> memory;
};

// The largest |a - b| over the first `count` numbers of `rows` rows.
double distance(const std::vector<float>& a, const std::vector<float>& b, std::size_t rows, std::size_t step,
                std::size_t count) {
  double worst = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < count; ++k) {
      const double difference =
          std::abs(static_cast<double>(a[row * step + k]) - static_cast<double>(b[row * step + k]));
      worst = difference <= worst ? worst : difference;  // NaN is kept
    }
  }
  return worst;
}

float to_bfloat16(float x) {
  int exponent = 0;
  const float mantissa = std::frexp(x, &exponent);
  return std::ldexp(std::round(mantissa * 256) / 256, exponent);
}

void check_products(Unit unit, std::size_t dimension, std::size_t count) {
  CAPTURE(static_cast<int>(unit));
  CAPTURE(dimension);
  CAPTURE(count);
  Random random(dimension + 1000 * count);
  const auto number = [&] { return static_cast<float>(random.normal()); };
  std::vector<float> table(table_rows * dimension);
  std::ranges::generate(table, number);
  std::vector<float> weights(pass_block * pass_block, 0);  // those past the others are 0, as scores without rows are
  std::generate_n(weights.begin(), count * pass_block, number);
  std::vector<std::uint32_t> centres(pass_block);
  std::vector<std::uint32_t> others(count);
  for (auto* rows : {&centres, &others}) {
    for (std::uint32_t& row : *rows) row = static_cast<std::uint32_t>(random.uniform() * table_rows);
  }
  const kernels::tiles::Registers registers(unit);
  const Results<TileProducts, Unit> rounded(dimension, table, centres, others, weights, unit);
  std::ranges::transform(table, table.begin(), to_bfloat16);
  std::ranges::transform(weights, weights.begin(), to_bfloat16);
  const Results<FloatProducts<float>> wanted(dimension, table, centres, others, weights);
  // Both add the same numbers of at most 25 in float, in other orders.
  const double of_one = 25 * 1e-6;
  const std::size_t step = padded(dimension);
  CHECK(distance(wanted.scores, rounded.scores, count, pass_block, pass_block) <=
        of_one * static_cast<double>(dimension));
  CHECK(distance(wanted.of_centres, rounded.of_centres, pass_block, step, dimension) <=
        of_one * static_cast<double>(count + 1));
  CHECK(distance(wanted.of_others, rounded.of_others, count, step, dimension) <= of_one * pass_block);
  // What has no row scores 0, and the columns past the dimension stay as they are.
  for (std::size_t k = count * pass_block; k < rounded.scores.size(); ++k) CHECK(rounded.scores[k] == 0);
  for (std::size_t row = 0; row < pass_block; ++row) {
    for (std::size_t k = dimension; k < step; ++k) CHECK(rounded.of_centres[row * step + k] == 1);
  }
}

struct Learnt {
  std::vector<float> items, contexts;
  double score = 0;
};

Learnt learn(PassProducts products, std::uint32_t dimension) {
  Options options;
  options.dimension = dimension;
  options.item_capacity = options.context_capacity = 64;
  options.slice_token_capacity = 64;
  options.observation_capacity = 1U << 14U;
  options.pass_products = products;
  auto learner = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  Learnt learnt;
  for (int t = 0; t < 6; ++t) learnt.score = learner.learn(SequenceSlice(t, 50).view(), serial).value().score;
  const auto copy = [](const auto& table) { return std::vector<float>(table.data(), table.data() + table.size()); };
  learnt.items = copy(learner.state().items.embeddings);
  learnt.contexts = copy(learner.state().contexts.embeddings);
  return learnt;
}

}  // namespace

TEST_CASE("products of the units for bfloat16 are those of the rounded factors") {
  if (kernels::tiles::best_unit() == Unit::none) MESSAGE("this processor has no such unit");
  for (const Unit unit : {Unit::pairs, Unit::tiles}) {
    if (!kernels::tiles::has(unit)) continue;
    for (const std::size_t dimension : {1U, 2U, 15U, 16U, 17U, 31U, 32U, 33U, 48U, 50U, 64U, 100U, 128U, 131U, 300U}) {
      for (const std::size_t count : {1U, 2U, 7U, 15U, 16U}) check_products(unit, dimension, count);
    }
  }
}

TEST_CASE("a number that is not one does not get lost") {
  for (const Unit unit : {Unit::pairs, Unit::tiles}) {
    if (!kernels::tiles::has(unit)) continue;
    const kernels::tiles::Registers registers(unit);
    for (const float odd : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(), std::numeric_limits<float>::max()}) {
      std::vector<float> table(table_rows * 20, .5F);
      table[3 * 20 + 7] = odd;
      const std::vector<std::uint32_t> centres(pass_block, 1);
      const std::vector<std::uint32_t> others{2, 3, 4};
      const std::vector<float> ones(pass_block * pass_block, 1);
      const Results<TileProducts, Unit> results(20, table, centres, others, ones, unit);
      CHECK(!(std::abs(results.scores[pass_block]) <= 1e30F));
      CHECK(results.scores[0] == 5);
      CHECK(results.scores[2 * pass_block] == 5);
      CHECK(!(std::abs(results.of_centres[7]) <= 1e30F));
      CHECK(results.of_centres[6] == 2.5F);
    }
  }
}

TEST_CASE("rounding the passes changes rows a little, scores hardly, and nothing from run to run") {
  for (const std::uint32_t dimension : {3U, 20U, 70U}) {
    const Learnt full = learn(PassProducts::full, dimension);
    const Learnt rounded = learn(PassProducts::rounded, dimension);
    const Learnt again = learn(PassProducts::rounded, dimension);
    CHECK(rounded.items == again.items);
    CHECK(rounded.contexts == again.contexts);
    CHECK(std::abs(rounded.score - full.score) <= .02);
    CHECK((rounded.items == full.items) == (kernels::tiles::best_unit() == Unit::none));
  }
}

TEST_CASE("what is neither full nor rounded is refused") {
  Options options;
  options.pass_products = static_cast<PassProducts>(2);
  CHECK(validate(options).error().code() == ErrorCode::invalid_argument);
}
