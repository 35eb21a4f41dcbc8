// Systematic draws against a search through the cumulative weights, and what such draws promise.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include <gaugeline/random.hpp>

#include "../../lib/src/systematic_draws.hpp"

using namespace gaugeline;

namespace {

// Weights of very different sizes, some of them 0.
std::vector<double> random_weights(std::size_t count, Random& random) {
  std::vector<double> weights(count);
  for (double& weight : weights) weight = random.uniform() < .2 ? 0 : std::exp(4 * random.normal());
  weights[count / 2] = 1;
  return weights;
}

}  // namespace

TEST_CASE("places are drawn as often as their weights say, within one, in rising order and never without weight") {
  Random random(1);
  for (const std::size_t count : {1U, 2U, 7U, 100U, 1000U}) {
    std::vector<std::byte> memory(count * (sizeof(double) + sizeof(std::uint32_t)) + 4 * arena_alignment);
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    Arena arena(memory.data() + (arena_alignment - address % arena_alignment) % arena_alignment);
    SystematicDraws draws;
    draws.reserve(arena, count);
    for (const std::size_t drawn : {1U, 32U, 128U}) {
      CAPTURE(count);
      CAPTURE(drawn);
      const std::vector<double> weights = random_weights(count, random);
      draws.set(count, [&](std::size_t k) { return weights[k]; });
      std::vector<std::size_t> times(count);
      std::size_t last = 0, visits = 0;
      const double start = random.uniform();
      draws.draw(drawn, start, [&](std::size_t k, std::size_t place) {
        REQUIRE(k == visits++);
        REQUIRE(place >= last);
        ++times[last = place];
      });
      CHECK(visits == drawn);
      double cumulative = 0;
      for (std::size_t k = 0; k < count; ++k) {
        // The draws at (i + start) total / drawn that fall into the place's part of the cumulative weights.
        const auto up_to = [&](double sum) {
          return std::ceil(sum / draws.total() * static_cast<double>(drawn) - start - 1e-9);
        };
        const double expected = up_to(cumulative + weights[k]) - up_to(cumulative);
        cumulative += weights[k];
        CHECK(static_cast<double>(times[k]) == expected);
        if (weights[k] == 0) CHECK(times[k] == 0);
      }
      CHECK(draws.total() == doctest::Approx(cumulative));
    }
  }
}
