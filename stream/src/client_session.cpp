#include <gaugeline/stream/client_session.hpp>

namespace gaugeline::stream {

ClientSession::ClientSession(const std::string& source, const std::string& token) : decoder_(max_control_bytes) {
  append_frame(output_, FrameType::hello, 0, encode(Hello{.source = source, .token = token}));
}

Expected<std::optional<ClientEvent>> ClientSession::receive(std::span<const std::byte>& bytes) {
  const auto frame = decoder_.next(bytes);
  if (!frame) return std::unexpected(frame.error());
  if (!*frame) return std::nullopt;
  return accept(**frame);
}

Expected<std::optional<ClientEvent>> ClientSession::accept(const Frame& frame) {
  switch (frame.type) {
    case FrameType::error: {
      const auto told = decode_refusal(frame.body);
      return std::unexpected(told ? told->within("the server") : told.error());
    }
    case FrameType::welcome:
      if (!welcomed_) return accept_welcome(frame);
      break;
    case FrameType::ack:
    case FrameType::reject:
      if (welcomed_) return accept_answer(frame);
      break;
    case FrameType::verdict:
      if (welcomed_) return accept_verdict(frame);
      break;
    case FrameType::hello:
    case FrameType::slice:
    case FrameType::events:
      break;
  }
  return fail(ErrorCode::protocol_violation, "a ", name(frame.type), " frame from the server is out of turn");
}

Expected<std::optional<ClientEvent>> ClientSession::accept_welcome(const Frame& frame) {
  const auto welcome = decode_welcome(frame.body);
  if (!welcome) return std::unexpected(welcome.error());
  if (welcome->version != protocol_version) {
    return fail(ErrorCode::unsupported_version, "the server speaks protocol version ", welcome->version,
                ", this client version ", protocol_version);
  }
  welcomed_ = true;
  credit_ = welcome->credit;
  max_frame_bytes_ = welcome->max_frame_bytes;
  last_sent_ = last_answered_ = welcome->last_sequence;
  return *welcome;
}

Expected<std::optional<ClientEvent>> ClientSession::accept_answer(const Frame& frame) {
  if (unanswered() == 0 || frame.sequence != last_answered_ + 1) {
    return fail(ErrorCode::protocol_violation, "the server answers message ", frame.sequence, "; messages ",
                last_answered_ + 1, " to ", last_sent_, " are unanswered");
  }
  last_answered_ = frame.sequence;
  if (frame.type == FrameType::ack && frame.body.empty()) return Acknowledged{.sequence = frame.sequence, .events = {}};
  if (frame.type == FrameType::ack) {
    auto taken = decode_events_taken(frame.body);
    if (!taken) return std::unexpected(taken.error());
    return Acknowledged{.sequence = frame.sequence, .events = std::move(*taken)};
  }
  const auto why = decode_refusal(frame.body);
  if (!why) return std::unexpected(why.error());
  return Refused{.sequence = frame.sequence, .why = *why};
}

Expected<std::optional<ClientEvent>> ClientSession::accept_verdict(const Frame& frame) const {
  if (frame.sequence == 0 || frame.sequence > last_answered_) {
    return fail(ErrorCode::protocol_violation, "the server judges message ", frame.sequence,
                ", which it has not acknowledged");
  }
  if (frame.body.empty()) return Verdict{.sequence = frame.sequence, .outcome = {}};
  const auto why = decode_refusal(frame.body);
  if (!why) return std::unexpected(why.error());
  return Verdict{.sequence = frame.sequence, .outcome = std::unexpected(*why)};
}

Expected<> ClientSession::send(FrameType type, std::span<const std::byte> body) {
  if (body.size() > max_frame_bytes_) {
    return fail(ErrorCode::capacity_exceeded, name(type), " ", next_sequence(), " has ", body.size(),
                " bytes; the server takes ", max_frame_bytes_);
  }
  append_frame(output_, type, next_sequence(), body);
  ++last_sent_;
  return {};
}

}  // namespace gaugeline::stream
