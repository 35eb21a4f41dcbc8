// Snapshots whose embeddings are not float32: what comes back, and what is refused.
#include <doctest/doctest.h>
#include <rows_generated.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <string>

#include <gaugeline/formats/snapshot_map.hpp>

#include "awkward_rows.hpp"
#include "example_snapshot.hpp"
#include "seal.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

using Bytes = std::vector<std::byte>;
constexpr std::array compact_encodings{Encoding::bfloat16, Encoding::int8};
constexpr std::size_t small_chunks = 1400;  // bytes, so that there are several

Bytes encode_as(const ExampleSnapshot& example, Encoding encoding, std::size_t chunk_bytes = default_chunk_bytes) {
  SnapshotView view = example.view();
  view.encoding = encoding;
  return encode(view, chunk_bytes).value();
}

// What a row is once it has been stored.
std::vector<float> rounded(std::span<const float> row, Encoding encoding) {
  const float scale = int8_scale(row);
  std::vector<float> decoded;
  for (const float number : row)
    decoded.push_back(encoding == Encoding::bfloat16 ? from_bfloat16(to_bfloat16(number))
                                                     : from_int8(to_int8(number, scale), scale));
  return decoded;
}

std::span<const float> row_of(const ConstTable<float>& table, std::size_t row) {
  const auto dimension = static_cast<std::size_t>(table.cols());
  return {table.data() + row * dimension, dimension};
}

void check_round_trip(const ExampleSnapshot& example, Encoding encoding, std::size_t chunk_bytes) {
  const Bytes bytes = encode_as(example, encoding, chunk_bytes);
  const auto snapshot = Snapshot::decode(bytes);
  REQUIRE_MESSAGE(snapshot, std::string(snapshot ? "" : snapshot.error().message()));
  const SnapshotView found = snapshot->view(), expected = example.view();
  CHECK(found.encoding == encoding);
  CHECK(found.lineage.run == expected.lineage.run);
  CHECK(found.options == expected.options);
  for (const Side side : both_sides) {
    const SideState<float>&rows = found.state[side], &those = expected.state[side];
    REQUIRE(rows.size() == those.size());
    for (std::size_t row = 0; row < rows.size(); ++row)
      REQUIRE(std::ranges::equal(row_of(rows.embeddings, row), rounded(row_of(those.embeddings, row), encoding)));
    CHECK(std::ranges::equal(rows.tokens.bytes(), those.tokens.bytes()));
    CHECK(std::ranges::equal(rows.precision, those.precision));
    CHECK(std::ranges::equal(rows.offset, those.offset));
    CHECK(std::ranges::equal(rows.born, those.born));
    CHECK(rows.anchor_time.empty());
    CHECK(rows.anchor.rows() == 0);
  }
  CHECK(encode(found, chunk_bytes).value() == bytes);  // rounded once and for all
}

struct Refusal {
  ErrorCode code;
  std::string words;
};

Refusal refusal(Bytes bytes) {
  seal(bytes);
  const auto snapshot = Snapshot::decode(bytes);
  REQUIRE(!snapshot);
  return {snapshot.error().code(), std::string(snapshot.error().message())};
}

bool says(const Bytes& bytes, std::string_view words) {
  const Refusal refused = refusal(bytes);
  CAPTURE(refused.words);
  CHECK(refused.words.find(words) != std::string::npos);
  return refused.words.find(words) != std::string::npos;
}

template <class Number>
void overwrite(const Number* place, Number number) {
  std::memcpy(const_cast<Number*>(place), &number, sizeof number);
}

const schema::Rows& rows(const Bytes& bytes, flatbuffers::uoffset_t index) {
  return *schema::GetRows(bytes.data() + manifest_of(bytes)->chunks()->Get(index)->offset());
}

std::uint8_t* encoding_of(const Bytes& bytes) {
  constexpr flatbuffers::voffset_t place = schema::Manifest::VT_ENCODING;
  return const_cast<std::uint8_t*>(
      reinterpret_cast<const flatbuffers::Table*>(manifest_of(bytes))->GetAddressOf(place));
}

std::filesystem::path write_file(const TemporaryDirectory& folder, const Bytes& bytes) {
  std::ofstream(folder / "snapshot", std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return folder / "snapshot";
}

}  // namespace

TEST_CASE("everything comes back but for rounded embeddings and anchors, over shapes") {
  for (const Encoding encoding : compact_encodings) {
    for (const std::uint32_t dimension : {1U, 2U, 7U, 64U}) {
      CAPTURE(dimension);
      check_round_trip(ExampleSnapshot(20, 30, dimension), encoding, default_chunk_bytes);
      check_round_trip(ExampleSnapshot(0, 1, dimension), encoding, default_chunk_bytes);
      check_round_trip(shared_snapshot(25, dimension), encoding, default_chunk_bytes);
      check_round_trip(value_snapshot(20, 30, dimension), encoding, 1800);
    }
  }
}

