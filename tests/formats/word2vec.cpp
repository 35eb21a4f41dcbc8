#include <doctest/doctest.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>

#include <gaugeline/formats/word2vec.hpp>

#include "example_snapshot.hpp"
#include "temporary_directory.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

struct Vectors {
  std::vector<std::string> tokens;
  std::vector<float> numbers;
};

std::string until(std::string_view& text, char end) {
  const auto place = text.find(end);
  REQUIRE(place != std::string_view::npos);
  const std::string part(text.substr(0, place));
  text.remove_prefix(place + 1);
  return part;
}

// As word2vec.c's distance.c and gensim do.
Vectors read(const std::filesystem::path& file, Word2vecFormat format, std::size_t expected_dimension) {
  const std::string content = read_text(file);
  std::string_view text = content;
  const std::size_t rows = std::stoul(until(text, ' '));
  const std::size_t dimension = std::stoul(until(text, '\n'));
  CHECK(dimension == expected_dimension);
  Vectors vectors;
  for (std::size_t row = 0; row < rows; ++row) {
    vectors.tokens.push_back(until(text, ' '));
    for (std::size_t k = 0; k < dimension; ++k) {
      float number = 0;
      if (format == Word2vecFormat::binary) {
        REQUIRE(text.size() > sizeof number);
        std::memcpy(&number, text.data(), sizeof number);
        text.remove_prefix(sizeof number);
      } else {
        number = std::strtof(until(text, k + 1 == dimension ? '\n' : ' ').c_str(), nullptr);
      }
      vectors.numbers.push_back(number);
    }
    if (format == Word2vecFormat::binary) CHECK(until(text, '\n').empty());
  }
  CHECK(text.empty());
  return vectors;
}

}  // namespace

TEST_CASE("both formats read back to the same tokens and the same floats") {
  const TemporaryDirectory folder;
  for (const auto format : {Word2vecFormat::text, Word2vecFormat::binary}) {
    ExampleSnapshot example(3000, 0, 25);
    example.items.embeddings[0] = std::numeric_limits<float>::denorm_min();
    example.items.embeddings[1] = -std::numeric_limits<float>::max();
    example.items.embeddings[2] = 1.F / 3;
    REQUIRE(export_word2vec(embedding_view(example.items.view(25)), format, folder / "vectors"));
    const auto vectors = read(folder / "vectors", format, 25);
    CHECK(vectors.numbers == example.items.embeddings);
    REQUIRE(vectors.tokens.size() == 3000);
    CHECK(vectors.tokens[2999] == "item-2999");
  }
}

TEST_CASE("text has the fewest digits that read back") {
  const TemporaryDirectory folder;
  ExampleSnapshot example(1, 0, 3);
  example.items.embeddings = {.1F, -2, 1e-10F};
  REQUIRE(export_word2vec(embedding_view(example.items.view(3)), Word2vecFormat::text, folder / "vectors"));
  CHECK(read_text(folder / "vectors") == "1 3\nitem-0 0.1 -2 1e-10\n");
}

TEST_CASE("white space inside a token becomes an underscore") {
  const TemporaryDirectory folder;
  ExampleSnapshot example(1, 0, 1);
  example.items.token_bytes.clear();
  example.items.token_ends.clear();
  append_tokens(example.items.token_bytes, example.items.token_ends, {"new york\t\n\r\v\f\xC3\xA9"});
  for (const auto format : {Word2vecFormat::text, Word2vecFormat::binary}) {
    REQUIRE(export_word2vec(embedding_view(example.items.view(1)), format, folder / "vectors"));
    CHECK(read(folder / "vectors", format, 1).tokens == std::vector<std::string>{"new_york_____\xC3\xA9"});
  }
}

TEST_CASE("a table of no rows is a header") {
  const TemporaryDirectory folder;
  const ExampleSnapshot example(0, 0, 4);
  REQUIRE(export_word2vec(embedding_view(example.items.view(4)), Word2vecFormat::text, folder / "vectors"));
  CHECK(read_text(folder / "vectors") == "0 4\n");
}

TEST_CASE("a file that cannot be written is named") {
  const ExampleSnapshot example(1, 0, 4);
  const auto result = export_word2vec(embedding_view(example.items.view(4)), Word2vecFormat::text, "/nowhere/vectors");
  REQUIRE(!result);
  CHECK(result.error().message().starts_with("/nowhere/vectors: "));
}
