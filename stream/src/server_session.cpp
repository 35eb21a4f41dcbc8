#include <gaugeline/stream/server_session.hpp>

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
  const bool is_data = frame.type == FrameType::slice || frame.type == FrameType::events;
  if (state_ == State::streaming && is_data) return accept_data(std::move(frame));
  return gaugeline::fail(ErrorCode::protocol_violation, "a ", name(frame.type), " frame is out of turn; ",
                         state_ == State::awaiting_hello     ? "the first frame is hello"
                         : state_ == State::awaiting_welcome ? "wait for welcome"
                                                             : "after welcome only slices and events are expected");
}

Expected<std::optional<ServerEvent>> ServerSession::accept_hello(const Frame& frame) {
  auto hello = decode_hello(frame.body);
  if (!hello) return std::unexpected(hello.error());
  if (hello->version != protocol_version) {
    return gaugeline::fail(ErrorCode::unsupported_version, "the client speaks protocol version ", hello->version,
                           ", this server version ", protocol_version);
  }
  state_ = State::awaiting_welcome;
  return Greeting{.source = std::move(hello->source), .token = std::move(hello->token)};
}

Expected<std::optional<ServerEvent>> ServerSession::accept_data(Frame frame) {
  if (frame.sequence != last_sequence_ + 1) {
    return gaugeline::fail(ErrorCode::out_of_order, name(frame.type), " ", frame.sequence, " came where ",
                           last_sequence_ + 1, " was due");
  }
  if (unanswered_ == limits_.credit) {
    return gaugeline::fail(ErrorCode::protocol_violation, name(frame.type), " ", frame.sequence,
                           " exceeds the credit of ", limits_.credit, " unanswered messages");
  }
  last_sequence_ = frame.sequence;
  ++unanswered_;
  return DataMessage{.type = frame.type, .sequence = frame.sequence, .body = std::move(frame.body)};
}

void ServerSession::welcome(std::uint64_t last_sequence, std::uint64_t last_unjudged) {
  if (state_ != State::awaiting_welcome) return;
  state_ = State::streaming;
  last_sequence_ = last_answered_ = last_sequence;
  decoder_.set_max_body_bytes(limits_.max_frame_bytes);
  const Welcome welcome{.last_sequence = last_sequence,
                        .last_unjudged = last_unjudged,
                        .credit = limits_.credit,
                        .max_frame_bytes = limits_.max_frame_bytes};
  append_frame(output_, FrameType::welcome, 0, encode(welcome));
}

void ServerSession::acknowledge(std::uint64_t sequence) { answer(FrameType::ack, sequence, {}); }

void ServerSession::acknowledge(std::uint64_t sequence, const EventsTaken& taken) {
  answer(FrameType::ack, sequence, encode(taken));
}

void ServerSession::refuse(std::uint64_t sequence, const Error& why) {
  answer(FrameType::reject, sequence, encode(why));
}

void ServerSession::answer(FrameType type, std::uint64_t sequence, std::span<const std::byte> body) {
  if (state_ != State::streaming) return;
  --unanswered_;
  last_answered_ = sequence;
  append_frame(output_, type, sequence, body);
  for (; !waiting_.empty() && waiting_.front().sequence <= last_answered_; waiting_.pop_front())
    append_frame(output_, FrameType::verdict, waiting_.front().sequence, waiting_.front().body);
}

void ServerSession::judge(std::uint64_t sequence, const Expected<>& outcome) {
  if (state_ != State::streaming) return;
  auto body = outcome ? std::vector<std::byte>() : encode(outcome.error());
  if (sequence > last_answered_)
    waiting_.push_back({.sequence = sequence, .body = std::move(body)});
  else
    append_frame(output_, FrameType::verdict, sequence, body);
}

void ServerSession::fail(const Error& why) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  decoder_ = FrameDecoder(max_control_bytes);
  append_frame(output_, FrameType::error, 0, encode(why));
}

}  // namespace gaugeline::stream
