#include <gaugeline/stream/server_session.hpp>

#include <gaugeline/stream/messages.hpp>

namespace gaugeline::stream {

Expected<std::optional<ServerEvent>> ServerSession::receive(std::span<const std::byte>& bytes) {
  if (state_ == State::closed) return gaugeline::fail(ErrorCode::protocol_violation, "the session is closed");
  auto frame = decoder_.next(bytes);
  if (!frame) {
    fail(frame.error());
    return std::unexpected(frame.error());
  }
  if (!*frame) return std::nullopt;
  auto event = accept(std::move(**frame));
  if (!event) fail(event.error());
  return event;
}

Expected<std::optional<ServerEvent>> ServerSession::accept(Frame frame) {
  if (state_ == State::awaiting_hello && frame.type == FrameType::hello) return accept_hello(frame);
  if (state_ == State::streaming && frame.type == FrameType::slice) return accept_slice(std::move(frame));
  return gaugeline::fail(ErrorCode::protocol_violation, "a ", name(frame.type), " frame is out of turn; ",
                         state_ == State::awaiting_hello     ? "the first frame is hello"
                         : state_ == State::awaiting_welcome ? "wait for welcome"
                                                             : "after welcome only slices are expected");
}

Expected<std::optional<ServerEvent>> ServerSession::accept_hello(const Frame& frame) {
  auto hello = decode_hello(frame.body);
  if (!hello) return std::unexpected(hello.error());
  if (hello->version != protocol_version) {
    return gaugeline::fail(ErrorCode::unsupported_version, "the client speaks protocol version ", hello->version,
                           ", this server version ", protocol_version);
  }
  state_ = State::awaiting_welcome;
  return Greeting{.source = std::move(hello->source)};
}

Expected<std::optional<ServerEvent>> ServerSession::accept_slice(Frame frame) {
  if (frame.sequence != last_sequence_ + 1) {
    return gaugeline::fail(ErrorCode::out_of_order, "slice ", frame.sequence, " came where ", last_sequence_ + 1,
                           " was due");
  }
  if (unanswered_ == limits_.credit) {
    return gaugeline::fail(ErrorCode::protocol_violation, "slice ", frame.sequence, " exceeds the credit of ",
                           limits_.credit, " unanswered slices");
  }
  last_sequence_ = frame.sequence;
  ++unanswered_;
  return SliceMessage{.sequence = frame.sequence, .body = std::move(frame.body)};
}

void ServerSession::welcome(std::uint64_t last_sequence) {
  if (state_ != State::awaiting_welcome) return;
  state_ = State::streaming;
  last_sequence_ = last_sequence;
  decoder_.set_max_body_bytes(limits_.max_frame_bytes);
  const Welcome welcome{
      .last_sequence = last_sequence, .credit = limits_.credit, .max_frame_bytes = limits_.max_frame_bytes};
  append_frame(output_, FrameType::welcome, 0, encode(welcome));
}

void ServerSession::acknowledge(std::uint64_t sequence) {
  if (state_ != State::streaming) return;
  --unanswered_;
  append_frame(output_, FrameType::ack, sequence, {});
}

void ServerSession::refuse(std::uint64_t sequence, const Error& why) {
  if (state_ != State::streaming) return;
  --unanswered_;
  append_frame(output_, FrameType::reject, sequence, encode(why));
}

void ServerSession::fail(const Error& why) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  append_frame(output_, FrameType::error, 0, encode(why));
}

}  // namespace gaugeline::stream
