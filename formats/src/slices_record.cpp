#include "slices_record.hpp"

#include <zstd.h>

#include <string_view>

#include "checksum.hpp"
#include "little_endian.hpp"

namespace gaugeline::formats {
namespace {

constexpr std::string_view slices_magic = "gaugeslc";
constexpr std::size_t record_header_checksum_offset = 16;

}  // namespace

std::array<std::byte, slices_header_bytes> slices_header() noexcept {
  std::array<std::byte, slices_header_bytes> bytes{};
  std::memcpy(bytes.data(), slices_magic.data(), slices_magic.size());
  store(bytes, 8, slices_format_version);
  return bytes;
}

Expected<> check_slices_header(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < slices_header_bytes || std::memcmp(bytes.data(), slices_magic.data(), slices_magic.size()) != 0)
    return fail(ErrorCode::bad_data, "is not a .slices file: it does not begin with \"", slices_magic, "\"");
  const auto version = load<std::uint32_t>(bytes, 8);
  if (version != slices_format_version)
    return fail(ErrorCode::unsupported_version, "is a .slices file of format version ", version,
                ", but this program reads ", slices_format_version);
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
  store(bytes, record_header_checksum_offset,
        formats::checksum(std::span(bytes).first<record_header_checksum_offset>(), payload));
  return bytes;
}

RecordHeader RecordHeader::parse(std::span<const std::byte, record_header_bytes> bytes) noexcept {
  return {.kind = static_cast<RecordKind>(load<std::uint32_t>(bytes, 0)),
          .compressed_bytes = load<std::uint32_t>(bytes, 4),
          .raw_bytes = load<std::uint32_t>(bytes, 8),
          .index = load<std::uint32_t>(bytes, 12),
          .checksum = load<std::uint64_t>(bytes, record_header_checksum_offset)};
}

Expected<> RecordHeader::check(std::uint32_t expected_index, const SliceLimits& limits) const noexcept {
  if (kind != RecordKind::slice && kind != RecordKind::end)
    return fail(ErrorCode::bad_data, "no record begins here (kind ", static_cast<std::uint32_t>(kind), ")");
  if (index != expected_index)
    return fail(ErrorCode::bad_data, "the record says number ", index, " where ", expected_index, " is due");
  if (raw_bytes > limits.bytes)
    return fail(ErrorCode::capacity_exceeded, "a slice of ", raw_bytes, " bytes is over the limit of ", limits.bytes);
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

}  // namespace gaugeline::formats