TEST_CASE("rows at the ends of what float32 holds come back rounded") {
  for (const Encoding encoding : compact_encodings) {
    for (const std::uint32_t dimension : {1U, 3U, 33U}) {
      const auto awkward = awkward_rows(dimension);
      ExampleSnapshot example(awkward.size(), 1, dimension);
      for (std::size_t row = 0; row < awkward.size(); ++row)
        std::ranges::copy(awkward[row],
                          example.items.embeddings.begin() + static_cast<std::ptrdiff_t>(row * dimension));
      check_round_trip(example, encoding, default_chunk_bytes);
    }
  }
}

TEST_CASE("embeddings take a half and a quarter of the bytes, and anchors none") {
  const ExampleSnapshot example(500, 500, 64);
  const std::size_t numbers = std::size_t{500} * 2 * 64;
  const std::size_t full = encode(example.view()).value().size();
  constexpr std::size_t rows = 1000;
  const std::size_t anchors = numbers * 4 + rows * 4;
  const auto near = [](std::size_t a, std::size_t b) { return a < b + 200 && b < a + 200; };
  CHECK(near(encode_as(example, Encoding::bfloat16).size(), full - anchors - numbers * 2));
  CHECK(near(encode_as(example, Encoding::int8).size(), full - anchors - numbers * 3 + rows * 4));
}

TEST_CASE("a compact snapshot is of another version than one that is not, and cannot be resumed") {
  const ExampleSnapshot example(3, 4, 2);
  for (const Encoding encoding : compact_encodings) {
    const Bytes bytes = encode_as(example, encoding);
    CHECK(load<std::uint32_t>(bytes, 8) == 2);
    CHECK(load<std::uint32_t>(std::span(bytes).last(64), 8) == 2);
    CHECK(manifest_of(bytes)->version() == 2);
    const auto refused = check_resumable(Snapshot::decode(bytes)->view());
    REQUIRE(!refused);
    CHECK(refused.error().code() == ErrorCode::invalid_argument);
    CHECK(refused.error().message().find(encoding_name(encoding)) != std::string_view::npos);
  }
  const Bytes full = encode_as(example, Encoding::float32);
  CHECK(load<std::uint32_t>(full, 8) == 1);
  CHECK(!manifest_of(full)->encoding());
  CHECK(check_resumable(Snapshot::decode(full)->view()));
}

TEST_CASE("any one byte changed, and a cut at any length, are detected") {
  for (const Encoding encoding : compact_encodings) {
    const Bytes good = encode_as(ExampleSnapshot(12, 7, 3), encoding, small_chunks);
    REQUIRE(Snapshot::decode(good));
    for (std::size_t i = 0; i < good.size(); ++i) {
      for (const unsigned flip : {0x01U, 0x80U, 0xFFU}) {
        Bytes changed = good;
        changed[i] ^= std::byte(flip);
        REQUIRE_MESSAGE(!Snapshot::decode(changed), "byte ", i);
      }
      REQUIRE_MESSAGE(!Snapshot::decode(std::span(good).first(i)), "length ", i);
    }
  }
}

TEST_CASE("figures that an encoding cannot give are refused behind right checksums") {
  const Bytes halves = encode_as(ExampleSnapshot(12, 7, 3), Encoding::bfloat16, small_chunks);
  const Bytes bytes = encode_as(ExampleSnapshot(12, 7, 3), Encoding::int8, small_chunks);
  SUBCASE("a bfloat16 that is infinite, or none") {
    for (const std::uint16_t number : std::initializer_list<std::uint16_t>{0x7F80, 0xFF80, 0x7FC0}) {
      overwrite(rows(halves, 0).embeddings_bfloat16()->data(), number);
      CHECK(says(halves, "the embedding of row 0 is not finite"));
    }
  }
  SUBCASE("-128") {
    overwrite(rows(bytes, 0).embeddings_int8()->data() + 4, std::int8_t{-128});
    CHECK(says(bytes, "embeddings_int8[4] is -128"));
  }
  SUBCASE("a scale") {
    using limits = std::numeric_limits<float>;
    for (const float scale : {-1.F, limits::infinity(), limits::quiet_NaN(), limits::max(), .1F}) {
      overwrite(rows(bytes, 0).embedding_scale()->data() + 1, scale);
      CHECK(says(bytes, "row 1: "));
      CHECK(says(bytes, "is not the scale of a row"));
    }
  }
}

