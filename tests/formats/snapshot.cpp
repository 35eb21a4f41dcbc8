#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <gaugeline/formats/snapshot.hpp>

#include "example_snapshot.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

void check_same(const SideState<float>& found, const SideState<float>& expected) {
  CHECK(std::ranges::equal(found.tokens.bytes(), expected.tokens.bytes()));
  CHECK(std::ranges::equal(found.tokens.ends(), expected.tokens.ends()));
  REQUIRE(found.embeddings.rows() == expected.embeddings.rows());
  REQUIRE(found.embeddings.cols() == expected.embeddings.cols());
  CHECK(found.embeddings == expected.embeddings);
  CHECK(std::ranges::equal(found.precision, expected.precision));
  CHECK(std::ranges::equal(found.diffusion, expected.diffusion));
  CHECK(std::ranges::equal(found.count, expected.count));
  CHECK(std::ranges::equal(found.uses, expected.uses));
  CHECK(std::ranges::equal(found.null_variance, expected.null_variance));
  CHECK(std::ranges::equal(found.log_retention, expected.log_retention));
  CHECK(std::ranges::equal(found.gradient_energy, expected.gradient_energy));
  CHECK(std::ranges::equal(found.offset, expected.offset));
  CHECK(std::ranges::equal(found.offset_precision, expected.offset_precision));
  CHECK(std::ranges::equal(found.baseline_offset, expected.baseline_offset));
  CHECK(std::ranges::equal(found.baseline_precision, expected.baseline_precision));
  CHECK(std::ranges::equal(found.frequency, expected.frequency));
  CHECK(std::ranges::equal(found.born, expected.born));
  CHECK(std::ranges::equal(found.candidate_hashes, expected.candidate_hashes));
  CHECK(std::ranges::equal(found.candidate_counts, expected.candidate_counts));
  REQUIRE(found.anchor.rows() == expected.anchor.rows());
  CHECK(found.anchor == expected.anchor);
  CHECK(std::ranges::equal(found.anchor_time, expected.anchor_time));
}

void check_same(const SliceReport& found, const SliceReport& expected) {
  CHECK(found.slice == expected.slice);
  CHECK(found.interval == expected.interval);
  CHECK(found.elapsed_units == expected.elapsed_units);
  CHECK(found.observations == expected.observations);
  CHECK(found.distinct == expected.distinct);
  CHECK(found.scored == expected.scored);
  CHECK(found.score == expected.score);
  CHECK(found.rotation_angle == expected.rotation_angle);
  CHECK(found.gauge_residual == expected.gauge_residual);
  CHECK(found.item_rows == expected.item_rows);
  CHECK(found.context_rows == expected.context_rows);
  CHECK(found.new_item_rows == expected.new_item_rows);
  CHECK(found.new_context_rows == expected.new_context_rows);
  CHECK(found.unadmitted_tokens == expected.unadmitted_tokens);
  CHECK(found.unadmitted_observations == expected.unadmitted_observations);
  CHECK(found.baseline_score == expected.baseline_score);
  CHECK(found.holonomy_angle == expected.holonomy_angle);
}

void check_same(const SnapshotView& found, const SnapshotView& expected) {
  CHECK(found.lineage.run == expected.lineage.run);
  CHECK(found.lineage.program == expected.lineage.program);
  CHECK(found.lineage.parent_checksum == expected.lineage.parent_checksum);
  CHECK(found.lineage.smoothed == expected.lineage.smoothed);
  CHECK(found.options == expected.options);
  CHECK(found.state.slices == expected.state.slices);
  CHECK(found.state.interval == expected.state.interval);
  CHECK(found.state.time_unit_seconds == expected.state.time_unit_seconds);
  CHECK(found.state.dimension == expected.state.dimension);
  CHECK(std::ranges::equal(found.state.rotation, expected.state.rotation));
  CHECK(found.state.value_scale == expected.state.value_scale);
  CHECK(found.state.values == expected.state.values);
  check_same(found.state.items, expected.state.items);
  check_same(found.state.contexts, expected.state.contexts);
  check_same(found.report, expected.report);
  CHECK(std::ranges::equal(found.canaries.rows, expected.canaries.rows));
  CHECK(found.canaries.before == expected.canaries.before);
  CHECK(std::ranges::equal(found.sources, expected.sources, [](const auto& a, const auto& b) {
    return a.source == b.source && a.sequence == b.sequence;
  }));
}

