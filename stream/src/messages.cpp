#include <gaugeline/stream/messages.hpp>

#include <algorithm>
#include <utility>

#include <gaugeline/stream/access.hpp>
#include <gaugeline/stream/frame.hpp>

#include "verified_table.hpp"
#include "wire_generated.h"

namespace gaugeline::stream {
namespace {

// The numbers of ErrorCode are on the wire (docs/protocol.md): they must not change with the enumeration.
static_assert(std::to_underlying(ErrorCode::invalid_argument) == 0);
static_assert(std::to_underlying(ErrorCode::capacity_exceeded) == 1);
static_assert(std::to_underlying(ErrorCode::out_of_memory) == 2);
static_assert(std::to_underlying(ErrorCode::bad_data) == 3);
static_assert(std::to_underlying(ErrorCode::unsupported_version) == 4);
static_assert(std::to_underlying(ErrorCode::checksum_mismatch) == 5);
static_assert(std::to_underlying(ErrorCode::out_of_order) == 6);
static_assert(std::to_underlying(ErrorCode::not_found) == 7);
static_assert(std::to_underlying(ErrorCode::io_error) == 8);
static_assert(std::to_underlying(ErrorCode::protocol_violation) == 9);
static_assert(std::to_underlying(ErrorCode::no_space) == 10);
static_assert(std::to_underlying(ErrorCode::permission_denied) == 11);
constexpr std::uint8_t last_code = std::to_underlying(ErrorCode::permission_denied);

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::unexpected<Error> malformed(FrameType type) {
  return fail(ErrorCode::protocol_violation, "body of the ", name(type), " frame is not well formed");
}

}  // namespace

Expected<> validate_source(std::string_view source) noexcept {
  if (source.empty() || source.size() > max_source_bytes) {
    return fail(ErrorCode::invalid_argument, "source name has ", source.size(), " bytes; 1 to ", max_source_bytes,
                " are allowed");
  }
  if (const auto control = std::ranges::find_if(source, is_control); control != source.end()) {
    return fail(ErrorCode::invalid_argument, "source name has a control character at byte ", control - source.begin());
  }
  return {};
}

std::vector<std::byte> encode(const Hello& hello) {
  flatbuffers::FlatBufferBuilder builder;
  const auto source = builder.CreateString(hello.source);
  const auto token =
      hello.token.empty() ? flatbuffers::Offset<flatbuffers::String>() : builder.CreateString(hello.token);
  return finished_bytes(builder, wire::CreateHello(builder, hello.version, source, token));
}

std::vector<std::byte> encode(const Welcome& welcome) {
  flatbuffers::FlatBufferBuilder builder;
  return finished_bytes(builder, wire::CreateWelcome(builder, welcome.version, welcome.last_sequence, welcome.credit,
                                                     welcome.max_frame_bytes, welcome.last_unjudged));
}

std::vector<std::byte> encode(const EventsTaken& taken) {
  flatbuffers::FlatBufferBuilder builder;
  const auto reason = builder.CreateString(taken.first_reason.substr(0, max_reason_bytes));
  return finished_bytes(builder,
                        wire::CreateEventsTaken(builder, taken.counted, taken.late, taken.duplicates, taken.refused,
                                                taken.first_refused_line, reason, taken.slices));
}

std::vector<std::byte> encode(const Error& refusal) {
  flatbuffers::FlatBufferBuilder builder;
  const auto reason = builder.CreateString(refusal.message().data(), refusal.message().size());
  return finished_bytes(builder, wire::CreateRefusal(builder, std::to_underlying(refusal.code()), reason));
}

Expected<Hello> decode_hello(std::span<const std::byte> body) {
  const VerifiedTable<wire::Hello> hello(body);
  if (!hello) return malformed(FrameType::hello);
  Hello decoded{.version = hello->protocol_version(), .source = hello->source()->str()};
  if (decoded.version != protocol_version) return decoded;
  if (const auto valid = validate_source(decoded.source); !valid) {
    return fail(ErrorCode::protocol_violation, "hello: ", valid.error().message());
  }
  if (hello->token() == nullptr) return decoded;
  decoded.token = hello->token()->str();
  if (const auto valid = validate_token(decoded.token); !valid) {
    return fail(ErrorCode::protocol_violation, "hello: ", valid.error().message());
  }
  return decoded;
}

Expected<Welcome> decode_welcome(std::span<const std::byte> body) {
  const VerifiedTable<wire::Welcome> welcome(body);
  if (!welcome) return malformed(FrameType::welcome);
  const Welcome decoded{.version = welcome->protocol_version(),
                        .last_sequence = welcome->last_sequence(),
                        .last_unjudged = welcome->last_unjudged(),
                        .credit = welcome->credit(),
                        .max_frame_bytes = welcome->max_frame_bytes()};
  if (decoded.version != protocol_version) return decoded;
  if (decoded.credit == 0) return fail(ErrorCode::protocol_violation, "welcome: credit is 0");
  if (decoded.last_sequence > max_sequence) {
    return fail(ErrorCode::protocol_violation, "welcome: last_sequence is ", decoded.last_sequence, "; at most ",
                max_sequence, " is possible");
  }
  if (decoded.last_unjudged > decoded.last_sequence) {
    return fail(ErrorCode::protocol_violation, "welcome: last_unjudged is ", decoded.last_unjudged,
                ", beyond last_sequence, ", decoded.last_sequence);
  }
  if (decoded.max_frame_bytes > largest_max_frame_bytes) {
    return fail(ErrorCode::protocol_violation, "welcome: max_frame_bytes is ", decoded.max_frame_bytes, "; at most ",
                largest_max_frame_bytes, " are possible");
  }
  return decoded;
}

Expected<EventsTaken> decode_events_taken(std::span<const std::byte> body) {
  const VerifiedTable<wire::EventsTaken> taken(body);
  if (!taken) return fail(ErrorCode::protocol_violation, "body of the ack of events is not well formed");
  EventsTaken decoded{.counted = taken->counted(),
                      .late = taken->late(),
                      .duplicates = taken->duplicates(),
                      .refused = taken->refused(),
                      .slices = taken->slices(),
                      .first_refused_line = taken->first_refused_line(),
                      .first_reason = taken->first_reason() != nullptr ? taken->first_reason()->str() : ""};
  std::ranges::replace_if(decoded.first_reason, is_control, '?');
  return decoded;
}

Expected<Error> decode_refusal(std::span<const std::byte> body) {
  const VerifiedTable<wire::Refusal> refusal(body);
  if (!refusal) {
    return fail(ErrorCode::protocol_violation, "body of the reject or error frame is not well formed");
  }
  if (refusal->code() > last_code) {
    return fail(ErrorCode::protocol_violation, "refusal: unknown code ", static_cast<unsigned>(refusal->code()));
  }
  std::string reason = refusal->reason()->str();
  std::ranges::replace_if(reason, is_control, '?');
  return Error(static_cast<ErrorCode>(refusal->code()), std::string_view(reason));
}

}  // namespace gaugeline::stream
