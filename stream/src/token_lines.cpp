#include "token_lines.hpp"

#include <algorithm>

#include <gaugeline/stream/access.hpp>

namespace gaugeline::stream {
namespace {

bool is_token_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~+/").contains(c);
}

}  // namespace

Expected<> validate_token(std::string_view token) noexcept {
  if (token.size() < min_access_token_bytes || token.size() > max_access_token_bytes) {
    return fail(ErrorCode::invalid_argument, "a token has ", token.size(), " bytes; ", min_access_token_bytes, " to ",
                max_access_token_bytes, " are allowed");
  }
  const auto padding = std::ranges::find_if_not(token, is_token_character);
  const auto wrong = std::find_if_not(padding, token.end(), [](char c) { return c == '='; });
  if (wrong != token.end()) {
    return fail(ErrorCode::invalid_argument, "byte ", wrong - token.begin(),
                " of a token is none that a token can have: letters, digits and -._~+/, with = at the end");
  }
  if (padding == token.begin()) return fail(ErrorCode::invalid_argument, "a token is nothing but =");
  return {};
}

Expected<std::vector<std::string_view>> parse_tokens(std::string_view text) {
  std::vector<std::string_view> tokens;
  for (std::size_t number = 1; !text.empty(); ++number) {
    auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (const auto valid = validate_token(line); !valid) {
      return fail(ErrorCode::bad_data, "line ", number, ": ", valid.error().message());
    }
    tokens.push_back(line);
  }
  if (tokens.empty()) return fail(ErrorCode::bad_data, "holds no token");
  return tokens;
}

}  // namespace gaugeline::stream
