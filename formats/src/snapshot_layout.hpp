// The frame of a snapshot file: a header, row chunks, the manifest, a footer. Byte level: docs/formats.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/encoding.hpp>

namespace gaugeline::formats {

// Every part of a snapshot begins at a multiple of this; the bytes between two parts are zero.
inline constexpr std::size_t part_alignment = 64;
[[nodiscard]] constexpr std::uint64_t aligned_up(std::uint64_t offset) noexcept {
  return (offset + part_alignment - 1) / part_alignment * part_alignment;
}

inline constexpr std::size_t snapshot_header_bytes = 64;
inline constexpr std::size_t snapshot_footer_bytes = 64;

// Header, footer and manifest say the same version.
[[nodiscard]] std::array<std::byte, snapshot_header_bytes> snapshot_header(std::uint32_t version) noexcept;
// Returns the version, which is one that is read.
[[nodiscard]] Expected<std::uint32_t> check_snapshot_header(std::span<const std::byte> file) noexcept;

// The last bytes of the file. Its checksum is that of the snapshot: it covers the manifest's checksum, and the manifest
// holds those of all chunks.
struct SnapshotFooter {
  std::uint64_t manifest_offset = 0;
  std::uint64_t manifest_bytes = 0;
  std::uint64_t manifest_checksum = 0;
  std::uint64_t checksum = 0;  // XXH3-64 of the 56 bytes before it

  // As bytes, with the checksum of the other fields (the one here is not used).
  [[nodiscard]] std::array<std::byte, snapshot_footer_bytes> sealed(std::uint32_t version) const noexcept;
  [[nodiscard]] static std::uint64_t checksum_of(std::span<const std::byte, snapshot_footer_bytes> sealed) noexcept;
  // Reads the end of a file and checks that the manifest lies between the header and the footer, ending where the
  // footer begins. `tail` is the file, or the last snapshot_header_bytes + snapshot_footer_bytes of it.
  [[nodiscard]] static Expected<SnapshotFooter> parse(std::span<const std::byte> tail, std::uint64_t file_bytes,
                                                      std::uint32_t version) noexcept;
};

// True if the bytes [begin, end) of the file, which lie in it, are zero.
[[nodiscard]] bool is_zero(std::span<const std::byte> file, std::uint64_t begin, std::uint64_t end) noexcept;

}  // namespace gaugeline::formats
