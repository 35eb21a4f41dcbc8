// Puts the right checksums on a snapshot that has been changed, so that what lies behind the checksums can be tested.
#pragma once

#include <snapshot_generated.h>

#include <cstddef>
#include <cstring>
#include <span>

#include "checksum.hpp"
#include "little_endian.hpp"
#include "snapshot_layout.hpp"

namespace gaugeline::test {

// The manifest of a file whose footer says where it lies; nullptr if there is none there that can be read.
inline const formats::schema::Manifest* manifest_of(std::span<const std::byte> file) {
  using namespace formats;
  if (file.size() < snapshot_header_bytes + snapshot_footer_bytes) return nullptr;
  const auto footer = file.last(snapshot_footer_bytes);
  const auto offset = load<std::uint64_t>(footer, 16);
  const auto size = load<std::uint64_t>(footer, 24);
  if (offset > file.size() || size > file.size() - offset || offset % part_alignment != 0) return nullptr;
  const auto* begin = reinterpret_cast<const std::uint8_t*>(file.data() + offset);
  flatbuffers::Verifier verifier(begin, size);
  return schema::VerifyManifestBuffer(verifier) ? schema::GetManifest(begin) : nullptr;
}

// `file` begins at a multiple of 16 bytes in memory.
inline void seal(std::span<std::byte> file) {
  using namespace formats;
  if (const auto* manifest = manifest_of(file); manifest != nullptr && manifest->chunks() != nullptr) {
    const auto* chunks = reinterpret_cast<const std::byte*>(manifest->chunks()->Data());
    for (std::size_t c = 0; c < manifest->chunks()->size(); ++c) {
      const auto place = static_cast<std::size_t>(chunks - file.data()) + c * sizeof(schema::Chunk);
      const auto offset = load<std::uint64_t>(file, place);
      const auto length = load<std::uint64_t>(file, place + 8);
      if (offset <= file.size() && length <= file.size() - offset)
        store(file, place + 16, checksum(file.subspan(offset, length)));
    }
  }
  if (file.size() < snapshot_footer_bytes) return;
  const auto footer = file.last(snapshot_footer_bytes);
  const auto offset = load<std::uint64_t>(footer, 16);
  const auto size = load<std::uint64_t>(footer, 24);
  if (offset <= file.size() && size <= file.size() - offset) store(footer, 32, checksum(file.subspan(offset, size)));
  store(footer, 56, checksum(footer.first(56)));
}

}  // namespace gaugeline::test
