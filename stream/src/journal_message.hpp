// Messages as the journal holds them.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

// The kind of a journal record. The numbers are on disk.
enum class MessageKind : std::uint32_t { slice = 1, events = 2, idle = 3 };

// Keeps its memory from one message to the next.
class MessageEncoder {
 public:
  // Valid until the next call.
  [[nodiscard]] std::span<const std::byte> encode(std::string_view source, std::uint64_t sequence,
                                                  std::span<const std::byte> body);

 private:
  flatbuffers::FlatBufferBuilder builder_;
};

struct JournalMessage {
  std::string source;
  std::uint64_t sequence = 0;       // 0: not numbered
  std::span<const std::byte> body;  // of the record's bytes
};
// The record's checksum holds already: what is not well formed was written by another program. ErrorCode::bad_data.
[[nodiscard]] Expected<JournalMessage> decode_message(std::span<const std::byte> record);

}  // namespace gaugeline::stream
