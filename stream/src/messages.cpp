#include <gaugeline/stream/messages.hpp>

#include <algorithm>
#include <utility>

#include <gaugeline/stream/frame.hpp>

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
constexpr std::uint8_t last_code = std::to_underlying(ErrorCode::protocol_violation);

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

template <class Table>
std::vector<std::byte> finished(flatbuffers::FlatBufferBuilder& builder, flatbuffers::Offset<Table> root) {
  builder.Finish(root);
  const auto bytes = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {bytes.begin(), bytes.end()};
}

// The verified root of a body, in a copy that has the alignment that FlatBuffers wants.
template <class Table>
class Verified {
 public:
  explicit Verified(std::span<const std::byte> body) : bytes_(body.begin(), body.end()) {
    flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes_.data()), bytes_.size());
    if (verifier.VerifyBuffer<Table>(nullptr)) root_ = flatbuffers::GetRoot<Table>(bytes_.data());
  }
  explicit operator bool() const noexcept { return root_ != nullptr; }
  const Table* operator->() const noexcept { return root_; }

 private:
  std::vector<std::byte> bytes_;
  const Table* root_ = nullptr;
};

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
  return finished(builder, wire::CreateHello(builder, hello.version, source));
}

std::vector<std::byte> encode(const Welcome& welcome) {
  flatbuffers::FlatBufferBuilder builder;
  return finished(builder, wire::CreateWelcome(builder, welcome.version, welcome.last_sequence, welcome.credit,
                                               welcome.max_frame_bytes));
}

std::vector<std::byte> encode(const Error& refusal) {
  flatbuffers::FlatBufferBuilder builder;
  const auto reason = builder.CreateString(refusal.message().data(), refusal.message().size());
  return finished(builder, wire::CreateRefusal(builder, std::to_underlying(refusal.code()), reason));
}

Expected<Hello> decode_hello(std::span<const std::byte> body) {
  const Verified<wire::Hello> hello(body);
  if (!hello) return malformed(FrameType::hello);
  Hello decoded{.version = hello->protocol_version(), .source = hello->source()->str()};
  if (decoded.version != protocol_version) return decoded;
  if (const auto valid = validate_source(decoded.source); !valid) {
    return fail(ErrorCode::protocol_violation, "hello: ", valid.error().message());
  }
  return decoded;
}

Expected<Welcome> decode_welcome(std::span<const std::byte> body) {
  const Verified<wire::Welcome> welcome(body);
  if (!welcome) return malformed(FrameType::welcome);
  const Welcome decoded{.version = welcome->protocol_version(),
                        .last_sequence = welcome->last_sequence(),
                        .credit = welcome->credit(),
                        .max_frame_bytes = welcome->max_frame_bytes()};
  if (decoded.version != protocol_version) return decoded;
  if (decoded.credit == 0) return fail(ErrorCode::protocol_violation, "welcome: credit is 0");
  if (decoded.max_frame_bytes > largest_max_frame_bytes) {
    return fail(ErrorCode::protocol_violation, "welcome: max_frame_bytes is ", decoded.max_frame_bytes, "; at most ",
                largest_max_frame_bytes, " are possible");
  }
  return decoded;
}

Expected<Error> decode_refusal(std::span<const std::byte> body) {
  const Verified<wire::Refusal> refusal(body);
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
