#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include <gaugeline/formats/delta.hpp>

#include "delta_format.hpp"
#include "delta_parts.hpp"
#include "example_delta.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Bytes = std::vector<std::byte>;

}  // namespace

TEST_CASE("any one byte changed is detected, whole or summed up") {
  const SnapshotPair pair(12, 3, false);
  const Bytes good = encode_pair(pair, {.amount = .1F});
  const auto base = pair.base.view();
  REQUIRE(apply_delta(base, good));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
      Bytes changed = good;
      changed[i] ^= std::byte(flip);
      REQUIRE_MESSAGE(!apply_delta(base, changed), "byte ", i);
      REQUIRE_MESSAGE(!read_delta_summary(changed), "byte ", i);
    }
  }
}

TEST_CASE("a cut at any length, and bytes after the end, are detected") {
  const SnapshotPair pair(12, 3, true);
  const Bytes good = encode_pair(pair, {});
  for (std::size_t size = 0; size < good.size(); ++size) {
    REQUIRE_MESSAGE(!apply_delta(pair.base.view(), std::span(good).first(size)), "length ", size);
    const auto refused = read_delta_summary(std::span(good).first(size));
    REQUIRE_MESSAGE(!refused, "length ", size);
    const bool begins = begins_as_delta(std::span(good).first(size));
    CHECK_MESSAGE(refused.error().message().contains(begins ? "cut off" : "is not a delta"), "length ", size);
  }
  Bytes longer = good;
  longer.push_back({});
  CHECK(!apply_delta(pair.base.view(), longer));
}

TEST_CASE("rows that moved go in steps, others not at all, and what all figures were multiplied by goes once") {
  const SnapshotPair pair(30, 4, false);
  const DeltaParts parts = parts_of(encode_pair(pair, {.amount = .1F}));
  const auto& items = parts.rows.at(0);
  constexpr std::size_t count_column = 2;
  CHECK(items.columns[count_column]->factor == .9F);
  std::size_t by_steps = 0;
  for (std::size_t row = 0; row < 30; ++row) {
    CHECK((items.embeddings->coding[row] == 0) == (row % 7 != 0));
    by_steps += items.embeddings->coding[row] == 1 ? 1 : 0;
  }
  CHECK(by_steps == 5);
  // Without tolerance there are no steps, and every row has moved.
  const DeltaParts exact = parts_of(encode_pair(pair, {}));
  CHECK(std::ranges::all_of(exact.rows.at(0).embeddings->coding, [](std::uint8_t coding) { return coding == 2; }));
  // All counts are .9 of what they were: nothing is told of them but this.
  const SnapshotPair faded(shared_snapshot(20, 3), shared_snapshot(20, 3));
  CHECK(parts_of(encode_pair(faded, {})).rows.at(0).columns[count_column]->planes.empty());
}

TEST_CASE("what is well formed but means nothing is refused, and named") {
  const SnapshotPair pair(12, 3, false);
  DeltaParts changed = parts_of(encode_pair(pair, {.amount = .1F}));
  REQUIRE(apply_delta(pair.base.view(), changed.file()));
  auto& items = changed.rows.at(0);
  auto& contexts = changed.rows.at(1);
  std::string_view message;
  SUBCASE("another version") {
    changed.head.version = 2;
    message = "format version 2";
  }
  SUBCASE("no manifest") {
    changed.head.manifest.clear();
    message = "the manifest is missing";
  }
  SUBCASE("a tolerance below zero") {
    changed.head.tolerance = -1;
    message = "the tolerance is -1";
  }
  SUBCASE("an unknown unit") {
    changed.head.tolerance_unit = 2;
    message = "unknown unit 2";
  }
  SUBCASE("more rows than the options allow") {
    changed.head.item_rows = 0xFFFFFFFF;
    message = "over the capacity";
  }
  SUBCASE("a side that there is not") {
    items.side = 2;
    message = "of side 2";
  }
  SUBCASE("contexts before items") {
    std::swap(items, contexts);
    message = "do not come here";
  }
  SUBCASE("a gap between rows") {
    items.first_row = 1;
    message = "do not come here";
  }
  SUBCASE("too few rows") {
    changed.rows.pop_back();
    message = "contexts";
  }
  SUBCASE("a row of the base that is not there") {
    items.base_rows[1] = 12;
    message = "row 12 of the base is not there";
  }
  SUBCASE("a row of the base that comes twice") {
    items.base_rows[1] = 0;
    message = "row 0 of the base is not there, or comes twice";
  }
  SUBCASE("places of too few rows") {
    items.base_rows.pop_back();
    message = "base_rows has 14 entries for 15 rows";
  }
  SUBCASE("tokens of too few new rows") {
    items.token_ends.pop_back();
    message = "or their ends do not rise";
  }
  SUBCASE("no tokens of new rows") {
    items.token_ends.clear();
    items.token_bytes.clear();
    message = "0 tokens for 3 new rows";
  }
  SUBCASE("a token that is there already") {
    std::ranges::copy(std::string_view("item-11"), items.token_bytes.begin());
    message = "the token \"item-11\" is there already";
  }
  SUBCASE("a column too few") {
    items.columns.pop_back();
    message = "13 columns are not 14";
  }
  SUBCASE("a column of too few rows") {
    items.columns[1]->planes.resize(8);
    message = "columns[1] has 8 bytes for 15 rows";
  }
  SUBCASE("a factor of zero") {
    items.columns[2]->factor = 0;
    message = "columns[2]: the factor 0 is not";
  }
  SUBCASE("an unknown coding") {
    items.embeddings->coding[1] = 3;
    message = "row 1 has the unknown coding 3";
  }
  SUBCASE("codings of too few rows") {
    items.embeddings->coding.pop_back();
    message = "coding has 14 entries for 15 rows";
  }
  SUBCASE("a moved row without numbers") {
    items.embeddings->planes.resize(items.embeddings->planes.size() - 12);
    message = "rows of dimension 3";
  }
  SUBCASE("a new row without a vector") {
    items.embeddings->coding[13] = 0;
    items.embeddings->planes.resize(items.embeddings->planes.size() - 12);
    message = "a new row has no vector";
  }
  SUBCASE("a figure that cannot be") {
    items.columns[0]->planes.assign(60, 0xFF);
    message = "items: ";
  }
  SUBCASE("rows other than went in") {
    items.columns[3]->planes.clear();
    message = "not those that went in";
  }
  const auto refused = apply_delta(pair.base.view(), changed.file());
  REQUIRE(!refused);
  CHECK_MESSAGE(refused.error().message().find(message) != std::string_view::npos, refused.error().message());
}

TEST_CASE("a record that claims to be huge costs nothing") {
  Bytes file;
  const auto header = delta_file.header();
  file.assign(header.begin(), header.end());
  const Bytes record = delta_record(0, Bytes(100));
  auto claimed = RecordHeader::parse(std::span(record).first<record_header_bytes>());
  claimed.raw_bytes = 0xFFFFFFFF;
  const auto payload = std::span(record).subspan(record_header_bytes);
  const auto sealed = claimed.sealed(payload);
  file.insert(file.end(), sealed.begin(), sealed.end());
  file.insert(file.end(), payload.begin(), payload.end());
  const auto refused = read_delta_summary(file);
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::capacity_exceeded);
}
