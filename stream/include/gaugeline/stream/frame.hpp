// The unit of the wire protocol: a header of 24 bytes, then a body. Byte level: docs/protocol.md.
//
//   offset  0  u32  body length in bytes
//           4  u32  type
//           8  u64  sequence number; 0 where the type has none
//          16  u64  XXH3-64 of header bytes 0 to 15 followed by the body
//          24       body
//
// All numbers are little-endian. Pure functions and a decoder without I/O: bytes go in, frames come out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

enum class FrameType : std::uint32_t {
  hello = 1,    // client: protocol version, name of the source
  welcome = 2,  // server: protocol version, last durable sequence number of the source, credit, limit
  slice = 3,    // client: one encoded slice (formats::encode_slice)
  ack = 4,      // server: this message is taken, as durably as the daemon promises; of events, what became of them
  reject = 5,   // server: this message is refused for good; code and reason
  error = 6,    // server: code and reason; the connection ends after it
  events = 7,   // client: lines of events (NDJSON)
  verdict = 8,  // server: what an acknowledged message gave to learn is in snapshots (no body), or why it is not
};

[[nodiscard]] std::string_view name(FrameType type) noexcept;

inline constexpr std::size_t frame_header_bytes = 24;
// Largest body of every frame but `slice` and `events`; also what is accepted before the greeting.
inline constexpr std::size_t max_control_bytes = 4096;
// Default of the limit on a body, and the most that it can be set to: a FlatBuffer stays under 2 GiB.
inline constexpr std::size_t default_max_frame_bytes = std::size_t{256} << 20U;
inline constexpr std::size_t largest_max_frame_bytes = (std::size_t{1} << 31U) - 65536;

struct Frame {
  FrameType type = FrameType::error;
  std::uint64_t sequence = 0;
  std::vector<std::byte> body;
};

// Appends one frame to `bytes`. The body is at most largest_max_frame_bytes long.
void append_frame(std::vector<std::byte>& bytes, FrameType type, std::uint64_t sequence,
                  std::span<const std::byte> body);

// Cuts a stream of bytes, in pieces of any size, into frames. Holds at most one frame. Memory for a body grows with the
// bytes that have come, never ahead of them by more than a factor of eight (of what is not touched yet), and never
// beyond the length that was checked against the limit. Not thread-safe.
class FrameDecoder {
 public:
  explicit FrameDecoder(std::size_t max_body_bytes) noexcept : max_body_bytes_(max_body_bytes) {}

  // Takes bytes off the front of `bytes`, up to the end of a frame or all of them; the frame, if one is now whole.
  // Call again while `bytes` is not empty. Errors, after which the stream cannot be read on and every call gives the
  // same one: protocol_violation (unknown type), capacity_exceeded (a body above the limit; nothing is allocated),
  // checksum_mismatch. They name the frame's offset in the stream.
  [[nodiscard]] Expected<std::optional<Frame>> next(std::span<const std::byte>& bytes);

  // What the body that is coming in takes.
  [[nodiscard]] std::size_t body_memory() const noexcept { return frame_.body.capacity(); }
  // Where the memory of large bodies comes from: `spare` gives an empty vector, which may have some from a body that is
  // done with. For the frames whose header has not been read yet, as the next.
  void set_spare(std::function<std::vector<std::byte>()> spare) { spare_ = std::move(spare); }
  void set_max_body_bytes(std::size_t max_body_bytes) noexcept { max_body_bytes_ = max_body_bytes; }
  // True between the first and the last byte of a frame: the end of the stream here is a truncated frame.
  [[nodiscard]] bool inside_frame() const noexcept { return header_size_ != 0; }

 private:
  [[nodiscard]] Expected<> read_header();
  [[nodiscard]] Expected<Frame> finish_frame();

  std::size_t max_body_bytes_;
  std::function<std::vector<std::byte>()> spare_;
  std::array<std::byte, frame_header_bytes> header_{};
  std::size_t header_size_ = 0;  // bytes of it that have come
  std::size_t body_size_ = 0;    // as the header says
  Frame frame_;
  std::uint64_t offset_ = 0;  // of this frame in the stream
  std::optional<Error> failure_;
};

}  // namespace gaugeline::stream