void check_round_trip(const ExampleSnapshot& example, std::size_t chunk_bytes = default_chunk_bytes) {
  const auto bytes = encode(example.view(), chunk_bytes);
  REQUIRE_MESSAGE(bytes, std::string(bytes ? "" : bytes.error().message()));
  const auto snapshot = Snapshot::decode(*bytes);
  REQUIRE_MESSAGE(snapshot, std::string(snapshot ? "" : snapshot.error().message()));
  check_same(snapshot->view(), example.view());
}

}  // namespace

TEST_CASE("a snapshot comes back as it was, over shapes") {
  for (const std::uint32_t dimension : {1U, 2U, 7U, 64U}) {
    CAPTURE(dimension);
    check_round_trip(ExampleSnapshot(20, 30, dimension));
    check_round_trip(ExampleSnapshot(1, 0, dimension));
    check_round_trip(ExampleSnapshot(0, 1, dimension));
    check_round_trip(ExampleSnapshot(0, 0, dimension));
    check_round_trip(shared_snapshot(25, dimension));
  }
}

TEST_CASE("a smoother's snapshot says so") {
  auto example = ExampleSnapshot(2, 2, 3);
  example.smoothed = true;
  check_round_trip(example);
}

TEST_CASE("every option comes back") {
  auto example = ExampleSnapshot(2, 2, 3);
  example.options = {.likelihood = Likelihood::gaussian,
                     .coupling = Coupling::none,
                     .gauge = GaugeFixing::none,
                     .seed = 0xFFFFFFFFFFFFFFFF,
                     .dimension = 3,
                     .prior_precision = 1.5F,
                     .diffusion = .25F,
                     .diffusion_rate = .75F,
                     .diffusion_score_rate = 1.75F,
                     .diffusion_min = .125F,
                     .diffusion_max = .5F,
                     .time_unit_seconds = 3600.5,
                     .sweeps = 3,
                     .first_slice_sweeps = 4,
                     .negatives = 6,
                     .count_decay = .8F,
                     .passes = 8,
                     .pass_slices = 11,
                     .pass_rate = .0625F,
                     .pass_sweeps = 10,
                     .conjugate_gradient_steps = 7,
                     .negative_head = 100,
                     .negative_tail = 101,
                     .noise_deviation = .3F,
                     .offsets = Offsets::none,
                     .offset_precision = 2.5F,
                     .offset_diffusion = .375F,
                     .admission_uses = 9,
                     .anchor_memory = 12.5F,
                     .mean_reversion = .0625F,
                     .item_capacity = 1001,
                     .context_capacity = 1002,
                     .token_bytes_per_row = 25,
                     .slice_token_capacity = 1003,
                     .observation_capacity = 1004,
                     .worker_capacity = 5};
  for (ExampleSide* side : {&example.items, &example.contexts}) {  // none are kept with these
    side->anchor.clear();
    side->anchor_time.clear();
  }
  check_round_trip(example);
}

TEST_CASE("a snapshot of values brings back mean, offsets and sigma, in one chunk or many") {
  for (const std::size_t chunk_bytes : {std::size_t{1300}, default_chunk_bytes}) {
    check_round_trip(value_snapshot(120, 80, 4), chunk_bytes);
  }
}

TEST_CASE("offsets are there exactly if the options ask for them") {
  auto with = value_snapshot(3, 4, 2);
  with.options.offsets = Offsets::none;
  CHECK(encode(with.view()).error().message().find("offset") != std::string::npos);
  auto without = ExampleSnapshot(3, 4, 2);
  without.options.likelihood = Likelihood::gaussian;
  CHECK(encode(without.view()).error().message().find("offset") != std::string::npos);
}

TEST_CASE("many small chunks hold the same as one") {
  for (const std::size_t chunk_bytes : {1300UL, 2000UL, 5000UL}) {
    CAPTURE(chunk_bytes);
    check_round_trip(ExampleSnapshot(200, 150, 5), chunk_bytes);
    check_round_trip(shared_snapshot(200, 5), chunk_bytes);
  }
}

TEST_CASE("tokens that both sides have are stored once") {
  const auto once = encode(shared_snapshot(500, 1).view()).value().size();
  const auto twice = encode(ExampleSnapshot(500, 500, 1, "thing").view()).value().size();  // as long as "item-"
  const std::size_t text_and_ends = shared_snapshot(500, 1).items.token_bytes.size() + 500 * sizeof(std::uint32_t);
  CHECK(twice + 64 >= once + text_and_ends);  // parts are padded to 64 bytes
}

