#include "numbered_messages.hpp"

#include <span>
#include <sstream>
#include <string>
#include <utility>

#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/json_writer.hpp>

namespace gaugeline::cli {
namespace {

// So long that the network's and the disk's cost per message does not show, so short that a lost one is soon sent
// again.
constexpr std::size_t message_bytes = std::size_t{64} << 10U;

std::string end_line(const std::string& source) {
  std::ostringstream line;
  stream::JsonWriter json(line);
  json.begin_object();
  if (!source.empty()) json.member("source", source);
  json.member("watermark", "end").end_object();
  return std::move(line).str();
}

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
    sources_.clear();
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
    if (ends_) note_source(reader_->line());
  }
  // In messages of their own, so that a file that was sent without them is ended without sending it again.
  if (lines.empty()) {
    while (lines.size() < message_bytes && !sources_.empty())
      lines += end_line(sources_.extract(sources_.begin()).value()) + "\n";
  }
  if (lines.empty()) return std::nullopt;
  const auto bytes = std::as_bytes(std::span(lines));
  return stream::ClientMessage{.type = stream::FrameType::events, .body = {bytes.begin(), bytes.end()}};
}

// What is no event is refused by the daemon, and names no source.
void NumberedEvents::note_source(std::string_view line) {
  if (auto event = stream::parse_event(line)) sources_.insert(std::move(event->source));
}

}  // namespace gaugeline::cli
