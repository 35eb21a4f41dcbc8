#include "slice_json.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include <gaugeline/stream/answers_json.hpp>

namespace gaugeline::stream {

std::string hexadecimal(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16).ptr;
  const std::string text(digits.data(), end);
  return std::string(digits.size() - text.size(), '0') + text;
}

void write_slice(JsonWriter& json, const formats::SnapshotSummary& summary) {
  json.begin_object();
  write_slice_report(json, summary.report);
  json.end_object();
}

Expected<EncodedEvents> encode_events(const formats::SnapshotStore& store, std::uint64_t from) {
  const auto slices = store.slices();
  if (!slices) return std::unexpected(slices.error());
  EncodedEvents events{.text = {}, .next = from};
  auto slice = std::ranges::lower_bound(*slices, from);
  for (std::size_t i = 0; i < max_events_at_once && slice != slices->end(); ++i, ++slice) {
    events.next = *slice + 1;
    const auto snapshot = formats::SnapshotMap::open(store.file(*slice), formats::Verification::summary);
    if (!snapshot && snapshot.error().code() == ErrorCode::not_found) continue;  // removed by retention
    if (!snapshot) return std::unexpected(snapshot.error());
    std::ostringstream data;
    JsonWriter json(data);
    write_slice(json, snapshot->summary());  // one line, with its line break
    events.text += "id: " + std::to_string(*slice) + "\nevent: slice\ndata: " + data.str() + "\n";
  }
  return events;
}

}  // namespace gaugeline::stream
