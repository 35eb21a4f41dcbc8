#include <doctest/doctest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include <gaugeline/formats/delta.hpp>

#include "example_delta.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

std::vector<std::byte> bytes_of(const SnapshotView& snapshot) { return encode(snapshot).value(); }

using Unit = DeltaTolerance::Unit;

double distance(const ConstTable<float>& a, const ConstTable<float>& b, Eigen::Index row) {
  return (a.row(row).cast<double>() - b.row(row).cast<double>()).norm();
}

double allowed(const DeltaTolerance& tolerance, float precision, Eigen::Index dimension) {
  return tolerance.unit == Unit::absolute
             ? static_cast<double>(tolerance.amount)
             : static_cast<double>(tolerance.amount) *
                   std::sqrt(static_cast<double>(dimension) / static_cast<double>(precision));
}

// All rows that were there are within the tolerance, and everything but embeddings and anchors is the target's.
void check_within(const SnapshotView& there, const SnapshotView& target, const DeltaTolerance& tolerance) {
  SnapshotView with_vectors = target;
  for (const Side side : both_sides) {
    const SideState<float>& now = target.state[side];
    for (Eigen::Index row = 0; row < now.embeddings.rows(); ++row) {
      const double most = allowed(tolerance, now.precision[static_cast<std::size_t>(row)], now.embeddings.cols());
      REQUIRE(distance(there.state[side].embeddings, now.embeddings, row) <= most * (1 + 1e-12));
      if (now.anchor.size() > 0) REQUIRE(distance(there.state[side].anchor, now.anchor, row) <= most * (1 + 1e-12));
    }
    auto& replaced = side == Side::items ? with_vectors.state.items : with_vectors.state.contexts;
    new (&replaced.embeddings) ConstTable<float>(there.state[side].embeddings);
    new (&replaced.anchor) ConstTable<float>(there.state[side].anchor);
  }
  CHECK(bytes_of(there) == bytes_of(with_vectors));
}

}  // namespace

TEST_CASE("without tolerance the file comes out, byte for byte") {
  for (const std::uint32_t dimension : {1U, 3U, 16U}) {
    for (const bool shared : {false, true}) {
      const SnapshotPair pair(40, dimension, shared);
      const auto delta = encode_pair(pair, {});
      const auto there = apply_delta(pair.base.view(), delta).value();
      CHECK(bytes_of(there.view()) == bytes_of(pair.target.view()));
      CHECK(there.checksum() == Snapshot::decode(bytes_of(pair.target.view()))->checksum());
    }
  }
}

TEST_CASE("offsets of values come out too") {
  const SnapshotPair pair(value_snapshot(30, 20, 4), value_snapshot(33, 20, 4));
  const auto there = apply_delta(pair.base.view(), encode_pair(pair, {})).value();
  CHECK(bytes_of(there.view()) == bytes_of(pair.target.view()));
}

TEST_CASE("with a tolerance every vector is within it, and all else is exact") {
  for (const std::uint32_t dimension : {1U, 2U, 7U, 32U}) {
    for (const Unit unit : {Unit::posterior_deviations, Unit::absolute}) {
      for (const float amount : {1e-6F, 1e-3F, .03F, .1F, 1.F, 100.F}) {
        const SnapshotPair pair(60, dimension, false);
        const DeltaTolerance tolerance{amount, unit};
        const auto there = apply_delta(pair.base.view(), encode_pair(pair, tolerance)).value();
        check_within(there.view(), pair.target.view(), tolerance);
      }
    }
  }
}

TEST_CASE("rows of any size keep to the tolerance: zeros, the smallest and the largest floats") {
  SnapshotPair pair(12, 2, false);
  const std::vector<float> odd = {0, -0.F, 1e-45F, -1e-38F, 3e38F, -3e38F, 1, 1 + 1e-7F, 1e20F, -1e20F, 1e-20F, 5};
  auto& before = pair.base.items.embeddings;
  auto& now = pair.target.items.embeddings;
  for (std::size_t i = 0; i < odd.size(); ++i) {
    before[i] = odd[i];
    now[i] = odd[odd.size() - 1 - i];
  }
  for (const float amount : {0.F, 1e-30F, 1e-3F, 1e30F}) {
    const DeltaTolerance tolerance{amount, Unit::absolute};
    const auto there = apply_delta(pair.base.view(), encode_pair(pair, tolerance)).value();
    check_within(there.view(), pair.target.view(), tolerance);
  }
}

TEST_CASE("only rows beyond the tolerance are told, and a summary counts them") {
  SnapshotPair pair(100, 8, false);
  std::ranges::copy(pair.base.items.embeddings, pair.target.items.embeddings.begin());
  std::ranges::copy(pair.base.contexts.embeddings, pair.target.contexts.embeddings.begin());
  for (const std::size_t row : {3UL, 50UL}) pair.target.items.embeddings[row * 8] += .5F;
  pair.target.items.embeddings[56] += .05F;
  const DeltaTolerance tolerance{.1F, Unit::absolute};
  const auto delta = encode_pair(pair, tolerance);
  const auto summary = read_delta_summary(delta).value();
  CHECK(summary.moved_rows == 2);
  CHECK(summary.new_rows == pair.new_rows);
  CHECK(summary.run == pair.base.run);
  CHECK(summary.base_slice == pair.base.report.slice);
  CHECK(summary.slice == pair.target.report.slice);
  CHECK(summary.item_rows == pair.target.report.item_rows);
  CHECK(summary.bytes == delta.size());
  const auto there = apply_delta(pair.base.view(), delta).value();
  const auto items = there.view().state.items.embeddings;
  CHECK(items(7, 0) == pair.base.items.embeddings[56]);
  CHECK(items(3, 0) == doctest::Approx(pair.target.items.embeddings[24]).epsilon(.1));
}

