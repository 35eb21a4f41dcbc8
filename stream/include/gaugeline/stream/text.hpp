// Text to tokens: cut at word boundaries (Unicode UAX 29, by ICU), words and numbers kept, case-folded.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

class Tokenizer {
 public:
  [[nodiscard]] static Expected<Tokenizer> create();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();
  // Appends the tokens of `text` (UTF-8; ill-formed bytes separate words). Tokens longer than max_token_bytes are left
  // out and counted in the return value.
  std::size_t tokenize(std::string_view text, std::vector<std::string>& tokens);

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
