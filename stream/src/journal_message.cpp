#include "journal_message.hpp"

#include "restart_generated.h"

namespace gaugeline::stream {

std::span<const std::byte> MessageEncoder::encode(std::string_view source, std::uint64_t sequence,
                                                  std::span<const std::byte> body) {
  builder_.Clear();
  builder_.ForceVectorAlignment(body.size(), 1, alignof(std::uint64_t));  // so that a slice can be read in place
  const auto bytes = builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
  const auto name = builder_.CreateString(source.data(), source.size());
  builder_.Finish(restart::CreateMessage(builder_, name, sequence, bytes));
  return std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize()));
}

Expected<JournalMessage> decode_message(std::span<const std::byte> record) {
  const auto* data = reinterpret_cast<const std::uint8_t*>(record.data());
  flatbuffers::Verifier verifier(data, record.size());
  if (!verifier.VerifyBuffer<restart::Message>(nullptr)) {
    return fail(ErrorCode::bad_data, "a message in the journal is not well formed");
  }
  const auto* message = flatbuffers::GetRoot<restart::Message>(data);
  JournalMessage decoded{.source = message->source()->str(), .sequence = message->sequence(), .body = {}};
  if (const auto* body = message->body()) decoded.body = std::as_bytes(std::span(body->data(), body->size()));
  return decoded;
}

}  // namespace gaugeline::stream
