// The channel of TLS from inside: ends, and operations that are cancelled.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

#include <boost/asio/post.hpp>
#include <boost/asio/ssl/error.hpp>

#include <formats/temporary_directory.hpp>
#include <gaugeline/random.hpp>

#include "certificates.hpp"
#include "tls_channel.hpp"
#include "tls_engine.hpp"

namespace gaugeline::stream {
namespace {

using namespace asio::experimental::awaitable_operators;
using Bytes = std::vector<std::byte>;

struct Contexts {
  test::TemporaryDirectory directory;
  Authority authority{directory.path()};
  std::shared_ptr<TlsContext> server = TlsContext::for_server(authority.server()).value();
  std::shared_ptr<TlsContext> client = TlsContext::for_client(authority.client()).value();
};

Bytes random_bytes(std::size_t count, std::uint64_t seed) {
  Random random(seed);
  Bytes bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::byte>(random.bits());
  return bytes;
}

// Two engines whose wires are tied together, one byte at a time.
struct Pair : Contexts {
  TlsEngine left{*server, {}};
  TlsEngine right{*client, "127.0.0.1"};

  void carry() {
    for (const auto byte : left.take_output()) right.put(std::span(&byte, 1));
    for (const auto byte : right.take_output()) left.put(std::span(&byte, 1));
  }
  void shake_hands() {
    for (bool done = false; !done;) {
      const auto theirs = right.handshake();
      const auto ours = left.handshake();
      REQUIRE(!theirs.error);
      REQUIRE(!ours.error);
      done = !theirs.needs_input && !ours.needs_input;
      carry();
    }
  }
};

TEST_CASE_FIXTURE(Pair, "what one engine is told the other says, byte for byte") {
  shake_hands();
  const auto said = random_bytes(100'000, 1);
  Bytes heard;
  Bytes buffer(1000);
  for (std::span<const std::byte> rest(said); !rest.empty();) {
    rest = rest.subspan(left.write(rest).bytes);
    carry();
    for (auto step = right.read(buffer); !step.needs_input; step = right.read(buffer)) {
      REQUIRE(!step.error);
      heard.insert(heard.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(step.bytes));
    }
  }
  CHECK(heard == said);
}

TEST_CASE_FIXTURE(Pair, "an end that is announced is told from one that is not") {
  shake_hands();
  Bytes buffer(10);
  CHECK(right.read(buffer).needs_input);
  SUBCASE("announced") {
    left.end_sending();
    carry();
    right.put_end();
    CHECK(right.read(buffer).error == asio::error::eof);
  }
  SUBCASE("cut off") {
    right.put_end();
    CHECK(right.read(buffer).error == asio::ssl::error::stream_truncated);
  }
}

TEST_CASE_FIXTURE(Pair, "a changed byte is never taken for what was said") {
  shake_hands();
  CHECK(left.write(random_bytes(100, 2)).bytes == 100);
  auto wire = left.take_output();
  wire[wire.size() / 2] ^= std::byte{1};
  right.put(wire);
  Bytes buffer(100);
  CHECK(right.read(buffer).error);
}

// Cancels what it is raced against at a moment that the seed picks.
asio::awaitable<void> some_turns(asio::any_io_executor executor, std::uint64_t turns) {
  for (std::uint64_t turn = 0; turn < turns; ++turn) co_await asio::post(executor, asio::use_awaitable);
}

// An operation that is done when it is cancelled still counts: so each is accounted for where it is awaited.
asio::awaitable<void> write_once(Channel& channel, std::span<const std::byte>& bytes) {
  const auto [error, size] = co_await channel.write_some(bytes);
  REQUIRE((!error || error == asio::error::operation_aborted));
  bytes = bytes.subspan(size);
}

asio::awaitable<void> write_all(Channel& channel, std::span<const std::byte> bytes, std::uint64_t seed) {
  Random random(seed);
  while (!bytes.empty()) {
    co_await (write_once(channel, bytes) || some_turns(channel.executor(), random.bits() % 4));
  }
  channel.end_sending();
}

asio::awaitable<void> read_once(Channel& channel, Bytes& heard, bool& ended) {
  Bytes buffer(3000);
  const auto [error, size] = co_await channel.read_some(buffer);
  REQUIRE((!error || error == asio::error::operation_aborted || error == asio::error::eof));
  heard.insert(heard.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size));
  ended = error == asio::error::eof;
}

asio::awaitable<void> read_all(Channel& channel, Bytes& heard, std::uint64_t seed) {
  Random random(seed);
  for (bool ended = false; !ended;) {
    co_await (read_once(channel, heard, ended) || some_turns(channel.executor(), random.bits() % 4));
  }
}

// One end: says its bytes and hears the other's, with operations that are cancelled again and again.
asio::awaitable<void> converse(Channel& channel, std::span<const std::byte> said, Bytes& heard, std::uint64_t seed) {
  REQUIRE(!co_await channel.handshake());
  co_await (write_all(channel, said, seed) && read_all(channel, heard, seed + 1));
}

TEST_CASE_FIXTURE(Contexts, "reads and writes that are cancelled lose nothing and say nothing twice") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    asio::io_context context{1};
    tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
    tcp::socket near(context);
    // A small window, so that records are sent in pieces.
    near.open(tcp::v4());
    near.set_option(asio::socket_base::send_buffer_size(4096));
    near.connect(acceptor.local_endpoint());
    const auto right = tls_channel(std::move(near), *client, "127.0.0.1");
    const auto left = tls_channel(acceptor.accept(), *server);
    const auto first = random_bytes(200'000, seed);
    const auto second = random_bytes(150'000, seed + 100);
    Bytes heard_right;
    Bytes heard_left;
    asio::co_spawn(context, converse(*left, first, heard_left, seed), asio::detached);
    asio::co_spawn(context, converse(*right, second, heard_right, seed + 2), asio::detached);
    context.run();
    CHECK(heard_left == second);
    CHECK(heard_right == first);
  }
}

}  // namespace
}  // namespace gaugeline::stream
