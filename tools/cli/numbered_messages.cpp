#include "numbered_messages.hpp"

#include <span>
#include <string>
#include <utility>

#include <gaugeline/stream/events.hpp>

namespace gaugeline::cli {
namespace {

// So long that the network's and the disk's cost per message does not show, so short that a lost one is soon sent
// again.
constexpr std::size_t message_bytes = std::size_t{64} << 10U;

}  // namespace

Expected<std::optional<stream::ClientMessage>> NumberedSlices::at(std::uint64_t sequence) {
  if (!reader_ || sequence < next_) {
    auto opened = formats::SlicesReader::open(path_);
    if (!opened) return std::unexpected(opened.error());
    reader_.emplace(std::move(*opened));
    next_ = 1;
  }
  while (true) {
    auto slice = reader_->next_encoded();
    if (!slice) return std::unexpected(slice.error());
    if (!*slice) return std::nullopt;
    if (next_++ == sequence) return stream::ClientMessage{.type = stream::FrameType::slice, .body = std::move(**slice)};
  }
}

Expected<std::optional<stream::ClientMessage>> NumberedEvents::at(std::uint64_t sequence) {
  if (!reader_ || sequence < next_) {
    auto opened = LineReader::open(path_, stream::EventLimits{}.line_bytes);
    if (!opened) return std::unexpected(opened.error());
    reader_.emplace(std::move(*opened));
    next_ = 1;
  }
  while (true) {
    auto message = next();
    if (!message || !*message || next_++ == sequence) return message;
  }
}

Expected<std::optional<stream::ClientMessage>> NumberedEvents::next() {
  std::string lines;
  while (lines.size() < message_bytes && reader_->next()) {
    lines.append(reader_->line());
    lines.push_back('\n');
  }
  if (lines.empty()) return std::nullopt;
  const auto bytes = std::as_bytes(std::span(lines));
  return stream::ClientMessage{.type = stream::FrameType::events, .body = {bytes.begin(), bytes.end()}};
}

}  // namespace gaugeline::cli
