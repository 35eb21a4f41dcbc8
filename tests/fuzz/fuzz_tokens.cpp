// A file of tokens of any bytes: what comes out is tokens that stand in the file.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <gaugeline/stream/access.hpp>

#include "token_lines.hpp"

using namespace gaugeline::stream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tokens = parse_tokens(text);
  if (!tokens) return 0;
  if (tokens->empty()) std::abort();
  for (const auto token : *tokens) {
    if (!validate_token(token) || !text.contains(token)) std::abort();
  }
  return 0;
}
