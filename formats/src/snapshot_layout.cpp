#include "snapshot_layout.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

#include <gaugeline/formats/snapshot.hpp>

#include "checksum.hpp"
#include "little_endian.hpp"

namespace gaugeline::formats {
namespace {

constexpr std::string_view header_magic = "gaugesnp";
constexpr std::string_view footer_magic = "gaugeend";
constexpr std::size_t footer_checksum_offset = 56;

bool begins_with(std::span<const std::byte> bytes, std::string_view magic) noexcept {
  return std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

}  // namespace

std::array<std::byte, snapshot_header_bytes> snapshot_header(std::uint32_t version) noexcept {
  std::array<std::byte, snapshot_header_bytes> bytes{};
  std::memcpy(bytes.data(), header_magic.data(), header_magic.size());
  store(bytes, 8, version);
  return bytes;
}

Expected<std::uint32_t> check_snapshot_header(std::span<const std::byte> file) noexcept {
  if (file.size() < header_magic.size() || !begins_with(file, header_magic))
    return fail(ErrorCode::bad_data, "is not a snapshot: it does not begin with \"", header_magic, "\"");
  if (file.size() < snapshot_header_bytes + snapshot_footer_bytes)
    return fail(ErrorCode::bad_data, "is cut off: ", file.size(), " bytes are less than a header and a footer");
  const auto version = load<std::uint32_t>(file, 8);
  if (version != snapshot_format_version && version != compact_snapshot_format_version)
    return fail(ErrorCode::unsupported_version, "is a snapshot of format version ", version,
                ", but this program reads ", snapshot_format_version, " and ", compact_snapshot_format_version);
  if (!is_zero(file, 12, snapshot_header_bytes))
    return fail(ErrorCode::bad_data, "offset 12: the reserved bytes of the header are not zero");
  return version;
}

std::array<std::byte, snapshot_footer_bytes> SnapshotFooter::sealed(std::uint32_t version) const noexcept {
  std::array<std::byte, snapshot_footer_bytes> bytes{};
  std::memcpy(bytes.data(), footer_magic.data(), footer_magic.size());
  store(bytes, 8, version);
  store(bytes, 16, manifest_offset);
  store(bytes, 24, manifest_bytes);
  store(bytes, 32, manifest_checksum);
  store(bytes, footer_checksum_offset, formats::checksum(std::span(bytes).first<footer_checksum_offset>()));
  return bytes;
}

std::uint64_t SnapshotFooter::checksum_of(std::span<const std::byte, snapshot_footer_bytes> sealed) noexcept {
  return load<std::uint64_t>(sealed, footer_checksum_offset);
}

Expected<SnapshotFooter> SnapshotFooter::parse(std::span<const std::byte> tail, std::uint64_t file_bytes,
                                               std::uint32_t version) noexcept {
  const std::uint64_t place = file_bytes - snapshot_footer_bytes;
  const auto bytes = tail.last<snapshot_footer_bytes>();
  const SnapshotFooter footer{.manifest_offset = load<std::uint64_t>(bytes, 16),
                              .manifest_bytes = load<std::uint64_t>(bytes, 24),
                              .manifest_checksum = load<std::uint64_t>(bytes, 32),
                              .checksum = checksum_of(bytes)};
  if (!begins_with(bytes, footer_magic))
    return fail(ErrorCode::bad_data, "offset ", place, ": there is no footer: the file is cut off or has grown");
  if (formats::checksum(bytes.first<footer_checksum_offset>()) != footer.checksum)
    return fail(ErrorCode::checksum_mismatch, "offset ", place, ": the footer is damaged");
  // The order of the comparisons keeps the sum from wrapping around.
  const bool placed = footer.manifest_offset % part_alignment == 0 && footer.manifest_offset >= snapshot_header_bytes &&
                      footer.manifest_offset <= place && footer.manifest_bytes <= place - footer.manifest_offset &&
                      aligned_up(footer.manifest_offset + footer.manifest_bytes) == place;
  if (!placed)
    return fail(ErrorCode::bad_data, "offset ", place, ": the footer says that the manifest has ",
                footer.manifest_bytes, " bytes at offset ", footer.manifest_offset, ", which do not end at the footer");
  const std::uint64_t tail_begin = file_bytes - tail.size();  // the padding is shorter than what lies before the footer
  if (!is_zero(tail, footer.manifest_offset + footer.manifest_bytes - tail_begin, place - tail_begin))
    return fail(ErrorCode::bad_data, "the padding before the footer is not zero");
  if (load<std::uint32_t>(bytes, 8) != version || !is_zero(bytes, 12, 16) ||
      !is_zero(bytes, 40, footer_checksum_offset))
    return fail(ErrorCode::bad_data, "offset ", place,
                ": the footer's version or reserved bytes are not as they should be");
  return footer;
}

bool is_zero(std::span<const std::byte> file, std::uint64_t begin, std::uint64_t end) noexcept {
  return std::ranges::all_of(file.subspan(begin, end - begin), [](std::byte byte) { return byte == std::byte{0}; });
}

}  // namespace gaugeline::formats
