#include <gaugeline/stream/frame.hpp>

#include <algorithm>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace gaugeline::stream {
namespace {

constexpr std::size_t checksum_offset = 16;
// A body's first reservation: most frames fit. A claim costs us this, or so many times the bytes that it has cost its
// sender; the bytes that are copied at each growth are few.
constexpr std::size_t first_reservation = std::size_t{64} << 10U;
constexpr std::size_t growth = 8;

template <class Number>
void store(std::span<std::byte> to, Number number) {
  for (std::size_t i = 0; i < sizeof(Number); ++i) to[i] = static_cast<std::byte>(number >> (8U * i));
}

template <class Number>
Number load(std::span<const std::byte> from) {
  Number number = 0;
  for (std::size_t i = 0; i < sizeof(Number); ++i)
    number |= static_cast<Number>(static_cast<Number>(from[i]) << (8U * i));
  return number;
}

std::uint64_t checksum(std::span<const std::byte> header, std::span<const std::byte> body) {
  XXH3_state_t state;
  XXH3_64bits_reset(&state);
  XXH3_64bits_update(&state, header.data(), checksum_offset);
  XXH3_64bits_update(&state, body.data(), body.size());
  return XXH3_64bits_digest(&state);
}

bool is_known(std::uint32_t type) {
  return type >= std::to_underlying(FrameType::hello) && type <= std::to_underlying(FrameType::verdict);
}

// Moves up to `wanted` bytes from the front of `bytes` to the caller's hand.
std::span<const std::byte> take(std::span<const std::byte>& bytes, std::size_t wanted) {
  const auto taken = bytes.first(std::min(wanted, bytes.size()));
  bytes = bytes.subspan(taken.size());
  return taken;
}

void append_within(std::vector<std::byte>& body, std::span<const std::byte> bytes, std::size_t final_size) {
  const std::size_t needed = body.size() + bytes.size();
  if (needed > body.capacity()) {
    body.reserve(std::min(final_size, std::max({needed, growth * body.capacity(), first_reservation})));
  }
  body.insert(body.end(), bytes.begin(), bytes.end());
}

}  // namespace

std::string_view name(FrameType type) noexcept {
  switch (type) {
    case FrameType::hello:
      return "hello";
    case FrameType::welcome:
      return "welcome";
    case FrameType::slice:
      return "slice";
    case FrameType::ack:
      return "ack";
    case FrameType::reject:
      return "reject";
    case FrameType::error:
      return "error";
    case FrameType::events:
      return "events";
    case FrameType::verdict:
      return "verdict";
  }
  return "unknown";
}

void append_frame(std::vector<std::byte>& bytes, FrameType type, std::uint64_t sequence,
                  std::span<const std::byte> body) {
  std::array<std::byte, frame_header_bytes> header{};
  const std::span<std::byte> fields(header);
  store(fields.subspan(0, 4), static_cast<std::uint32_t>(body.size()));
  store(fields.subspan(4, 4), std::to_underlying(type));
  store(fields.subspan(8, 8), sequence);
  store(fields.subspan(checksum_offset, 8), checksum(header, body));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.insert(bytes.end(), body.begin(), body.end());
}

Expected<std::optional<Frame>> FrameDecoder::next(std::span<const std::byte>& bytes) {
  if (failure_) return std::unexpected(*failure_);
  if (header_size_ < frame_header_bytes) {
    const auto part = take(bytes, frame_header_bytes - header_size_);
    std::ranges::copy(part, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    header_size_ += part.size();
    if (header_size_ < frame_header_bytes) return std::nullopt;
    if (const auto read = read_header(); !read) return std::unexpected(failure_.emplace(read.error()));
  }
  append_within(frame_.body, take(bytes, body_size_ - frame_.body.size()), body_size_);
  if (frame_.body.size() < body_size_) return std::nullopt;
  auto frame = finish_frame();
  if (!frame) return std::unexpected(failure_.emplace(frame.error()));
  return std::optional<Frame>(std::move(*frame));
}

Expected<> FrameDecoder::read_header() {
  const std::span<const std::byte> fields(header_);
  const auto type = load<std::uint32_t>(fields.subspan(4, 4));
  body_size_ = load<std::uint32_t>(fields.subspan(0, 4));
  if (!is_known(type)) {
    return fail(ErrorCode::protocol_violation, "frame at offset ", offset_, " has the unknown type ", type);
  }
  frame_.type = static_cast<FrameType>(type);
  frame_.sequence = load<std::uint64_t>(fields.subspan(8, 8));
  const bool is_data = frame_.type == FrameType::slice || frame_.type == FrameType::events;
  const std::size_t limit = is_data ? max_body_bytes_ : std::min(max_body_bytes_, max_control_bytes);
  if (body_size_ > limit) {
    return fail(ErrorCode::capacity_exceeded, "frame at offset ", offset_, " (", name(frame_.type), ") claims ",
                body_size_, " bytes; the limit is ", limit);
  }
  if (spare_ && body_size_ > first_reservation) frame_.body = spare_();
  return {};
}

Expected<Frame> FrameDecoder::finish_frame() {
  const std::span<const std::byte> fields(header_);
  if (load<std::uint64_t>(fields.subspan(checksum_offset, 8)) != checksum(header_, frame_.body)) {
    return fail(ErrorCode::checksum_mismatch, "frame at offset ", offset_, " (", name(frame_.type), ", ", body_size_,
                " bytes) does not match its checksum");
  }
  offset_ += frame_header_bytes + body_size_;
  header_size_ = 0;
  return std::exchange(frame_, Frame{});
}

}  // namespace gaugeline::stream
