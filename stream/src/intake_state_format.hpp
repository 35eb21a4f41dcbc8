// What the encoder and the decoder of an Intake's state share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "intake_generated.h"

namespace gaugeline::stream {

inline constexpr std::uint32_t intake_version = 1;
inline constexpr std::size_t intake_checksum_bytes = 8;
// Offsets inside a FlatBuffer are signed 32 bits; 64 KiB stay free for tables and padding.
inline constexpr std::size_t max_intake_bytes = (std::size_t{1} << 31U) - (std::size_t{1} << 16U);

[[nodiscard]] inline std::uint64_t intake_checksum(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

[[nodiscard]] inline std::uint64_t fingerprint(const std::unordered_set<std::string>& words) {
  std::vector<std::string> sorted(words.begin(), words.end());
  std::ranges::sort(sorted);
  std::string text;
  for (const std::string& word : sorted) text.append(word).push_back('\0');
  return XXH3_64bits(text.data(), text.size());
}

}  // namespace gaugeline::stream
