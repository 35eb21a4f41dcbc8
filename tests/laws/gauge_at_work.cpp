// What the gauge step does, on tables that nothing else holds in place.
#include <doctest/doctest.h>

#include <support/random_matrices.hpp>
#include <support/reference_runs.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

// G2 with every slice fitted alone, from a random start of its own.
double static_drift(std::uint64_t seed, double drifting_share, GaugeFixing gauge) {
  GaussianStreamOptions stream;
  stream.seed = seed;
  stream.drifting_share = drifting_share;
  Options options = gaussian_reference_options(seed);
  options.coupling = Coupling::none;
  options.gauge = gauge;
  return run_gaussian_reference<float>(stream, options).static_drift;
}

}  // namespace

TEST_CASE("slices fitted alone: static rows drift far without the gauge step, and hardly with it") {
  for (std::uint64_t seed = 11; seed <= 13; ++seed) {
    CAPTURE(seed);
    CHECK(static_drift(seed, 0, GaugeFixing::none) > 1.5);
    CHECK(static_drift(seed, .3, GaugeFixing::none) > 1.5);
    CHECK(static_drift(seed, 0, GaugeFixing::procrustes) < .25);
    CHECK(static_drift(seed, .3, GaugeFixing::procrustes) < .6);
  }
}
