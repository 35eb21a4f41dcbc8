// Token lists that own their text, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/types.hpp>

namespace gaugeline::testing {

struct OwnedTokens {
  std::string bytes;
  std::vector<std::uint32_t> ends;

  void add(std::string_view token) {
    bytes += token;
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  [[nodiscard]] TokenList list() const { return {bytes, ends}; }
};

// "PREFIX0", "PREFIX1", ...
inline OwnedTokens numbered_tokens(std::string_view prefix, std::size_t count) {
  OwnedTokens tokens;
  for (std::size_t i = 0; i < count; ++i) tokens.add(std::string(prefix) + std::to_string(i));
  return tokens;
}

// Slice number t of a stream with one slice a day from 2000-01-01.
inline TimeInterval day(std::int64_t t) {
  const Time start{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
  return {start + std::chrono::days(t), start + std::chrono::days(t + 1)};
}

}  // namespace gaugeline::testing
