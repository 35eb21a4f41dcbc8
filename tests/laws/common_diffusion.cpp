// One diffusion for all rows finds its place by the scores alone: on the skip-gram reference stream G3 a start ten
// times too large costs nothing, and one a hundred times too small is half made good within its twelve slices.
#include <doctest/doctest.h>

#include <cstdint>

#include <support/reference_runs.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

constexpr float right = 1e-2F;  // the best of 1e-4, 1e-3, 1e-2 and 1e-1 on seeds 11 to 13

double loss(std::uint64_t seed, float diffusion, float score_rate) {
  Options options = skipgram_reference_options(seed);
  options.diffusion = diffusion;
  options.diffusion_rate = 0;
  options.diffusion_score_rate = score_rate;
  options.anchor_memory = 300;
  return run_skipgram_reference<float>(seed, options).prequential;
}

}  // namespace

TEST_CASE("a diffusion that follows the scores comes from any start to where the rows need it") {
  for (const std::uint64_t seed : {11U, 12U}) {
    CAPTURE(seed);
    const double best = loss(seed, right, 0);
    const double held_low = loss(seed, right / 100, 0);
    CHECK(held_low > best + 1e-2);
    CHECK(loss(seed, right / 100, 2) <= (held_low + best) / 2);
    const double from_high = loss(seed, 10 * right, 2);
    CHECK(from_high < loss(seed, 10 * right, 0));
    CHECK(from_high <= best + 2e-3);
  }
}
