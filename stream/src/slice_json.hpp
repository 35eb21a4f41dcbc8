// A slice as GET /v1/slices and GET /v1/watch tell it.
#pragma once

#include <cstdint>
#include <string>

#include <gaugeline/formats/snapshot_map.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/json_writer.hpp>

namespace gaugeline::stream {

[[nodiscard]] std::string hexadecimal(std::uint64_t number);  // 16 digits

// What happened in it (write_slice_report), as an object.
void write_slice(JsonWriter& json, const formats::SnapshotSummary& summary);

// The slices from `from` on as server-sent events, each with its index as id; `next` is the index behind the last one.
// At most max_events_at_once, so that a client that begins at 0 does not take all memory: empty if there is none left.
struct EncodedEvents {
  std::string text;
  std::uint64_t next = 0;
};
inline constexpr std::size_t max_events_at_once = 100;
[[nodiscard]] Expected<EncodedEvents> encode_events(const formats::SnapshotStore& store, std::uint64_t from);

}  // namespace gaugeline::stream
