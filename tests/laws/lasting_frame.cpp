// The frame lasts: over two thousand slices, in which rows stand still or 30 % of them turn coherently, the learnt
// frame is at the end where it was at the beginning.
#include <doctest/doctest.h>

#include <support/lasting_frame.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

void check_steady(const FrameErrors& errors) {
  CHECK(errors.late.angle <= 1.5 * errors.early.angle);
  CHECK(errors.late.stretch <= 1.5 * errors.early.stretch);
  CHECK(errors.late.stretch_since <= 1.5 * errors.early.stretch_since);
  CHECK(errors.late.angle <= .2);  // over 1 without anchors
}

}  // namespace

TEST_CASE("Gaussian: angle and stretch after 2000 slices are at most 1.5 times those after 200") {
  for (std::uint64_t seed = 11; seed <= 12; ++seed) {
    for (const double share : {0., .3}) {
      CAPTURE(seed);
      CAPTURE(share);
      check_steady(run_long_gaussian({.seed = seed, .drifting_share = share}, Options::gaussian()));
    }
  }
}

TEST_CASE("skip-gram: angle and stretch after 2000 slices are at most 1.5 times those after 200") {
  for (const double share : {0., .3}) {
    CAPTURE(share);
    check_steady(run_long_skipgram({.drifting_share = share}, Options::skipgram()));
  }
}

TEST_CASE("aligned to the last slice alone, the frame follows rows that turn coherently") {
  Options options = Options::gaussian();
  options.anchor_memory = 0;
  const FrameErrors errors = run_long_gaussian({.drifting_share = .3}, options);
  CHECK(errors.late.angle > 1);
  CHECK(errors.late.angle > 1.5 * errors.early.angle);
  CHECK(errors.late.stretch_since > 1.5 * errors.early.stretch_since);
}
