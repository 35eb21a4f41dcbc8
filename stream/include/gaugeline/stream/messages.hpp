// Bodies of the control frames: plain values <-> FlatBuffers (schema/wire.fbs). Decoding verifies structure, then
// meaning; a body that fails is ErrorCode::protocol_violation and names the field. Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

inline constexpr std::uint32_t protocol_version = 1;
inline constexpr std::size_t max_source_bytes = 255;

struct Hello {
  std::uint32_t version = protocol_version;
  std::string source;
};

struct Welcome {
  std::uint32_t version = protocol_version;
  std::uint64_t last_sequence = 0;    // last one of this source whose snapshot is on disk; 0: none
  std::uint32_t credit = 1;           // slices that may be sent and not answered yet
  std::uint64_t max_frame_bytes = 0;  // limit on the body of a slice frame
};

// A source's name: 1 to max_source_bytes bytes, none of them a control character.
[[nodiscard]] Expected<> validate_source(std::string_view source) noexcept;

[[nodiscard]] std::vector<std::byte> encode(const Hello& hello);
[[nodiscard]] std::vector<std::byte> encode(const Welcome& welcome);
[[nodiscard]] std::vector<std::byte> encode(const Error& refusal);  // of reject and error frames

// Of another protocol version, only the version is checked: whoever asks says what to do about it.
[[nodiscard]] Expected<Hello> decode_hello(std::span<const std::byte> body);
[[nodiscard]] Expected<Welcome> decode_welcome(std::span<const std::byte> body);
// The error that the peer sent. Control characters in its reason are shown as '?': it may end on a terminal.
[[nodiscard]] Expected<Error> decode_refusal(std::span<const std::byte> body);

}  // namespace gaugeline::stream
