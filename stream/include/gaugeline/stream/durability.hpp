// What an acknowledgement of the daemon promises.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace gaugeline::stream {

enum class Durability : std::uint8_t {
  message,  // synced to disk: survives a crash of the process, of the system, and power loss
  slice,    // given to the system: survives a crash of the process; synced when a slice ends
  none,     // counted: what has come since the last slice ended is lost in a crash
};

[[nodiscard]] constexpr std::string_view name(Durability durability) noexcept {
  return durability == Durability::message ? "message" : durability == Durability::slice ? "slice" : "none";
}
// What name() gives; nullopt for anything else.
[[nodiscard]] constexpr std::optional<Durability> parse_durability(std::string_view text) noexcept {
  for (const auto durability : {Durability::message, Durability::slice, Durability::none}) {
    if (text == name(durability)) return durability;
  }
  return std::nullopt;
}

}  // namespace gaugeline::stream