TEST_CASE("rows that were lost, came back, or took another's place are found by token and life") {
  SnapshotPair pair(20, 3, false);
  // Row 4 is now another life of the same token; rows 5 and 6 have changed places.
  pair.target.items.born[4] = 99;
  SUBCASE("in place") {}
  SUBCASE("moved") {
    for (auto* column : {&pair.target.items.precision, &pair.target.items.uses}) std::swap((*column)[5], (*column)[6]);
    pair.target.items.token_bytes.clear();
    pair.target.items.token_ends.clear();
    for (std::size_t row = 0; row < 23; ++row) {
      const std::size_t named = row == 5 ? 6 : row == 6 ? 5 : row;
      append_tokens(pair.target.items.token_bytes, pair.target.items.token_ends, {"item-" + std::to_string(named)});
    }
    std::swap(pair.target.items.born[5], pair.target.items.born[6]);
  }
  const auto delta = encode_pair(pair, {});
  CHECK(read_delta_summary(delta)->new_rows >= 1);
  CHECK(bytes_of(apply_delta(pair.base.view(), delta)->view()) == bytes_of(pair.target.view()));
}

TEST_CASE("errors do not add up along a chain that is made from what comes out") {
  ExampleSnapshot base(30, 30, 6);
  auto consumer = Snapshot::decode(encode(base.view()).value()).value();
  const DeltaTolerance tolerance{.2F, Unit::absolute};
  Random random(3);
  for (int slice = 0; slice < 20; ++slice) {
    ++base.report.slice;
    for (float& x : base.items.embeddings) x += static_cast<float>(.03 * random.normal());
    for (float& x : base.contexts.embeddings) x += static_cast<float>(.03 * random.normal());
    MemorySink sink;
    REQUIRE(encode_delta(consumer.view(), base.view(), 1, tolerance, sink));
    consumer = apply_delta(consumer.view(), sink.bytes).value();
    check_within(consumer.view(), base.view(), tolerance);
  }
}

TEST_CASE("a delta is for one base only") {
  const SnapshotPair pair(20, 3, false);
  const auto delta = encode_pair(pair, {});
  const auto refused = apply_delta(pair.target.view(), delta);
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::invalid_argument);
  CHECK(refused.error().message().find("the delta is for slice 11 of run 0123") != std::string_view::npos);
  CHECK(refused.error().message().find("which are of slice 12") != std::string_view::npos);
  SnapshotPair changed(20, 3, false);
  changed.base.contexts.uses[3] += 1;
  CHECK(!apply_delta(changed.base.view(), delta));
}

TEST_CASE("what a delta cannot be made of is refused, and named") {
  SnapshotPair pair(20, 3, false);
  DeltaTolerance tolerance;
  std::string_view message;
  SUBCASE("another run") {
    pair.target.run[0] = 'f';
    message = "a delta is within one run";
  }
  SUBCASE("smoothed and not") {
    pair.target.smoothed = true;
    message = "smoother";
  }
  SUBCASE("other options") {
    pair.target.options.seed = 12;
    message = "options differ";
  }
  SUBCASE("negative tolerance") {
    tolerance.amount = -1;
    message = "the tolerance is -1";
  }
  SUBCASE("no number") {
    tolerance.amount = std::nanf("");
    message = "the tolerance is nan";
  }
  SUBCASE("a target that means nothing") {
    pair.target.items.precision[2] = 0;
    message = "target: items: precision of row 2 is 0";
  }
  MemorySink sink;
  const auto refused = encode_delta(pair.base.view(), pair.target.view(), 1, tolerance, sink);
  REQUIRE(!refused);
  CHECK(refused.error().message().find(message) != std::string_view::npos);
  CHECK(sink.bytes.empty());
}

TEST_CASE("a digest stands for every figure of the rows and for nothing else") {
  const auto digest = [](const ExampleSnapshot& example) { return rows_digest(example.view()); };
  const ExampleSnapshot same(9, 8, 3);
  ExampleSnapshot other(9, 8, 3);
  CHECK(digest(other) == digest(same));
  other.report.score += 1;
  CHECK(digest(other) == digest(same));
  for (auto* column : {&other.items.embeddings, &other.items.anchor, &other.items.precision, &other.contexts.uses,
                       &other.contexts.anchor_time, &other.items.gradient_energy}) {
    ExampleSnapshot fresh(9, 8, 3);
    std::swap(fresh, other);
    column->back() += 1;
    CHECK(digest(other) != digest(same));
  }
}
