// Text to tokens: cut at word boundaries (Unicode UAX 29, by ICU, root locale), words and numbers kept, case-folded.
//
//   "Don't re-read 1,000 Straßen!"  ->  don't re read 1,000 strassen
//
// Kept are segments with a letter, digit, kana or ideograph (and runs of underscores, which UAX 29 treats as letters);
// punctuation, symbols and emoji are left out. Folding is Unicode's full, language-independent one, so that a word in
// any case is one token. Nothing is normalised: a letter and its decomposed form are two tokens.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

// Thread-safety: none; one Tokenizer per thread. It is worth keeping: making one reads ICU's rules.
class Tokenizer {
 public:
  // ErrorCode::not_found if ICU does not find its data.
  [[nodiscard]] static Expected<Tokenizer> create();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();
  // Appends the tokens of `text` (UTF-8; ill-formed bytes separate words). Tokens longer than max_token_bytes are left
  // out and counted in the return value. ErrorCode::capacity_exceeded for a text of 2 GiB or more; `tokens` is then as
  // it was. O(bytes).
  [[nodiscard]] Expected<std::size_t> tokenize(std::string_view text, std::vector<std::string>& tokens);

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
