// The sender's side of one connection as a state machine without I/O; the counterpart of ServerSession.
//
//   hello is in the output from the start; welcome comes; then slices go out while there is credit, and each is
//   answered once, in order.
//
// Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/frame.hpp>
#include <gaugeline/stream/messages.hpp>

namespace gaugeline::stream {

// The server has this slice, for good.
struct Acknowledged {
  std::uint64_t sequence = 0;
};

// The server will never take this slice.
struct Refused {
  std::uint64_t sequence = 0;
  Error why;
};

using ClientEvent = std::variant<Welcome, Acknowledged, Refused>;

class ClientSession {
 public:
  explicit ClientSession(const std::string& source);

  // Takes bytes off the front of `bytes` up to the next event, or all of them. Call again while `bytes` is not empty.
  // Errors: those of FrameDecoder; what the server says in an error frame, with its code; unsupported_version;
  // protocol_violation (a frame out of turn, an answer to another slice than the oldest unanswered one).
  [[nodiscard]] Expected<std::optional<ClientEvent>> receive(std::span<const std::byte>& bytes);

  // True after welcome while fewer slices than the credit are unanswered.
  [[nodiscard]] bool can_send() const noexcept { return welcomed_ && unanswered() < credit_; }
  [[nodiscard]] std::uint64_t next_sequence() const noexcept { return last_sent_ + 1; }
  [[nodiscard]] std::uint64_t unanswered() const noexcept { return last_sent_ - last_answered_; }
  // Puts slice number next_sequence() behind what is to be sent. capacity_exceeded: larger than the server takes.
  // Precondition: can_send().
  [[nodiscard]] Expected<> send(std::span<const std::byte> slice);

  [[nodiscard]] std::vector<std::byte> take_output() noexcept { return std::exchange(output_, {}); }
  [[nodiscard]] bool has_output() const noexcept { return !output_.empty(); }

 private:
  [[nodiscard]] Expected<std::optional<ClientEvent>> accept(const Frame& frame);
  [[nodiscard]] Expected<std::optional<ClientEvent>> accept_welcome(const Frame& frame);
  [[nodiscard]] Expected<std::optional<ClientEvent>> accept_answer(const Frame& frame);

  FrameDecoder decoder_;
  bool welcomed_ = false;
  std::uint64_t credit_ = 0;
  std::uint64_t max_frame_bytes_ = 0;
  std::uint64_t last_sent_ = 0;
  std::uint64_t last_answered_ = 0;
  std::vector<std::byte> output_;
};

}  // namespace gaugeline::stream
