// The pinned values were printed by the reference implementation that docs/algorithm.md quotes.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include <gaugeline/simulate.hpp>

namespace {

using gaugeline::GaussianStream;
using gaugeline::PairCount;
using gaugeline::PairValue;
using gaugeline::Side;
using gaugeline::SkipGramStream;

void check_value(const PairValue& value, std::uint32_t item, std::uint32_t context, double y) {
  CHECK(value.item == item);
  CHECK(value.context == context);
  CHECK(static_cast<double>(value.value) == doctest::Approx(y).epsilon(1e-7));
}

void check_pair(const PairCount& pair, std::uint32_t item, std::uint32_t context, float weight) {
  CHECK(pair.item == item);
  CHECK(pair.context == context);
  CHECK(pair.weight == weight);
}

bool by_item_and_context(const PairCount& a, const PairCount& b) {
  return a.item != b.item ? a.item < b.item : a.context < b.context;
}

}  // namespace

TEST_CASE("G2 of seed 11 equals the reference, draw for draw") {
  GaussianStream stream({.seed = 11});
  stream.next();
  CHECK(stream.values().size() == 10753);
  CHECK(stream.held_out().size() == 1247);
  check_value(stream.values().front(), 0, 124, 2.49949169);
  check_value(stream.held_out().front(), 0, 195, .13903676);
  for (int t = 1; t < 4; ++t) stream.next();
  CHECK(stream.values().size() == 10821);
  for (int t = 4; t < 40; ++t) stream.next();
  check_value(stream.values().back(), 199, 155, -.29119131);
  check_value(stream.held_out().back(), 199, 115, .323111892);
}

TEST_CASE("in G2 the drifting rows turn by their angle per slice, and the others stand still") {
  GaussianStream stream({.seed = 3, .rows = 50, .drifting_share = .4, .drift_radians = .1});
  const gaugeline::TruthTable start = stream.truth();
  stream.next();
  CHECK(stream.truth() == start);  // the first slice shows the start
  stream.next();
  stream.next();
  const auto drifting = std::ranges::count(stream.drifts(), 1);
  CHECK(drifting > 20);
  CHECK(drifting < 60);
  for (Eigen::Index row = 0; row < 100; ++row) {
    const auto now = stream.truth().row(row);
    if (stream.drifts()[static_cast<std::size_t>(row)] == 0) {
      CHECK(now == start.row(row));
    } else {
      CHECK(now.norm() == doctest::Approx(start.row(row).norm()));
      CHECK(now.dot(start.row(row)) == doctest::Approx(std::cos(.2) * start.row(row).squaredNorm()));
    }
  }
}

TEST_CASE("in G2 values are scores of the truth plus noise") {
  GaussianStream stream({.seed = 4, .noise_deviation = .25});
  stream.next();
  double squared = 0;
  for (const PairValue& value : stream.values()) {
    const double score = stream.truth().row(value.item).dot(stream.truth().row(200 + value.context));
    squared += std::pow(static_cast<double>(value.value) - score, 2);
  }
  CHECK(std::sqrt(squared / static_cast<double>(stream.values().size())) == doctest::Approx(.25).epsilon(.03));
}

TEST_CASE("G3 of seed 11 equals the reference, draw for draw") {
  SkipGramStream stream({.seed = 11});
  stream.next();
  CHECK(stream.pairs().size() == 48044);
  CHECK(stream.held_out().size() == 4974);
  check_pair(stream.pairs()[0], 0, 0, 40);
  check_pair(stream.pairs()[1], 0, 1, 3);
  check_pair(stream.pairs()[2], 0, 2, 16);
  check_pair(stream.held_out().front(), 0, 847, 1);
  CHECK(stream.held_out_negatives()[0] == 34);
  CHECK(stream.held_out_negatives()[1] == 198);
  CHECK(stream.truth(Side::items).sum() == doctest::Approx(-71.1859937090581).epsilon(1e-12));
  for (int t = 1; t < 12; ++t) stream.next();
  CHECK(stream.truth(Side::items).sum() == doctest::Approx(-96.9815020948128).epsilon(1e-12));
  CHECK(stream.truth(Side::contexts).sum() == doctest::Approx(19.4977695458984).epsilon(1e-12));
  check_pair(stream.pairs().back(), 999, 792, 1);
  check_pair(stream.held_out().back(), 999, 299, 1);
  CHECK(stream.held_out_negatives().back() == 939);
}

TEST_CASE("in G3 pairs are aggregated in order, and each held-out pair has its negatives") {
  SkipGramStream stream({.seed = 5, .rows = 40, .pairs_per_slice = 5000, .negatives = 4});
  stream.next();
  const auto& pairs = stream.pairs();
  CHECK(std::ranges::is_sorted(pairs, by_item_and_context));
  CHECK(std::ranges::adjacent_find(pairs, [](const PairCount& a, const PairCount& b) {
          return a.item == b.item && a.context == b.context;
        }) == pairs.end());
  double total = 0;
  for (const PairCount& pair : pairs) total += static_cast<double>(pair.weight);
  total += static_cast<double>(stream.held_out().size());
  CHECK(total == doctest::Approx(5000).epsilon(.005));  // each item's share is rounded
  CHECK(stream.held_out_negatives().size() == 4 * stream.held_out().size());
  CHECK(std::ranges::max(stream.held_out_negatives()) < 40);
}

TEST_CASE("in G3 only drifting rows move, and their spread stays") {
  SkipGramStream stream({.seed = 6, .rows = 400, .pairs_per_slice = 400, .drifting_share = .5});
  const gaugeline::TruthTable start = stream.truth(Side::contexts);
  for (int t = 0; t < 6; ++t) stream.next();
  double moved = 0;
  double before = 0;
  for (Eigen::Index row = 0; row < 400; ++row) {
    const auto now = stream.truth(Side::contexts).row(row);
    if (stream.drifts(Side::contexts)[static_cast<std::size_t>(row)] == 0) {
      CHECK(now == start.row(row));
    } else {
      CHECK(now != start.row(row));
      moved += now.squaredNorm();
      before += start.row(row).squaredNorm();
    }
  }
  CHECK(moved / before == doctest::Approx(1).epsilon(.15));
}
