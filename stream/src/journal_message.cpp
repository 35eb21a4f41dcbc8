#include "journal_message.hpp"

#include "restart_generated.h"

namespace gaugeline::stream {

std::vector<std::byte> encode_message(std::string_view source, std::uint64_t sequence,
                                      std::span<const std::byte> body) {
  flatbuffers::FlatBufferBuilder builder(body.size() + 512);
  const auto bytes = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(body.data()), body.size());
  const auto name = builder.CreateString(source.data(), source.size());
  builder.Finish(restart::CreateMessage(builder, name, sequence, bytes));
  const auto finished = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {finished.begin(), finished.end()};
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
