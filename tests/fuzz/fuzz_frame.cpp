// Both ends of the wire protocol on any bytes, cut anywhere: as they are, and cut into frames with right checksums, so
// that what lies behind the checksum is reached. What comes out must keep the protocol's promises.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include <gaugeline/stream/access.hpp>
#include <gaugeline/stream/client_session.hpp>
#include <gaugeline/stream/messages.hpp>
#include <gaugeline/stream/server_session.hpp>

using namespace gaugeline;
using namespace gaugeline::stream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::byte>;
constexpr SessionLimits limits{.credit = 2, .max_frame_bytes = 300};

void require(bool condition) {
  if (!condition) std::abort();
}

// Each frame takes three bytes of the input for type, sequence number and length, and then its body.
Bytes sealed(std::span<const std::byte> input) {
  Bytes bytes;
  while (input.size() >= 3) {
    const auto number = [&](std::size_t i) { return std::to_integer<std::uint32_t>(input[i]); };
    const auto type = static_cast<FrameType>(1 + number(0) % 8);
    const std::uint64_t sequence = number(1);
    const std::size_t length = std::min<std::size_t>(number(2), input.size() - 3);
    append_frame(bytes, type, sequence, input.subspan(3, length));
    input = input.subspan(3 + length);
  }
  return bytes;
}

void require_frames(const Bytes& output) {
  FrameDecoder decoder(max_control_bytes);
  std::span<const std::byte> rest(output);
  while (!rest.empty()) require(decoder.next(rest).value().has_value());
}

// Calls receive(piece) for pieces of the bytes until it returns false.
template <class Receive>
void feed(std::span<const std::byte> bytes, std::size_t piece, const Receive& receive) {
  while (!bytes.empty()) {
    auto part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (!part.empty()) {
      if (!receive(part)) return;
    }
  }
}

void drive_server(std::span<const std::byte> bytes, std::size_t piece, bool greeted) {
  ServerSession session(limits);
  if (greeted) {
    Bytes hello;
    append_frame(hello, FrameType::hello, 0, encode(Hello{.source = "fuzz"}));
    std::span<const std::byte> rest(hello);
    require(session.receive(rest).value().has_value());
    session.welcome(0, 0);
  }
  std::uint64_t sequence = 0;
  feed(bytes, piece, [&](std::span<const std::byte>& part) {
    const auto event = session.receive(part);
    if (!event) return false;
    if (!*event) return true;
    if (const auto* greeting = std::get_if<Greeting>(&**event)) {
      require(!greeted && validate_source(greeting->source).has_value());
      require(greeting->token.empty() || validate_token(greeting->token).has_value());
      session.welcome(0, 0);
    } else {
      const auto& message = std::get<DataMessage>(**event);
      require(message.sequence == ++sequence && message.body.size() <= limits.max_frame_bytes);
      if (sequence % 2 == 0) session.acknowledge(sequence);
      if (sequence % 4 == 0) session.judge(sequence, {});
    }
    return true;
  });
  require_frames(session.take_output());
}

void drive_client(std::span<const std::byte> bytes, std::size_t piece) {
  ClientSession session("fuzz");
  std::uint64_t answered = 0;
  feed(bytes, piece, [&](std::span<const std::byte>& part) {
    const auto event = session.receive(part);
    if (!event) return false;
    if (*event && std::holds_alternative<Acknowledged>(**event)) ++answered;
    for (int i = 0; i < 3 && session.can_send(); ++i) {
      if (!session.send(FrameType::slice, Bytes(10))) break;
    }
    require(answered < session.next_sequence());
    return true;
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto input = std::as_bytes(std::span(data, size)).subspan(1);
  const std::size_t piece = 1 + data[0];
  const auto frames = sealed(input);
  for (const auto bytes : {input, std::span<const std::byte>(frames)}) {
    drive_server(bytes, piece, false);
    drive_server(bytes, piece, true);
    drive_client(bytes, piece);
  }
  return 0;
}
