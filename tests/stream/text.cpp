#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/slice.hpp>
#include <gaugeline/stream/text.hpp>

namespace gaugeline::stream {
namespace {

using Tokens = std::vector<std::string>;

Tokens tokens_of(std::string_view text) {
  auto tokenizer = Tokenizer::create();
  REQUIRE(tokenizer.has_value());
  Tokens tokens;
  CHECK(tokenizer->tokenize(text, tokens).value() == 0);
  return tokens;
}

TEST_CASE("English: hyphens cut, apostrophes and points within numbers do not") {
  CHECK(tokens_of("Fellow-Citizens of the Senate: don't spend $1,000.50 (or 3.14)!") ==
        Tokens{"fellow", "citizens", "of", "the", "senate", "don't", "spend", "1,000.50", "or", "3.14"});
  CHECK(tokens_of("the nation\u2019s 'quoted' U.S. e-mail") ==
        Tokens{"the", "nation\u2019s", "quoted", "u.s", "e", "mail"});
}

TEST_CASE("case folding is full and independent of language") {
  CHECK(tokens_of("Straße STRASSE") == Tokens{"strasse", "strasse"});
  CHECK(tokens_of("ΣΊΣΥΦΟΣ Σίσυφος") == Tokens{"σίσυφοσ", "σίσυφοσ"});
  CHECK(tokens_of("IĞDIR ığdır") == Tokens{"iğdir", "ığdır"});  // dotless i is Turkish only: it stays itself
}

TEST_CASE("Japanese and Chinese are cut by ICU's dictionary, punctuation left out") {
  CHECK(tokens_of("東京の新聞。カタカナ") == Tokens{"東京", "の", "新聞", "カタカナ"});
  CHECK(tokens_of("戦争と平和") == Tokens{"戦争", "と", "平和"});
}

TEST_CASE("emoji, punctuation and white space are no tokens") {
  CHECK(tokens_of("war 😀 👩‍👩‍👧 — peace…  \t\n§ €").size() == 2);
  CHECK(tokens_of("").empty());
  CHECK(tokens_of(" ?! ").empty());
}

TEST_CASE("ill-formed bytes separate words and are lost") {
  CHECK(tokens_of("war\xff\xfepeace") == Tokens{"war", "peace"});
  CHECK(tokens_of("cut\xc3") == Tokens{"cut"});
  CHECK(tokens_of("\xed\xa0\x80surrogate") == Tokens{"surrogate"});
}

TEST_CASE("words of more than 255 bytes are left out and counted, before or after folding") {
  auto tokenizer = Tokenizer::create();
  REQUIRE(tokenizer.has_value());
  Tokens tokens;
  const std::string longest(max_token_bytes, 'a');
  CHECK(tokenizer->tokenize(longest + " " + longest + "a end", tokens).value() == 1);
  CHECK(tokens == Tokens{longest, "end"});

  // U+0390 has two bytes, and folds to three code points of two bytes each.
  std::string grows;
  for (int i = 0; i < 100; ++i) grows += "\u0390";
  tokens.clear();
  CHECK(tokenizer->tokenize(grows, tokens).value() == 1);
  CHECK(tokens.empty());
}

TEST_CASE("tokens are appended, and a tokenizer can be used again and moved") {
  auto tokenizer = Tokenizer::create();
  REQUIRE(tokenizer.has_value());
  Tokens tokens{"first"};
  CHECK(tokenizer->tokenize("second", tokens).has_value());
  Tokenizer moved = *std::move(tokenizer);
  CHECK(moved.tokenize("Third", tokens).has_value());
  CHECK(tokens == Tokens{"first", "second", "third"});
}

}  // namespace
}  // namespace gaugeline::stream
