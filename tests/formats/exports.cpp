// Exports that are read back here byte by byte, as their formats are documented elsewhere.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

#include <gaugeline/formats/npy.hpp>
#include <gaugeline/formats/projector.hpp>
#include <gaugeline/formats/safetensors.hpp>

#include "example_snapshot.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

ExampleSide odd_tokens() {
  Random random(5);
  ExampleSide side(2, 3, "item-", random);
  side.token_bytes.clear();
  side.token_ends.clear();
  append_tokens(side.token_bytes, side.token_ends, {"new york\t\n\r\xC3\xA9", "\xFF\\\"x"});
  side.embeddings = {.1F, -2, 1e-10F, 0, 3, 4};
  side.uses = {3, 4.5F};
  side.precision = {1, .25F};
  return side;
}

// Only tokens and embeddings, as of a table that was turned.
EmbeddingView bare(const SideState<float>& side) { return {.tokens = side.tokens, .embeddings = side.embeddings}; }

std::vector<float> floats(std::string_view bytes) {
  std::vector<float> numbers(bytes.size() / sizeof(float));
  std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(float));
  return numbers;
}

// A tensor of a file whose header is written as ours is.
std::string_view tensor(std::string_view file, std::string_view name, std::string_view type, std::string_view shape) {
  std::uint64_t length = 0;
  std::memcpy(&length, file.data(), sizeof length);
  CHECK(length % 8 == 0);
  const std::string_view header = file.substr(8, length);
  const std::string start = "\"" + std::string(name) + "\":{\"dtype\":\"" + std::string(type) +
                            "\",\"shape\":" + std::string(shape) + ",\"data_offsets\":[";
  CAPTURE(header);
  const std::size_t at = header.find(start);
  REQUIRE(at != std::string_view::npos);
  const std::string offsets(header.substr(at + start.size()));
  const std::size_t begin = std::stoul(offsets);
  const std::size_t end = std::stoul(offsets.substr(offsets.find(',') + 1));
  REQUIRE(8 + length + end <= file.size());
  return file.substr(8 + length + begin, end - begin);
}

}  // namespace

TEST_CASE("npy: a header of version 1.0 padded to 64 bytes, and the numbers as they lie in memory") {
  const TemporaryDirectory folder;
  const ExampleSnapshot example(3000, 0, 25);
  REQUIRE(export_npy(embedding_view(example.items.view(25)), folder / "a.npy"));
  const std::string file = read_text(folder / "a.npy");
  CHECK(file.starts_with(std::string("\x93NUMPY\x01\x00", 8)));
  const std::size_t begin = 10U + static_cast<unsigned char>(file[8]) + 256U * static_cast<unsigned char>(file[9]);
  CHECK(begin % 64 == 0);
  CHECK(file[begin - 1] == '\n');
  CHECK(file.substr(10).starts_with("{'descr': '<f4', 'fortran_order': False, 'shape': (3000, 25), } "));
  CHECK(floats(std::string_view(file).substr(begin)) == example.items.embeddings);
  const std::string tokens = read_text(folder / "a.tokens.txt");
  CHECK(tokens.starts_with("item-0\nitem-1\n"));
  CHECK(std::ranges::count(tokens, '\n') == 3000);
}

TEST_CASE("npy: tokens lie beside the array, one a line, whatever is in them") {
  const TemporaryDirectory folder;
  REQUIRE(export_npy(embedding_view(odd_tokens().view(3)), folder / "vectors.v2"));
  CHECK(read_text(folder / "vectors.v2.tokens.txt") == "new york\t__\xC3\xA9\n\xFF\\\"x\n");
  CHECK(npy_tokens_file("run/a.npy") == "run/a.tokens.txt");
  CHECK(npy_tokens_file("run.npy/a") == "run.npy/a.tokens.txt");
}

