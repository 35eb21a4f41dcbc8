// Records of a file: each is compressed by zstd, guarded by a checksum and numbered, and a last one ends the file, so
// that every change of a byte, every record that is missing, doubled or exchanged, and every cut is detected. .slices
// files and deltas are made of them. Byte level: docs/formats.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::formats {

// What a file of records begins with: a name of eight bytes, the version, and four zeros.
inline constexpr std::size_t record_file_header_bytes = 16;
struct RecordFileKind {
  std::string_view magic;  // 8 bytes
  std::uint32_t version = 1;
  std::string_view name;  // "a .slices file"

  [[nodiscard]] std::array<std::byte, record_file_header_bytes> header() const noexcept;
  [[nodiscard]] Expected<> check_header(std::span<const std::byte> bytes) const noexcept;
};

inline constexpr std::size_t record_header_bytes = 24;

enum class RecordKind : std::uint32_t {
  slice = 0x43494C53,  // "SLIC"
  delta = 0x544C4544,  // "DELT"
  end = 0x53444E45,    // "ENDS"
};

struct RecordHeader {
  RecordKind kind = RecordKind::slice;
  std::uint32_t compressed_bytes = 0;  // of the payload that follows; 0 for the end record
  std::uint32_t raw_bytes = 0;         // of the payload once decompressed; 0 for the end record
  std::uint32_t index = 0;             // of the record in the file; for the end record, the number of those before it
  std::uint64_t checksum = 0;          // XXH3-64 of the 16 bytes before it and the payload

  // As bytes, with the checksum of these fields and `payload` (the one in the header is not used).
  [[nodiscard]] std::array<std::byte, record_header_bytes> sealed(std::span<const std::byte> payload) const noexcept;
  [[nodiscard]] static RecordHeader parse(std::span<const std::byte, record_header_bytes> bytes) noexcept;

  // What can be checked before the payload is read: that it is of this kind or the end, its place, and its sizes.
  [[nodiscard]] Expected<> check(RecordKind expected, std::uint32_t expected_index,
                                 std::size_t most_raw_bytes) const noexcept;
  [[nodiscard]] Expected<> check_payload(std::span<const std::byte> payload) const noexcept;
};

[[nodiscard]] Expected<std::vector<std::byte>> compressed(std::span<const std::byte> raw, int level);

// Memory that is filled from elsewhere: pages that are never written cost nothing, whatever size a file claims.
struct Buffer {
  explicit Buffer(std::size_t bytes) : data(std::make_unique_for_overwrite<std::byte[]>(bytes)), size(bytes) {}
  [[nodiscard]] std::span<std::byte> span() const noexcept { return {data.get(), size}; }
  std::unique_ptr<std::byte[]> data;
  std::size_t size;
};
[[nodiscard]] Expected<Buffer> decompressed(std::span<const std::byte> payload, std::size_t raw_bytes);

}  // namespace gaugeline::formats
