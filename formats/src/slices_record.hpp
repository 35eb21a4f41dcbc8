// The framing of a .slices file: a file header, a record per slice, and an end record. Byte level: docs/formats.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/slice_codec.hpp>

namespace gaugeline::formats {

inline constexpr std::uint32_t slices_format_version = 1;
inline constexpr std::size_t slices_header_bytes = 16;
inline constexpr std::size_t record_header_bytes = 24;

[[nodiscard]] std::array<std::byte, slices_header_bytes> slices_header() noexcept;
[[nodiscard]] Expected<> check_slices_header(std::span<const std::byte> bytes) noexcept;

enum class RecordKind : std::uint32_t {
  slice = 0x43494C53,  // "SLIC"
  end = 0x53444E45,    // "ENDS"
};

struct RecordHeader {
  RecordKind kind = RecordKind::slice;
  std::uint32_t compressed_bytes = 0;  // of the payload that follows; 0 for the end record
  std::uint32_t raw_bytes = 0;         // of the payload once decompressed; 0 for the end record
  std::uint32_t index = 0;             // of the slice in the file; for the end record, the number of slices
  std::uint64_t checksum = 0;          // XXH3-64 of the 16 bytes before it and the payload

  // As bytes, with the checksum of these fields and `payload` (the one in the header is not used).
  [[nodiscard]] std::array<std::byte, record_header_bytes> sealed(std::span<const std::byte> payload) const noexcept;
  [[nodiscard]] static RecordHeader parse(std::span<const std::byte, record_header_bytes> bytes) noexcept;

  // What can be checked before the payload is read: kind, place, and sizes against the limits.
  [[nodiscard]] Expected<> check(std::uint32_t expected_index, const SliceLimits& limits) const noexcept;
  [[nodiscard]] Expected<> check_payload(std::span<const std::byte> payload) const noexcept;
};

}  // namespace gaugeline::formats