TEST_CASE("the checksum that encoding gives is the one that decoding finds, and depends on the content") {
  auto example = ExampleSnapshot(3, 4, 2);
  std::vector<std::byte> workspace(snapshot_workspace_bytes(example.view()));
  MemorySink sink;
  const auto checksum = encode_snapshot(example.view(), workspace, sink);
  REQUIRE(checksum);
  CHECK(Snapshot::decode(sink.bytes)->checksum() == *checksum);
  example.items.embeddings[5] += 1;
  CHECK(encode_snapshot(example.view(), workspace, sink).value() != *checksum);
}

TEST_CASE("the same snapshot gives the same bytes, whatever the workspace held before") {
  const auto example = ExampleSnapshot(30, 40, 6);
  std::vector<std::byte> workspace(snapshot_workspace_bytes(example.view()), std::byte{0xA5});
  MemorySink sink;
  REQUIRE(encode_snapshot(example.view(), workspace, sink));
  CHECK(sink.bytes == encode(example.view()).value());
}

TEST_CASE("a snapshot that has been moved still views its own memory") {
  const auto example = ExampleSnapshot(3, 4, 2);
  auto first = Snapshot::decode(encode(example.view()).value());
  REQUIRE(first);
  const Snapshot second = std::move(*first);
  check_same(second.view(), example.view());
}

TEST_CASE("bytes need no alignment") {
  const auto example = ExampleSnapshot(3, 4, 2);
  const auto bytes = encode(example.view()).value();
  for (std::size_t shift = 1; shift < 8; ++shift) {
    std::vector<std::byte> shifted(shift);
    shifted.insert(shifted.end(), bytes.begin(), bytes.end());
    const auto snapshot = Snapshot::decode(std::span(shifted).subspan(shift));
    REQUIRE(snapshot);
    check_same(snapshot->view(), example.view());
  }
}

TEST_CASE("a snapshot that could not be read back is not written") {
  auto example = ExampleSnapshot(3, 4, 2);
  std::string_view field;
  SUBCASE("a number that is not one") {
    example.items.embeddings[3] = std::numeric_limits<float>::quiet_NaN();
    field = "items: the embedding of row 1";
  }
  SUBCASE("a column that is too short") {
    example.contexts.uses.pop_back();
    field = "contexts: uses";
  }
  SUBCASE("a rotation that is none") {
    example.rotation[0] += 1e-3;
    field = "rotation";
  }
  SUBCASE("a run without a name") {
    example.run.clear();
    field = "run";
  }
  SUBCASE("a report of another slice") {
    example.options.dimension = 3;
    field = "dimension";
  }
  MemorySink sink;
  std::vector<std::byte> workspace(100000);
  const auto result = encode_snapshot(example.view(), workspace, sink);
  REQUIRE(!result);
  CHECK(result.error().code() == ErrorCode::invalid_argument);
  CHECK(result.error().message().find(field) != std::string_view::npos);
  CHECK(sink.bytes.empty());
}

TEST_CASE("a chunk size that no row fits in, or past 2 GiB, is refused") {
  const auto example = ExampleSnapshot(3, 4, 1024);
  CHECK(encode(example.view(), 4096).error().code() == ErrorCode::invalid_argument);
  CHECK(encode(example.view(), max_chunk_bytes + 1).error().code() == ErrorCode::invalid_argument);
}

TEST_CASE("an error of the sink ends the encoding and is passed on") {
  class Full final : public ByteSink {
   public:
    explicit Full(std::size_t room) : room_(room) {}
    Expected<> write(std::span<const std::byte> bytes) override {
      if (bytes.size() > room_) return fail(ErrorCode::io_error, "full");
      room_ -= bytes.size();
      return {};
    }

   private:
    std::size_t room_;
  };
  const auto example = ExampleSnapshot(20, 20, 4);
  const std::size_t size = encode(example.view(), 1500).value().size();
  std::vector<std::byte> workspace(snapshot_workspace_bytes(example.view(), 1500));
  for (std::size_t room = 0; room < size; room += 50) {
    Full sink(room);
    const auto result = encode_snapshot(example.view(), workspace, sink, 1500);
    REQUIRE(!result);
    CHECK(result.error().message() == "full");
  }
}
