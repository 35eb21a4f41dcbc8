// The sender's side of one connection as a state machine without I/O; the counterpart of ServerSession.
//
//   hello is in the output from the start; welcome comes; then messages go out while there is credit, and each is
//   answered once, in order. What became of acknowledged slices comes later.
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

// The server has this message, as durably as it promises.
struct Acknowledged {
  std::uint64_t sequence = 0;
  std::optional<EventsTaken> events;  // what became of them; without, a verdict will follow
};

// The server will never take this message.
struct Refused {
  std::uint64_t sequence = 0;
  Error why;
};

// An acknowledged slice, or those that ended by acknowledged events, are learnt and in snapshots; or why not.
struct Verdict {
  std::uint64_t sequence = 0;
  Expected<> outcome;
};

using ClientEvent = std::variant<Welcome, Acknowledged, Refused, Verdict>;

class ClientSession {
 public:
  explicit ClientSession(const std::string& source, const std::string& token = {});

  // Takes bytes off the front of `bytes` up to the next event, or all of them. Call again while `bytes` is not empty.
  // Errors: those of FrameDecoder; what the server says in an error frame, with its code; unsupported_version;
  // protocol_violation (a frame out of turn, an answer to another message than the oldest unanswered one, a verdict on
  // one that is unanswered).
  [[nodiscard]] Expected<std::optional<ClientEvent>> receive(std::span<const std::byte>& bytes);

  // True after welcome while fewer messages than the credit are unanswered.
  [[nodiscard]] bool can_send() const noexcept { return welcomed_ && unanswered() < credit_; }
  [[nodiscard]] std::uint64_t next_sequence() const noexcept { return last_sent_ + 1; }
  [[nodiscard]] std::uint64_t unanswered() const noexcept { return last_sent_ - last_answered_; }
  // Puts message number next_sequence(), a slice or lines of events, behind what is to be sent. capacity_exceeded:
  // larger than the server takes. Precondition: can_send().
  [[nodiscard]] Expected<> send(FrameType type, std::span<const std::byte> body);

  [[nodiscard]] std::vector<std::byte> take_output() noexcept { return std::exchange(output_, {}); }
  [[nodiscard]] bool has_output() const noexcept { return !output_.empty(); }

 private:
  [[nodiscard]] Expected<std::optional<ClientEvent>> accept(const Frame& frame);
  [[nodiscard]] Expected<std::optional<ClientEvent>> accept_welcome(const Frame& frame);
  [[nodiscard]] Expected<std::optional<ClientEvent>> accept_answer(const Frame& frame);
  [[nodiscard]] Expected<std::optional<ClientEvent>> accept_verdict(const Frame& frame) const;

  FrameDecoder decoder_;
  bool welcomed_ = false;
  std::uint64_t credit_ = 0;
  std::uint64_t max_frame_bytes_ = 0;
  std::uint64_t last_sent_ = 0;
  std::uint64_t last_answered_ = 0;
  std::vector<std::byte> output_;
};

}  // namespace gaugeline::stream
