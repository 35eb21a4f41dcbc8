#include <doctest/doctest.h>

#include <limits>
#include <string>

#include <gaugeline/formats/npy.hpp>
#include <gaugeline/formats/table_import.hpp>
#include <gaugeline/formats/word2vec.hpp>

#include "example_snapshot.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

enum class Kind { text, binary, npy };
constexpr std::array<Kind, 3> kinds{Kind::text, Kind::binary, Kind::npy};

std::filesystem::path write(const EmbeddingView& table, Kind kind, const TemporaryDirectory& folder) {
  const std::filesystem::path file = folder / (kind == Kind::npy ? "a.npy" : "a");
  if (kind == Kind::npy) {
    REQUIRE(export_npy(table, file));
  } else {
    REQUIRE(export_word2vec(table, kind == Kind::text ? Word2vecFormat::text : Word2vecFormat::binary, file));
  }
  return file;
}

void write_text(const std::filesystem::path& file, std::string_view text) {
  write_bytes(file, std::as_bytes(std::span(text)));
}

Expected<EmbeddingTable> import_text(std::string_view text, const ImportLimits& limits = {}) {
  const TemporaryDirectory folder;
  write_text(folder / "a", text);
  return import_embeddings(folder / "a", limits);
}

// An array of NumPy's, whose header is any text, and its tokens.
Expected<EmbeddingTable> import_array(std::string dictionary, std::string_view numbers, std::string_view tokens,
                                      const ImportLimits& limits = {}) {
  const TemporaryDirectory folder;
  std::string file = "\x93NUMPY";
  file += {1, 0, static_cast<char>(dictionary.size()), 0};
  write_text(folder / "a.npy", file + dictionary + std::string(numbers));
  write_text(folder / "a.tokens.txt", tokens);
  return import_embeddings(folder / "a.npy", limits);
}

std::string bytes_of(std::initializer_list<float> numbers) {
  std::string bytes;
  for (const float number : numbers) bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  return bytes;
}

template <class Result>
void check_error(const Result& result, ErrorCode code, std::string_view part) {
  REQUIRE(!result);
  CAPTURE(result.error().message());
  CHECK(result.error().code() == code);
  CHECK(result.error().message().find(part) != std::string_view::npos);
}

const std::string two_numbers = bytes_of({1, 2});
const std::string good_dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";

}  // namespace

TEST_CASE("what was exported comes back, token for token and bit for bit") {
  for (const Kind kind : kinds) {
    for (const std::uint32_t dimension : {1U, 2U, 3U, 25U}) {
      CAPTURE(dimension);
      const TemporaryDirectory folder;
      ExampleSnapshot example(500, 0, dimension);
      example.items.embeddings[0] = std::numeric_limits<float>::denorm_min();
      example.items.embeddings[7] = -std::numeric_limits<float>::max();
      example.items.embeddings[8] = -0.F;
      const auto table = import_embeddings(write(embedding_view(example.items.view(dimension)), kind, folder));
      REQUIRE_MESSAGE(table, table.error().message());
      CHECK(table->dimension == dimension);
      CHECK(table->numbers == example.items.embeddings);
      CHECK(table->token_bytes == example.items.token_bytes);
      CHECK(table->token_ends == example.items.token_ends);
    }
  }
}

TEST_CASE("a table of no rows comes back") {
  for (const Kind kind : kinds) {
    const TemporaryDirectory folder;
    const auto table = import_embeddings(write(embedding_view(ExampleSnapshot(0, 0, 4).items.view(4)), kind, folder));
    REQUIRE_MESSAGE(table, table.error().message());
    CHECK(table->size() == 0);
    CHECK(table->dimension == 4);
  }
}

TEST_CASE("a cut at any length is detected, in the file and in the tokens beside it") {
  for (const Kind kind : kinds) {
    const TemporaryDirectory folder;
    const ExampleSnapshot example(12, 0, 3);
    const std::filesystem::path file = write(embedding_view(example.items.view(3)), kind, folder);
    for (const auto& cut_file : {file, npy_tokens_file(file)}) {
      if (!std::filesystem::exists(cut_file)) continue;
      const std::string whole = read_text(cut_file);
      // The last line break of a binary file says nothing; some programs write none.
      const std::size_t end = kind == Kind::binary ? whole.size() - 1 : whole.size();
      for (std::size_t size = 0; size < end; ++size) {
        write_text(cut_file, whole.substr(0, size));
        const auto result = import_embeddings(file);
        REQUIRE_MESSAGE(!result, "length ", size);
        REQUIRE(result.error().message().starts_with(cut_file.native()));
      }
      write_text(cut_file, whole);
      REQUIRE(import_embeddings(file));
    }
  }
}

