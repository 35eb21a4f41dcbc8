#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <string>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/frame.hpp>

#include "../../stream/src/spare_bodies.hpp"

// Sees every allocation of this program, so that a claim of a length can be shown to cost nothing.
namespace {
std::size_t largest_allocation = 0;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  largest_allocation = std::max(largest_allocation, size);
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace gaugeline::stream {
namespace {

using Bytes = std::vector<std::byte>;
constexpr std::size_t limit = 200'000;

Bytes random_bytes(Random& random, std::size_t size) {
  Bytes bytes(size);
  std::ranges::generate(bytes, [&] { return static_cast<std::byte>(random.bits()); });
  return bytes;
}

std::vector<Frame> sample_frames() {
  Random random(1);
  return {{FrameType::hello, 0, random_bytes(random, 63)},
          {FrameType::slice, 1, random_bytes(random, 100'000)},
          {FrameType::slice, 2, {}},
          {FrameType::ack, 0xFEDCBA9876543210U, {}},
          {FrameType::reject, 7, random_bytes(random, max_control_bytes)}};
}

Bytes encoded(const std::vector<Frame>& frames) {
  Bytes bytes;
  for (const auto& frame : frames) append_frame(bytes, frame.type, frame.sequence, frame.body);
  return bytes;
}

struct Decoded {
  std::vector<Frame> frames;
  std::optional<Error> error;
  bool inside_frame = false;
};

Decoded decode(std::span<const std::byte> bytes, std::size_t piece) {
  FrameDecoder decoder(limit);
  Decoded decoded;
  while (!bytes.empty() && !decoded.error) {
    auto part = bytes.first(std::min(piece, bytes.size()));
    bytes = bytes.subspan(part.size());
    while (!part.empty() && !decoded.error) {
      auto frame = decoder.next(part);
      if (!frame) {
        decoded.error = frame.error();
      } else if (*frame) {
        decoded.frames.push_back(std::move(**frame));
      }
    }
  }
  decoded.inside_frame = decoder.inside_frame();
  return decoded;
}

Bytes header(std::uint32_t body_bytes, std::uint32_t type) {
  Bytes bytes(frame_header_bytes);
  for (unsigned i = 0; i < 4; ++i) {
    bytes[i] = static_cast<std::byte>(body_bytes >> (8 * i));
    bytes[4 + i] = static_cast<std::byte>(type >> (8 * i));
  }
  return bytes;
}

TEST_CASE("the header is 24 bytes, little-endian: length, type, sequence, XXH3-64 of those and the body") {
  Bytes bytes;
  const Bytes body{std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
  append_frame(bytes, FrameType::reject, 0x0102030405060708U, body);
  const std::vector<unsigned> expected{3, 0, 0, 0, 5, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
  REQUIRE(bytes.size() == 27);
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(std::to_integer<unsigned>(bytes[i]) == expected[i]);
  CHECK(std::equal(body.begin(), body.end(), bytes.begin() + 24));
}

TEST_CASE("frames come out of a stream that is cut anywhere") {
  const auto frames = sample_frames();
  const auto bytes = encoded(frames);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 23U, 24U, 25U, 4096U, 65537U, 1U << 20U}) {
    CAPTURE(piece);
    const auto decoded = decode(bytes, piece);
    CHECK(!decoded.error);
    CHECK(!decoded.inside_frame);
    REQUIRE(decoded.frames.size() == frames.size());
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CHECK(decoded.frames[i].type == frames[i].type);
      CHECK(decoded.frames[i].sequence == frames[i].sequence);
      CHECK(decoded.frames[i].body == frames[i].body);
    }
  }
}

TEST_CASE("a truncated stream gives no frame, and is seen to end inside one") {
  const auto bytes = encoded({{FrameType::slice, 1, Bytes(100)}});
  for (std::size_t size = 1; size < bytes.size(); ++size) {
    const auto decoded = decode(std::span(bytes).first(size), 10);
    CHECK(decoded.frames.empty());
    CHECK(!decoded.error);
    CHECK(decoded.inside_frame);
  }
}

TEST_CASE("a frame with any one byte changed is never taken for a frame") {
  const auto frame = encoded({{FrameType::slice, 9, Bytes(50, std::byte{3})}});
  for (std::size_t i = 0; i < frame.size(); ++i) {
    for (const auto change : {std::byte{1}, std::byte{0x80}}) {
      auto bytes = frame;
      bytes[i] ^= change;
      bytes.resize(limit + frame_header_bytes);  // so that a length that has grown is not merely truncated
      CAPTURE(i);
      const auto decoded = decode(bytes, 1000);
      CHECK(decoded.frames.empty());
      CHECK(decoded.error);
    }
  }
}

TEST_CASE("a claim above the limit is refused by its header, and nothing is allocated") {
  const auto bytes = header(0xFFFFFFFFU, 3);
  FrameDecoder decoder(limit);
  std::span<const std::byte> rest(bytes);
  largest_allocation = 0;
  const auto frame = decoder.next(rest);
  CHECK(largest_allocation == 0);
  REQUIRE(!frame);
  CHECK(frame.error().code() == ErrorCode::capacity_exceeded);
  CHECK(std::string(frame.error().message()) ==
        "frame at offset 0 (slice) claims 4294967295 bytes; the limit is 200000");
}

TEST_CASE("a claim below the limit costs memory only as its bytes come") {
  constexpr std::uint32_t claim = 100U << 20U;
  FrameDecoder decoder(std::size_t{256} << 20U);
  auto bytes = header(claim, 3);
  bytes.resize(bytes.size() + 1000);
  std::span<const std::byte> rest(bytes);
  largest_allocation = 0;
  REQUIRE(decoder.next(rest));
  CHECK(largest_allocation <= std::size_t{64} << 10U);

  const Bytes more(300'000);
  rest = more;
  REQUIRE(decoder.next(rest));
  CHECK(largest_allocation <= 2 * (bytes.size() + more.size()));
}

TEST_CASE("the limit is exact; frames other than slices have a smaller one") {
  const auto error_of = [](FrameType type, std::size_t size) {
    return decode(encoded({{type, 0, Bytes(size)}}), 1 << 20).error;
  };
  CHECK(!error_of(FrameType::slice, limit));
  CHECK(error_of(FrameType::slice, limit + 1)->code() == ErrorCode::capacity_exceeded);
  CHECK(!error_of(FrameType::hello, max_control_bytes));
  CHECK(error_of(FrameType::hello, max_control_bytes + 1)->code() == ErrorCode::capacity_exceeded);
}

TEST_CASE("an unknown type is refused, and the error says where") {
  auto bytes = encoded({{FrameType::ack, 1, {}}, {FrameType::ack, 2, {}}});
  bytes[24 + 4] = std::byte{99};
  const auto decoded = decode(bytes, 5);
  CHECK(decoded.frames.size() == 1);
  REQUIRE(decoded.error);
  CHECK(decoded.error->code() == ErrorCode::protocol_violation);
  CHECK(std::string(decoded.error->message()) == "frame at offset 24 has the unknown type 99");
}

TEST_CASE("after an error the decoder stays at it") {
  FrameDecoder decoder(limit);
  const auto bad = header(0, 0);
  std::span<const std::byte> rest(bad);
  const auto first = decoder.next(rest);
  const auto good = encoded({{FrameType::ack, 1, {}}});
  rest = good;
  const auto second = decoder.next(rest);
  REQUIRE(!first);
  REQUIRE(!second);
  CHECK(first.error().message() == second.error().message());
}

TEST_CASE("random bytes never make a frame") {
  Random random(7);
  for (int round = 0; round < 2000; ++round) {
    auto bytes = random_bytes(random, 300);
    if (round % 2 == 0) {
      std::ranges::copy(header(static_cast<std::uint32_t>(random.bits() % 200), 3), bytes.begin());
    }
    CHECK(decode(bytes, 1 + random.bits() % 64).frames.empty());
  }
}

TEST_CASE("a large body takes the memory of one that is done with, and comes out the same") {
  std::vector<std::byte> bytes;
  std::vector<std::byte> body(200'000);
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<std::byte>(i * 7);
  append_frame(bytes, FrameType::slice, 1, body);
  append_frame(bytes, FrameType::slice, 2, std::span(body).first(10));
  append_frame(bytes, FrameType::slice, 3, std::span(body).first(150'000));
  SpareBodies spare(std::size_t{1} << 20U);
  FrameDecoder decoder(std::size_t{1} << 20U);
  decoder.set_spare([&] { return spare.take(); });
  std::span<const std::byte> rest = bytes;
  const auto next = [&] {
    std::vector<Frame> frames;
    for (std::size_t piece = 1000; frames.empty(); piece = 65536) {
      auto some = rest.first(std::min(piece, rest.size()));
      const std::size_t before = some.size();
      auto frame = decoder.next(some).value();
      rest = rest.subspan(before - some.size());
      if (frame) frames.push_back(std::move(*frame));
    }
    return std::move(frames.front());
  };
  Frame first = next();
  CHECK(first.body == body);
  const auto* memory = first.body.data();
  spare.give(std::move(first.body));
  CHECK(std::ranges::equal(next().body, std::span(body).first(10)));
  const Frame third = next();
  CHECK(std::ranges::equal(third.body, std::span(body).first(150'000)));
  CHECK(third.body.data() == memory);
}

TEST_CASE("spare bodies are kept up to a limit, small ones not at all") {
  const auto body = [](std::size_t bytes) {
    std::vector<std::byte> made;
    made.reserve(bytes);
    return made;
  };
  SpareBodies spare(250'000);
  CHECK(spare.take().capacity() == 0);
  spare.give(body(100));
  CHECK(spare.take().capacity() == 0);
  spare.give(body(100'000));
  spare.give(body(120'000));
  spare.give(body(130'000));  // over the limit
  CHECK(spare.take().capacity() == 120'000);
  CHECK(spare.take().capacity() == 100'000);
  CHECK(spare.take().capacity() == 0);
}

}  // namespace
}  // namespace gaugeline::stream
