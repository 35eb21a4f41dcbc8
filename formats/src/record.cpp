#include "record.hpp"

#include <zstd.h>

#include "checksum.hpp"
#include "little_endian.hpp"

namespace gaugeline::formats {
namespace {

constexpr std::size_t record_header_checksum_offset = 16;

}  // namespace

std::array<std::byte, record_file_header_bytes> RecordFileKind::header() const noexcept {
  std::array<std::byte, record_file_header_bytes> bytes{};
  std::memcpy(bytes.data(), magic.data(), magic.size());
  store(bytes, 8, version);
  return bytes;
}

Expected<> RecordFileKind::check_header(std::span<const std::byte> bytes) const noexcept {
  if (bytes.size() < magic.size() || std::memcmp(bytes.data(), magic.data(), magic.size()) != 0)
    return fail(ErrorCode::bad_data, "is not ", name, ": it does not begin with \"", magic, "\"");
  if (bytes.size() < record_file_header_bytes)
    return fail(ErrorCode::bad_data, "is cut off: ", bytes.size(), " bytes are less than the header of ", name);
  if (const auto found = load<std::uint32_t>(bytes, 8); found != version)
    return fail(ErrorCode::unsupported_version, "is ", name, " of format version ", found, ", but this program reads ",
                version);
  if (load<std::uint32_t>(bytes, 12) != 0)
    return fail(ErrorCode::bad_data, "offset 12: the reserved bytes of the header are not zero");
  return {};
}

std::array<std::byte, record_header_bytes> RecordHeader::sealed(std::span<const std::byte> payload) const noexcept {
  std::array<std::byte, record_header_bytes> bytes{};
  store(bytes, 0, static_cast<std::uint32_t>(kind));
  store(bytes, 4, compressed_bytes);
  store(bytes, 8, raw_bytes);
  store(bytes, 12, index);
  const std::array<std::span<const std::byte>, 2> summed{std::span(bytes).first<record_header_checksum_offset>(),
                                                         payload};
  store(bytes, record_header_checksum_offset, formats::checksum(summed));
  return bytes;
}

RecordHeader RecordHeader::parse(std::span<const std::byte, record_header_bytes> bytes) noexcept {
  return {.kind = static_cast<RecordKind>(load<std::uint32_t>(bytes, 0)),
          .compressed_bytes = load<std::uint32_t>(bytes, 4),
          .raw_bytes = load<std::uint32_t>(bytes, 8),
          .index = load<std::uint32_t>(bytes, 12),
          .checksum = load<std::uint64_t>(bytes, record_header_checksum_offset)};
}

Expected<> RecordHeader::check(RecordKind expected, std::uint32_t expected_index,
                               std::size_t most_raw_bytes) const noexcept {
  if (kind != expected && kind != RecordKind::end)
    return fail(ErrorCode::bad_data, "no record begins here (kind ", static_cast<std::uint32_t>(kind), ")");
  if (index != expected_index)
    return fail(ErrorCode::bad_data, "the record says number ", index, " where ", expected_index, " is due");
  if (raw_bytes > most_raw_bytes)
    return fail(ErrorCode::capacity_exceeded, "a record of ", raw_bytes, " bytes is over the limit of ",
                most_raw_bytes);
  if (compressed_bytes > ZSTD_compressBound(raw_bytes))
    return fail(ErrorCode::bad_data, compressed_bytes, " compressed bytes are too many for ", raw_bytes);
  if (kind == RecordKind::end && (raw_bytes != 0 || compressed_bytes != 0))
    return fail(ErrorCode::bad_data, "the end record has a payload");
  return {};
}

Expected<> RecordHeader::check_payload(std::span<const std::byte> payload) const noexcept {
  if (load<std::uint64_t>(sealed(payload), record_header_checksum_offset) == checksum) return {};
  return fail(ErrorCode::checksum_mismatch, "the record's checksum does not fit its bytes: it is damaged");
}

Expected<std::vector<std::byte>> compressed(std::span<const std::byte> raw, int level) {
  std::vector<std::byte> payload(ZSTD_compressBound(raw.size()));
  const std::size_t size = ZSTD_compress(payload.data(), payload.size(), raw.data(), raw.size(), level);
  if (ZSTD_isError(size) != 0) return fail(ErrorCode::out_of_memory, "zstd: ", ZSTD_getErrorName(size));
  payload.resize(size);
  return payload;
}

Expected<Buffer> decompressed(std::span<const std::byte> payload, std::size_t raw_bytes) {
  Buffer raw(raw_bytes);
  const std::size_t size = ZSTD_decompress(raw.data.get(), raw_bytes, payload.data(), payload.size());
  if (ZSTD_isError(size) != 0) return fail(ErrorCode::bad_data, "zstd: ", ZSTD_getErrorName(size));
  if (size != raw_bytes) return fail(ErrorCode::bad_data, size, " bytes decompressed where ", raw_bytes, " are stated");
  return raw;
}

}  // namespace gaugeline::formats