TEST_CASE("a changed byte is refused, or read as a table that is whole") {
  for (const Kind kind : kinds) {
    const TemporaryDirectory folder;
    const ExampleSnapshot example(6, 0, 3);
    const std::filesystem::path file = write(embedding_view(example.items.view(3)), kind, folder);
    const std::string whole = read_text(file);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      for (const unsigned flip : {0x01U, 0x10U, 0x80U, 0xFFU}) {
        std::string changed = whole;
        changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ flip);
        write_text(file, changed);
        const auto result = import_embeddings(file);
        if (!result) continue;
        REQUIRE(result->view().tokens.well_formed());
        REQUIRE(result->numbers.size() == result->size() * result->dimension);
        REQUIRE(result->view().embeddings.allFinite());
      }
    }
  }
}

TEST_CASE("bytes after the end are detected") {
  for (const Kind kind : kinds) {
    const TemporaryDirectory folder;
    const ExampleSnapshot example(3, 0, 4);
    const std::filesystem::path file = write(embedding_view(example.items.view(4)), kind, folder);
    write_text(file, read_text(file) + "x\n");
    CHECK(!import_embeddings(file));
  }
}

TEST_CASE("word2vec: what other programs write is read") {
  SUBCASE("spaces before the line break, as of word2vec.c and fastText") {
    CHECK(import_text("1 2 \nwar 0.5 -1e-3 \n")->numbers == std::vector<float>{.5F, -1e-3F});
  }
  SUBCASE("line breaks of two bytes") {
    CHECK(import_text("1 2\r\nwar 0.5 2\r\n")->numbers == std::vector<float>{.5F, 2});
  }
  SUBCASE("binary rows without a line break, as of gensim 4") {
    const auto table = import_text("2 2\nwar " + two_numbers + "peace " + two_numbers);
    REQUIRE(table);
    CHECK(table->view().tokens[1] == "peace");
    CHECK(table->numbers == std::vector<float>{1, 2, 1, 2});
  }
  SUBCASE("a token twice") { CHECK(import_text("2 1\na 1\na 2\n")->size() == 2); }
}

TEST_CASE("word2vec: what is wrong is said with its line, or its row and offset") {
  struct Case {
    std::string file;
    std::string complaint;
  };
  const std::vector<Case> cases{
      {"", "line 1 is not 'ROWS DIMENSION'"},
      {"the quick brown fox 1 2\n", "line 1 is not 'ROWS DIMENSION'"},
      {"1 0\na\n", "has no dimensions"},
      {"1 2\na 1\n", "ends after"},
      {"2 3\na 1.5 2 3\nb 1.5 2\n", "line 3: number 3 of 3"},
      {"2 3\na 1.5 2 3\nb 1.5 2 x\n", "line 3: number 3 of 3"},
      {"1 3\na 1.5 2 3 4\n", "line 2: has more than 3 numbers"},
      {"1 3\n 1.5 2 3\n", "line 2: has no token"},
      {"1 3\na 1.5 2 nan\n", "line 2: number 3 of 3"},
      {"1 3\na 1.5 2 1e39\n", "line 2: number 3 of 3"},
      {"1 3\na 1.5  2 3\n", "line 2: number 2 of 3"},
      {"2 3\na 1.500 2.500 3\n", "line 3: is missing: the file is cut"},
      {"1 3\na 1.5 2 3\nb 1 2 3\n", "line 3: is more than the 1 rows"},
      {"2 2\nwar " + two_numbers + "peace    ", "row 1 at offset 16: the file is cut"},
      {"2 2\nwar " + two_numbers + "\n " + two_numbers, "row 1 at offset 16: has no token"},
      {"1 2\nwar " + bytes_of({1, std::numeric_limits<float>::infinity()}),
       "row 0 at offset 4: a number is not finite"},
      {"1 2\nwar " + two_numbers + "\nx", "offset 16: is more than the 1 rows"},
  };
  for (const auto& [file, complaint] : cases) {
    CAPTURE(file);
    check_error(import_text(file), ErrorCode::bad_data, complaint);
  }
}

