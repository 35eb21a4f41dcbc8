// The server's side of one connection as a state machine without I/O: received bytes and verdicts go in, events and
// bytes to send come out. Whoever owns the socket carries them.
//
//   awaiting hello --hello--> awaiting welcome --welcome()--> streaming --anything wrong, or fail()--> closed
//
// Every message is answered once, by ack or reject, in the order of sequence numbers. A slice that was acknowledged
// gets a verdict later, when it is learnt; so do slices of an earlier connection of the same source. What that one had
// in the queue when it was lost may be learnt before the client, which sends it again, has its answer here: the verdict
// then waits for the answer. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
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

// The client has said which source it sends, and perhaps by what right; answer with welcome() or fail(). Until then it
// cannot send a slice.
struct Greeting {
  std::string source;
  std::string token = {};  // empty: none was shown
};

// A slice or lines of events have come, not decoded yet; answer with acknowledge() or refuse().
struct DataMessage {
  FrameType type = FrameType::slice;  // or events
  std::uint64_t sequence = 0;
  std::vector<std::byte> body;
};

using ServerEvent = std::variant<Greeting, DataMessage>;

struct SessionLimits {
  std::uint32_t credit = 1;  // messages that may be unanswered; at least 1
  std::size_t max_frame_bytes = default_max_frame_bytes;
};

class ServerSession {
 public:
  explicit ServerSession(SessionLimits limits) noexcept : limits_(limits), decoder_(max_control_bytes) {}

  // Takes bytes off the front of `bytes` up to the next event, or all of them. Call again while `bytes` is not empty.
  // On an error the output ends with an error frame that tells it to the client, and the session is closed. Errors:
  // those of FrameDecoder; unsupported_version; protocol_violation (a frame out of turn, more messages than the
  // credit); out_of_order (a sequence number that does not rise by one).
  [[nodiscard]] Expected<std::optional<ServerEvent>> receive(std::span<const std::byte>& bytes);

  // As of FrameDecoder.
  void set_spare(std::function<std::vector<std::byte>()> spare) { decoder_.set_spare(std::move(spare)); }

  // Lets the client begin, at last_sequence + 1.
  void welcome(std::uint64_t last_sequence, std::uint64_t last_unjudged);
  // Answers. Ignored once the session is closed.
  void acknowledge(std::uint64_t sequence);
  void acknowledge(std::uint64_t sequence, const EventsTaken& taken);
  void refuse(std::uint64_t sequence, const Error& why);
  // Of a slice that was taken: it is learnt, or why it is not. Goes out once the message is answered on this
  // connection. Ignored unless the session is streaming.
  void judge(std::uint64_t sequence, const Expected<>& outcome);
  // Puts an error frame behind what is to be sent, and closes the session: what has come of a frame is let go. Ignored
  // if it is closed already.
  void fail(const Error& why);

  // Bytes to send, in order; the caller owns them from here on. At most one frame per message of the credit, one per
  // verdict, and two.
  [[nodiscard]] std::vector<std::byte> take_output() noexcept { return std::exchange(output_, {}); }
  [[nodiscard]] bool has_output() const noexcept { return !output_.empty(); }
  [[nodiscard]] bool is_streaming() const noexcept { return state_ == State::streaming; }
  [[nodiscard]] bool inside_frame() const noexcept { return decoder_.inside_frame(); }
  [[nodiscard]] std::size_t body_memory() const noexcept { return decoder_.body_memory(); }  // of the frame inside

 private:
  enum class State : std::uint8_t { awaiting_hello, awaiting_welcome, streaming, closed };

  [[nodiscard]] Expected<std::optional<ServerEvent>> accept(Frame frame);
  [[nodiscard]] Expected<std::optional<ServerEvent>> accept_hello(const Frame& frame);
  [[nodiscard]] Expected<std::optional<ServerEvent>> accept_data(Frame frame);
  void answer(FrameType type, std::uint64_t sequence, std::span<const std::byte> body);

  struct Verdict {
    std::uint64_t sequence = 0;
    std::vector<std::byte> body;
  };

  SessionLimits limits_;
  FrameDecoder decoder_;
  State state_ = State::awaiting_hello;
  std::uint64_t last_sequence_ = 0;  // received
  std::uint64_t last_answered_ = 0;
  std::deque<Verdict> waiting_;  // for the answers to their messages, in order
  std::uint32_t unanswered_ = 0;
  std::vector<std::byte> output_;
};

}  // namespace gaugeline::stream