TEST_CASE("an encoding that does not fit the version or the columns is refused") {
  Bytes bytes = encode_as(ExampleSnapshot(3, 2, 2), Encoding::int8);
  SUBCASE("of a later program") {
    *encoding_of(bytes) = 3;
    CHECK(says(bytes, "does not know encoding 3"));
    CHECK(refusal(bytes).code == ErrorCode::unsupported_version);
  }
  SUBCASE("float32 in a compact file") {
    *encoding_of(bytes) = 0;
    CHECK(says(bytes, "encoding 0 in a file of format version 2"));
  }
  SUBCASE("columns of another encoding") {
    *encoding_of(bytes) = 1;
    CHECK(says(bytes, "embeddings_bfloat16 has 0 bytes for 3 rows of dimension 2 as bfloat16, not 12"));
  }
  SUBCASE("a manifest of another version") {
    store(bytes, 8, std::uint32_t{1});
    store(std::span(bytes).last(64), 8, std::uint32_t{1});
    CHECK(says(bytes, "manifest: format version 2, but the header says 1"));
  }
  SUBCASE("a footer of another version") {
    store(std::span(bytes).last(64), 8, std::uint32_t{1});
    CHECK(says(bytes, "the footer's version"));
  }
}

TEST_CASE("the map gives the columns as they are stored, and rows as float32") {
  const TemporaryDirectory folder;
  for (const Encoding encoding : {Encoding::float32, Encoding::bfloat16, Encoding::int8}) {
    for (const std::size_t chunk_bytes : {default_chunk_bytes, small_chunks}) {
      const Bytes bytes = encode_as(shared_snapshot(30, 5), encoding, chunk_bytes);
      const auto whole = Snapshot::decode(bytes).value();
      const auto map = SnapshotMap::open(write_file(folder, bytes)).value();
      CHECK(map.summary().encoding == encoding);
      for (const Side side : both_sides) {
        const ConstTable<float> expected = whole.view().state[side].embeddings;
        for (std::size_t c = 0; c < map.chunks(side); ++c) {
          const MappedChunk chunk = map.chunk(side, c).value();
          const auto those = expected.middleRows(chunk.first_row, chunk.rows.precision.size());
          CHECK(chunk.rows.embeddings.rows() == (encoding == Encoding::float32 ? those.rows() : 0));
          CHECK(chunk.rows.anchor_time.empty() == (encoding != Encoding::float32));
          if (encoding == Encoding::bfloat16) {
            CHECK((chunk.embeddings_bfloat16.cast<float>().array() == those.array()).all());
            CHECK(reinterpret_cast<std::uintptr_t>(chunk.embeddings_bfloat16.data()) % 32 == 0);
          } else if (encoding == Encoding::int8) {
            const Eigen::Map<const Eigen::VectorXf> scale(chunk.embedding_scale.data(), those.rows());
            const Eigen::MatrixXf decoded = scale.asDiagonal() * chunk.embeddings_int8.cast<float>();
            CHECK(decoded == those);
            CHECK(reinterpret_cast<std::uintptr_t>(chunk.embeddings_int8.data()) % 32 == 0);
          }
        }
        std::vector<float> out(5);
        for (RowIndex row = 0; row < map.size(side); ++row) {
          REQUIRE(map.embedding(side, row, out));
          CHECK(std::ranges::equal(out, row_of(expected, row)));
          CHECK(map.row(side, row)->embedding.size() == (encoding == Encoding::float32 ? 5 : 0));
          CHECK(map.row(side, row)->token == whole.view().state[side].tokens[row]);
        }
        CHECK(map.embedding(side, 30, out).error().code() == ErrorCode::invalid_argument);
        CHECK(map.embedding(side, 0, std::span(out).first(4)).error().code() == ErrorCode::invalid_argument);
      }
    }
  }
}

TEST_CASE("of a compact file that is not verified, nothing outside of it is read") {
  constexpr std::array changes{std::byte{0x01}, std::byte{0x80}, std::byte{0xFF}};  // by turns: files take their time
  const TemporaryDirectory folder;
  for (const Encoding encoding : compact_encodings) {
    Bytes bytes = encode_as(ExampleSnapshot(6, 5, 2), encoding, 1300);
    std::vector<float> out(2);
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      const std::byte change = changes[at % changes.size()];
      bytes[at] ^= change;
      const auto file = write_file(folder, bytes);
      CHECK_MESSAGE(!SnapshotMap::open(file), "byte ", at);
      if (const auto map = SnapshotMap::open(file, Verification::nothing)) {
        for (RowIndex row = 0; row < map->size(Side::items); ++row)
          static_cast<void>(map->embedding(Side::items, row, out));
        for (std::size_t c = 0; c < map->chunks(Side::items); ++c) static_cast<void>(map->chunk(Side::items, c));
      }
      bytes[at] ^= change;
    }
  }
}