TEST_CASE("npy: headers as other versions and programs write them") {
  for (const std::string& dictionary :
       {good_dictionary, std::string("{\"shape\": (1,2), \"fortran_order\":True,\"descr\":\"<f4\"}")}) {
    const auto table = import_array(dictionary, two_numbers, "new york\r\n");
    REQUIRE_MESSAGE(table, table.error().message());
    CHECK(table->numbers == std::vector<float>{1, 2});
    CHECK(table->view().tokens[0] == "new york");
  }
}

TEST_CASE("npy: what is wrong is said") {
  const auto header = [](const std::string& type, const std::string& order, const std::string& shape) {
    return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + "}";
  };
  const auto check = [](const std::string& dictionary, std::string_view numbers, std::string_view tokens,
                        std::string_view complaint) {
    CAPTURE(dictionary);
    check_error(import_array(dictionary, numbers, tokens), ErrorCode::bad_data, complaint);
  };
  check(header("<f8", "False", "(1, 2)"), two_numbers, "a\n", "astype('float32')");
  check(header("<f4", "False", "(2,)"), two_numbers, "a\n", "1 axes");
  check(header("<f4", "True", "(2, 2)"), two_numbers + two_numbers, "a\nb\n", "ascontiguousarray");
  check(header("<f4", "Maybe", "(1, 2)"), two_numbers, "a\n", "offset 10");
  check(header("<f4", "False", "(1, -2)"), two_numbers, "a\n", "offset 10");
  check(good_dictionary + "x", two_numbers, "a\n", "offset 10");
  check("{'descr': '<f4', 'shape': (1, 2)}", two_numbers, "a\n", "offset 10");
  check("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}", two_numbers, "a\n", "offset 10");
  check(header("<f4", "False", "(1, 0)"), "", "a\n", "has no dimensions");
  check(good_dictionary, two_numbers + "x", "a\n", "more follows");
  check(good_dictionary, bytes_of({1, std::numeric_limits<float>::quiet_NaN()}), "a\n", "row 0 at offset 74");
  check(good_dictionary, two_numbers, "", "a.tokens.txt: line 1: is missing, and the array has 1 rows");
  check(good_dictionary, two_numbers, "a", "line 1: does not end");
  check(good_dictionary, two_numbers, "\n", "line 1: has no token");
  check(good_dictionary, two_numbers, "a\nb\n", "line 2: is more than the 1 rows");
}

TEST_CASE("npy: a version that is not known, and tokens that are not there") {
  const TemporaryDirectory folder;
  write_text(folder / "a.npy", "\x93NUMPY\x04xxxxxxxxxxxxx");
  check_error(import_embeddings(folder / "a.npy"), ErrorCode::unsupported_version,
              "a.npy: offset 6: is of .npy's version 4");
  REQUIRE(export_npy(embedding_view(ExampleSnapshot(1, 0, 4).items.view(4)), folder / "b.npy"));
  std::filesystem::remove(folder / "b.tokens.txt");
  check_error(import_embeddings(folder / "b.npy"), ErrorCode::not_found, "b.tokens.txt");
}

TEST_CASE("limits hold before memory is taken, and so does what the file can hold") {
  check_error(import_text("5 2\n", {.rows = 4}), ErrorCode::capacity_exceeded, "5 rows, over the limit of 4");
  check_error(import_text("1 2\n", {.dimension = 1}), ErrorCode::capacity_exceeded, "2 dimensions");
  check_error(import_text("1 2\na 1 2\n", {.bytes = 9}), ErrorCode::capacity_exceeded, "10 bytes, over the limit of 9");
  check_error(import_text("200000000 60000\na 1 2\n"), ErrorCode::bad_data, "ends after 6 bytes");
  check_error(import_text("18446744073709551615 18446744073709551615\n"), ErrorCode::capacity_exceeded, "rows");
  check_error(import_text("1 18446744073709551615\n"), ErrorCode::capacity_exceeded, "dimensions");
  const std::string start = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  check_error(import_array(start + "(200000000, 60000)}", two_numbers, "a\n"), ErrorCode::bad_data,
              "ends after 8 bytes");
  check_error(import_array(start + "(3, 2)}", "", "a\n", {.rows = 2}), ErrorCode::capacity_exceeded, "3 rows");
}

TEST_CASE("a file that is not there is named") {
  check_error(import_embeddings("/nowhere/a"), ErrorCode::not_found, "/nowhere/a");
}
