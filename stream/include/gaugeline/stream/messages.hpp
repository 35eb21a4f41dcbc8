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
inline constexpr std::uint64_t max_sequence = std::uint64_t{1} << 62U;  // so that numbers after it are numbers

struct Hello {
  std::uint32_t version = protocol_version;
  std::string source;
  std::string token = {};  // see access.hpp; empty: none is shown
};

struct Welcome {
  std::uint32_t version = protocol_version;
  std::uint64_t last_sequence = 0;    // last message of this source that is taken; 0: none; at most max_sequence
  std::uint64_t last_unjudged = 0;    // the last of its slices that waits to be learnt; 0: none; at most last_sequence
  std::uint32_t credit = 1;           // messages that may be sent and not answered yet
  std::uint64_t max_frame_bytes = 0;  // limit on the body of a slice or events frame
};

// What became of the lines of an events message. Empty lines are none.
struct EventsTaken {
  std::uint64_t counted = 0;             // into the window of their time
  std::uint64_t late = 0;                // behind the watermark: counted elsewhere, dropped or put aside (see Intake)
  std::uint64_t duplicates = 0;          // had come before
  std::uint64_t refused = 0;             // could not be used
  std::uint64_t slices = 0;              // that ended by it; if there are any, a verdict on them will follow
  std::uint64_t first_refused_line = 0;  // from 1; 0: none
  std::string first_reason;              // why; at most max_reason_bytes
  friend bool operator==(const EventsTaken&, const EventsTaken&) = default;
};
inline constexpr std::size_t max_reason_bytes = 512;

// A source's name: 1 to max_source_bytes bytes, none of them a control character.
[[nodiscard]] Expected<> validate_source(std::string_view source) noexcept;

[[nodiscard]] std::vector<std::byte> encode(const Hello& hello);
[[nodiscard]] std::vector<std::byte> encode(const Welcome& welcome);
[[nodiscard]] std::vector<std::byte> encode(const EventsTaken& taken);
[[nodiscard]] std::vector<std::byte> encode(const Error& refusal);  // of reject, verdict and error frames

// Of another protocol version, only the version is checked: whoever asks says what to do about it.
[[nodiscard]] Expected<Hello> decode_hello(std::span<const std::byte> body);
[[nodiscard]] Expected<Welcome> decode_welcome(std::span<const std::byte> body);
[[nodiscard]] Expected<EventsTaken> decode_events_taken(std::span<const std::byte> body);
// The error that the peer sent. Control characters in its reason are shown as '?': it may end on a terminal.
[[nodiscard]] Expected<Error> decode_refusal(std::span<const std::byte> body);

}  // namespace gaugeline::stream
