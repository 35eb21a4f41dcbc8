// Files of every version that was released, or that data directories hold, are read for ever. golden/VERSION was
// written by the examples of these tests; a change of a format adds a folder, and none is ever written again.
#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <vector>

#include <gaugeline/formats/delta.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/journal.hpp>
#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/formats/snapshot_map.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <support/same_state.hpp>

#include "example_snapshot.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

const std::filesystem::path golden = GAUGELINE_GOLDEN_FOLDER;

// `tolerance` is of the embeddings, relative: other machines draw them with other rounding.
void check_snapshot_file(const std::filesystem::path& file, const ExampleSnapshot& example, float tolerance = 1e-6F) {
  const auto snapshot = read_snapshot(file);
  REQUIRE_MESSAGE(snapshot, std::string(snapshot ? "" : snapshot.error().message()));
  const SnapshotView found = snapshot->view(), expected = example.view();
  CHECK(found.lineage.run == expected.lineage.run);
  CHECK(found.lineage.parent_checksum == expected.lineage.parent_checksum);
  CHECK(found.options == expected.options);
  CHECK(found.report.score == expected.report.score);
  for (const Side side : both_sides) {
    const SideState<float>&rows = found.state[side], &those = expected.state[side];
    CHECK(testing::same_bits(rows.tokens.bytes(), those.tokens.bytes()));
    CHECK(testing::same_bits(rows.tokens.ends(), those.tokens.ends()));
    CHECK(testing::same_bits(rows.precision, those.precision));
    CHECK(testing::same_bits(rows.uses, those.uses));
    CHECK(testing::same_bits(rows.born, those.born));
    CHECK(rows.offset.size() == those.offset.size());
    CHECK(rows.embeddings.isApprox(those.embeddings, tolerance));
  }
  const auto map = SnapshotMap::open(file);
  REQUIRE(map);
  CHECK(map->size(Side::items) == expected.state.items.size());
  CHECK(map->row(Side::items, 1)->token == "item-1");
}

}  // namespace

TEST_CASE("snapshots of all versions are read") {
  for (const std::string version : {"0.1.0-before-token-order", "0.1.0"}) {
    CAPTURE(version);
    check_snapshot_file(golden / version / "skipgram.snapshot", ExampleSnapshot(8, 5, 3));
    check_snapshot_file(golden / version / "values.snapshot", value_snapshot(4, 3, 2));
  }
}

TEST_CASE("compact snapshots of all versions are read, and come out rounded") {
  const auto folder = golden / "0.1.0" / "compact";
  for (const auto& [encoding, tolerance] : {std::pair(Encoding::bfloat16, .004F), std::pair(Encoding::int8, .008F)}) {
    const std::string name(encoding_name(encoding));
    CAPTURE(name);
    check_snapshot_file(folder / ("skipgram-" + name + ".snapshot"), ExampleSnapshot(8, 5, 3), tolerance);
    check_snapshot_file(folder / ("values-" + name + ".snapshot"), value_snapshot(4, 3, 2), tolerance);
    CHECK(read_snapshot(folder / ("values-" + name + ".snapshot"))->view().encoding == encoding);
  }
}

TEST_CASE("what today's version wrote, it writes again byte for byte, whatever versions have been added") {
  std::size_t files = 0;
  for (const auto& folder : {golden / "0.1.0", golden / "0.1.0" / "compact"}) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() != ".snapshot") continue;
      CAPTURE(entry.path().native());
      const std::string bytes = read_text(entry.path());
      const auto again = encode(read_snapshot(entry.path())->view()).value();
      CHECK(std::ranges::equal(again, std::as_bytes(std::span(bytes))));
      ++files;
    }
  }
  CHECK(files == 6);
}

TEST_CASE("a snapshot without an order of its tokens is not searched in place, and says why") {
  const auto before = SnapshotMap::open(golden / "0.1.0-before-token-order" / "skipgram.snapshot").value();
  CHECK(before.find(Side::items, "item-3").error().code() == ErrorCode::unsupported_version);
  CHECK(read_snapshot(golden / "0.1.0-before-token-order" / "skipgram.snapshot")->view().canaries.rows.empty());
  const auto now = SnapshotMap::open(golden / "0.1.0" / "skipgram.snapshot").value();
  CHECK(now.find(Side::items, "item-3").value() == 3U);
}

TEST_CASE("deltas of all versions are applied") {
  const auto folder = golden / "0.1.0" / "delta";
  const auto base = read_snapshot(folder / "base.snapshot").value();
  const auto target = read_snapshot(folder / "target.snapshot").value();
  const auto apply = [&](const char* name) { return apply_delta(base.view(), read_file(folder / name)->span()); };
  const auto exact = apply("exact.delta");
  REQUIRE(exact);
  CHECK(rows_digest(exact->view()) == rows_digest(target.view()));
  CHECK(exact->view().lineage.parent_checksum == target.view().lineage.parent_checksum);
  const auto loose = apply("loose.delta");
  REQUIRE(loose);
  CHECK(loose->view().state.items.embeddings.isApprox(target.view().state.items.embeddings, .1F));
}

TEST_CASE("slices of all versions are read, by themselves and in a file") {
  const auto folder = golden / "0.1.0";
  const std::string text = read_text(folder / "text.slice");
  const auto slice = decode_slice(std::as_bytes(std::span(text)));
  REQUIRE(slice);
  CHECK(slice->sequence_ids == text_slice().sequence_ids);
  CHECK(slice->item_token_bytes == text_slice().item_token_bytes);
  const std::string sides = read_text(folder / "two_sided.slice");
  CHECK(decode_slice(std::as_bytes(std::span(sides)))->context_token_bytes == two_sided_slice().context_token_bytes);
  auto reader = SlicesReader::open(folder / "three.slices").value();
  for (const SliceData& expected : {empty_slice(), text_slice(), two_sided_slice()})
    CHECK(reader.next().value()->item_token_bytes == expected.item_token_bytes);
  CHECK(reader.next().value() == std::nullopt);
}

TEST_CASE("journals of all versions are read") {
  const TemporaryDirectory folder;  // to open a journal is to write to it
  std::filesystem::copy(golden / "0.1.0" / "journal", folder / "journal");
  const auto journal = Journal::open(folder / "journal");
  REQUIRE(journal);
  std::uint64_t number = 0;
  REQUIRE(journal->replay(1, [&](const JournalRecord& record) -> Expected<> {
    const std::string_view body(reinterpret_cast<const char*>(record.body.data()), record.body.size());
    CHECK(body == "record " + std::to_string(++number));
    CHECK(record.kind == number);
    return {};
  }));
  CHECK(number == 3);
}
