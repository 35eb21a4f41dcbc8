// A delta taken apart into the tables of its schema, to be changed and put together again with the right checksums.
#pragma once

#include <delta_generated.h>

#include <memory>
#include <span>
#include <vector>

#include "delta_format.hpp"

namespace gaugeline::test {

// A record with the right checksum.
inline std::vector<std::byte> delta_record(std::uint32_t index, std::span<const std::byte> raw) {
  const auto payload = formats::compressed(raw, 1).value();
  const auto header = formats::RecordHeader{.kind = formats::RecordKind::delta,
                                            .compressed_bytes = static_cast<std::uint32_t>(payload.size()),
                                            .raw_bytes = static_cast<std::uint32_t>(raw.size()),
                                            .index = index}
                          .sealed(payload);
  std::vector<std::byte> record(header.begin(), header.end());
  record.insert(record.end(), payload.begin(), payload.end());
  return record;
}

struct DeltaParts {
  formats::schema::DeltaHeadT head;
  std::vector<formats::schema::DeltaRowsT> rows;

  [[nodiscard]] std::vector<std::byte> file() const {
    const auto header = formats::delta_file.header();
    std::vector<std::byte> bytes(header.begin(), header.end());
    std::uint32_t index = 0;
    flatbuffers::FlatBufferBuilder builder;
    builder.Finish(formats::schema::DeltaHead::Pack(builder, &head), formats::delta_head_identifier);
    append(bytes, index++, builder);
    for (const auto& part : rows) {
      builder.Clear();
      builder.Finish(formats::schema::DeltaRows::Pack(builder, &part), formats::schema::DeltaRowsIdentifier());
      append(bytes, index++, builder);
    }
    const auto end = formats::RecordHeader{.kind = formats::RecordKind::end, .index = index}.sealed({});
    bytes.insert(bytes.end(), end.begin(), end.end());
    return bytes;
  }

 private:
  static void append(std::vector<std::byte>& bytes, std::uint32_t index, flatbuffers::FlatBufferBuilder& builder) {
    const auto raw = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
    const auto record = delta_record(index, raw);
    bytes.insert(bytes.end(), record.begin(), record.end());
  }
};

// Of a delta that can be read.
inline DeltaParts parts_of(std::span<const std::byte> delta) {
  auto reader = formats::DeltaReader::open(delta).value();
  DeltaParts parts;
  const auto head = reader.next().value().value();
  formats::read_delta_head(formats::AlignedBytes(head.span())).value()->UnPackTo(&parts.head);
  for (;;) {
    const auto record = reader.next().value();
    if (!record) return parts;
    flatbuffers::GetRoot<formats::schema::DeltaRows>(record->data.get())->UnPackTo(&parts.rows.emplace_back());
  }
}

}  // namespace gaugeline::test