TEST_CASE("projector: vectors, metadata with its columns, and a configuration that names both") {
  const TemporaryDirectory folder;
  REQUIRE(export_projector(embedding_view(odd_tokens().view(3)), folder / "new" / "p"));
  CHECK(read_text(folder / "new" / "p" / "vectors.tsv") == "0.1\t-2\t1e-10\n0\t3\t4\n");
  CHECK(read_text(folder / "new" / "p" / "metadata.tsv") ==
        "token\tuses\tprecision\nnew york___\xC3\xA9\t3\t1\n\xFF\\\"x\t4.5\t0.25\n");
  CHECK(read_text(folder / "new" / "p" / "projector_config.json") ==
        "{\"embeddings\": [{\"tensorName\": \"embeddings\", \"tensorShape\": [2, 3], \"tensorPath\": \"vectors.tsv\", "
        "\"metadataPath\": \"metadata.tsv\"}]}\n");
}

TEST_CASE("projector: a single column has no heading") {
  const TemporaryDirectory folder;
  const ExampleSide side = odd_tokens();
  REQUIRE(export_projector(bare(side.view(3)), folder.path()));
  CHECK(read_text(folder / "metadata.tsv") == "new york___\xC3\xA9\n\xFF\\\"x\n");
}

TEST_CASE("safetensors: every tensor is where the header says, and tokens are any bytes") {
  const TemporaryDirectory folder;
  const ExampleSide side = odd_tokens();
  REQUIRE(export_safetensors(embedding_view(side.view(3)), folder / "a"));
  const std::string file = read_text(folder / "a");
  CHECK(floats(tensor(file, "embeddings", "F32", "[2,3]")) == side.embeddings);
  CHECK(floats(tensor(file, "precision", "F32", "[2]")) == side.precision);
  CHECK(floats(tensor(file, "uses", "F32", "[2]")) == side.uses);
  CHECK(tensor(file, "tokens", "U8", "[17]") == std::string_view(side.token_bytes.data(), side.token_bytes.size()));
  std::vector<std::int64_t> ends(2);
  std::memcpy(ends.data(), tensor(file, "token_ends", "I64", "[2]").data(), 16);
  CHECK(ends == std::vector<std::int64_t>{13, 17});
  // Nothing follows the last tensor.
  const std::string_view last = tensor(file, "tokens", "U8", "[17]");
  CHECK(last.data() + last.size() == file.data() + file.size());
}

TEST_CASE("safetensors: what is not known is left out") {
  const TemporaryDirectory folder;
  const ExampleSide side = odd_tokens();
  REQUIRE(export_safetensors(bare(side.view(3)), folder / "a"));
  const std::string file = read_text(folder / "a");
  CHECK(file.find("precision") == std::string::npos);
  CHECK(file.find("uses") == std::string::npos);
  CHECK(floats(tensor(file, "embeddings", "F32", "[2,3]")) == side.embeddings);
}

TEST_CASE("a table of no rows is written in every format") {
  const TemporaryDirectory folder;
  const ExampleSnapshot example(0, 0, 4);
  REQUIRE(export_npy(embedding_view(example.items.view(4)), folder / "a.npy"));
  CHECK(read_text(folder / "a.npy").size() % 64 == 0);
  CHECK(read_text(folder / "a.tokens.txt").empty());
  REQUIRE(export_projector(embedding_view(example.items.view(4)), folder / "p"));
  CHECK(read_text(folder / "p" / "vectors.tsv").empty());
  REQUIRE(export_safetensors(embedding_view(example.items.view(4)), folder / "a"));
  CHECK(tensor(read_text(folder / "a"), "embeddings", "F32", "[0,4]").empty());
}

TEST_CASE("files and folders that cannot be written are named") {
  const TemporaryDirectory folder;
  write_bytes(folder / "file", {});
  const ExampleSnapshot example(1, 0, 4);
  const EmbeddingView table = embedding_view(example.items.view(4));
  for (const auto& result : {export_npy(table, folder / "no" / "a.npy"), export_safetensors(table, folder / "no" / "a"),
                             export_projector(table, folder / "file")}) {
    REQUIRE(!result);
    CHECK(result.error().message().starts_with(folder.path().native()));
  }
}
