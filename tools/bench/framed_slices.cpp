#include "framed_slices.hpp"

#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/random.hpp>
#include <gaugeline/stream/client_session.hpp>
#include <gaugeline/stream/frame.hpp>
#include <support/tokens.hpp>

namespace gaugeline::bench {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using Clock = std::chrono::steady_clock;

constexpr std::size_t sequence_length = 500;
constexpr std::size_t read_bytes = std::size_t{64} << 10U;

double per_second(std::size_t bytes, Clock::time_point begin) {
  return static_cast<double>(bytes) / std::chrono::duration<double>(Clock::now() - begin).count();
}

tcp::socket connected(asio::io_context& context, std::uint16_t port) {
  tcp::socket socket(context);
  socket.connect({asio::ip::address_v4::loopback(), port});
  socket.set_option(tcp::no_delay(true));
  return socket;
}

// Waits for an event of the session.
stream::ClientEvent next_event(tcp::socket& socket, stream::ClientSession& session, std::span<const std::byte>& waiting,
                               std::vector<std::byte>& buffer) {
  while (true) {
    if (waiting.empty()) waiting = std::span(buffer).first(socket.read_some(asio::buffer(buffer)));
    auto event = session.receive(waiting);
    if (!event) throw std::runtime_error(std::string(event.error().message()));
    if (*event) return **event;
  }
}

}  // namespace

Burst make_burst(std::size_t count, std::size_t bytes) {
  constexpr std::size_t bytes_an_id = 2;  // nearly all are above 127
  const auto tokens = testing::numbered_tokens("word", burst_tokens);
  Random random(1);
  std::vector<std::uint32_t> ids, ends;
  for (std::size_t i = 0; i < bytes / bytes_an_id; ++i) {
    ids.push_back(static_cast<std::uint32_t>(random.bits() % burst_tokens));
    if (ids.size() % sequence_length == 0) ends.push_back(static_cast<std::uint32_t>(ids.size()));
  }
  if (ends.empty() || ends.back() != ids.size()) ends.push_back(static_cast<std::uint32_t>(ids.size()));
  Burst burst;
  const stream::Hello hello{.source = "bench:slices"};
  stream::append_frame(burst.hello, stream::FrameType::hello, 0, stream::encode(hello));
  burst.slices.reserve(count * (bytes + (std::size_t{64} << 10U)));
  for (std::size_t number = 1; number <= count; ++number) {
    SliceView slice;
    slice.interval = testing::day(static_cast<std::int64_t>(number));
    slice.item_tokens = tokens.list();
    slice.contexts_are_items = true;
    slice.sequence_ids = ids;
    slice.sequence_ends = ends;
    slice.window = 1;
    stream::append_frame(burst.slices, stream::FrameType::slice, number, formats::encode_slice(slice).value());
  }
  burst.count = count;
  return burst;
}

double daemon_bytes_per_second(std::uint16_t port, const Burst& burst) {
  asio::io_context context;
  tcp::socket socket = connected(context, port);
  stream::ClientSession session("bench:slices");
  std::vector<std::byte> buffer(read_bytes);
  std::span<const std::byte> waiting;
  asio::write(socket, asio::buffer(session.take_output()));
  static_cast<void>(next_event(socket, session, waiting, buffer));
  // The bytes are made before the time is taken; the session is told that they go out.
  for (std::size_t number = 0; number < burst.count; ++number) {
    if (!session.can_send() || !session.send(stream::FrameType::slice, {}))
      throw std::runtime_error("the daemon's credit is smaller than the burst");
  }
  static_cast<void>(session.take_output());
  const auto begin = Clock::now();
  std::jthread sender([&] { asio::write(socket, asio::buffer(burst.slices)); });
  std::size_t acknowledged = 0;
  while (acknowledged < burst.count) {
    const auto event = next_event(socket, session, waiting, buffer);
    if (std::holds_alternative<stream::Refused>(event)) throw std::runtime_error("a slice is refused");
    if (std::holds_alternative<stream::Acknowledged>(event)) ++acknowledged;
  }
  return per_second(burst.slices.size(), begin);
}

double sink_bytes_per_second(const Burst& burst) {
  asio::io_context context;
  tcp::acceptor acceptor(context, {asio::ip::address_v4::loopback(), 0});
  std::jthread sink([&] {
    tcp::socket socket = acceptor.accept();
    std::vector<std::byte> buffer(read_bytes);
    for (std::size_t counted = 0; counted < burst.slices.size();) counted += socket.read_some(asio::buffer(buffer));
    asio::write(socket, asio::buffer("!", 1));
  });
  tcp::socket socket = connected(context, acceptor.local_endpoint().port());
  const auto begin = Clock::now();
  asio::write(socket, asio::buffer(burst.slices));
  char answer = 0;
  socket.read_some(asio::buffer(&answer, 1));
  return per_second(burst.slices.size(), begin);
}

double disk_bytes_per_second(const std::filesystem::path& folder, const Burst& burst) {
  const auto file = formats::system_files().create(folder / "bytes").value();
  const std::size_t piece = burst.slices.size() / burst.count;
  const auto begin = Clock::now();
  for (std::size_t number = 0; number < burst.count; ++number) {
    const bool written = file->append(std::span(burst.slices).subspan(number * piece, piece)) && file->sync();
    if (!written) throw std::runtime_error("the disk cannot be written");
  }
  return per_second(piece * burst.count, begin);
}

}  // namespace gaugeline::bench
