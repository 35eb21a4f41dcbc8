#include <gaugeline/formats/snapshot_summary.hpp>

#include <unistd.h>

#include <algorithm>
#include <vector>

#include "checksum.hpp"
#include "file_descriptor.hpp"
#include "manifest.hpp"
#include "options_codec.hpp"
#include "snapshot_layout.hpp"

namespace gaugeline::formats {
namespace {

// `count` bytes from `offset` on; they must be there.
Expected<std::vector<std::byte>> read_part(const FileDescriptor& descriptor, std::uint64_t offset, std::uint64_t count,
                                           const std::filesystem::path& file) {
  if (::lseek(descriptor.get(), static_cast<off_t>(offset), SEEK_SET) < 0) return system_failure(file, "cannot seek");
  std::vector<std::byte> bytes(count);
  const auto read = read_up_to(descriptor.get(), bytes, file);
  if (!read) return std::unexpected(read.error());
  if (*read != count) return fail(ErrorCode::bad_data, file.native(), ": is cut off at byte ", offset + *read);
  return bytes;
}

Expected<SnapshotSummary> read_manifest_part(const FileDescriptor& descriptor, const SnapshotFooter& footer,
                                             const std::filesystem::path& file) {
  const auto bytes = read_part(descriptor, footer.manifest_offset, footer.manifest_bytes, file);
  if (!bytes) return std::unexpected(bytes.error());
  if (checksum(*bytes) != footer.manifest_checksum)
    return fail(ErrorCode::checksum_mismatch, file.native(), ": offset ", footer.manifest_offset,
                ": the manifest is damaged");
  const AlignedBytes aligned(*bytes);
  const auto read = read_manifest(aligned);
  if (!read) return std::unexpected(read.error().within(file.native()));
  const schema::Manifest& manifest = **read;
  SnapshotSummary summary{.run = manifest.run()->str(),
                          .program = manifest.program()->str(),
                          .smoothed = manifest.smoothed(),
                          .checksum = footer.checksum,
                          .options = read_options(*manifest.options()),
                          .report = read_report(*manifest.report())};
  if (const auto valid = validate(summary.options); !valid)
    return fail(ErrorCode::bad_data, file.native(), ": manifest: options: ", valid.error().message());
  return summary;
}

}  // namespace

Expected<SnapshotSummary> read_snapshot_summary(const std::filesystem::path& file) {
  const auto descriptor = FileDescriptor::open_to_read(file);
  if (!descriptor) return std::unexpected(descriptor.error());
  const auto size = regular_file_size(descriptor->get());
  if (!size) return fail(ErrorCode::io_error, file.native(), ": is not a regular file");
  // The two ends, which overlap in a file that is too short; the header's check refuses that.
  const std::uint64_t end_bytes = std::min<std::uint64_t>(*size, snapshot_header_bytes + snapshot_footer_bytes);
  const auto head = read_part(*descriptor, 0, end_bytes, file);
  if (!head) return std::unexpected(head.error());
  if (const auto checked = check_snapshot_header(*head); !checked)
    return std::unexpected(checked.error().within(file.native()));
  const auto tail = read_part(*descriptor, *size - end_bytes, end_bytes, file);
  if (!tail) return std::unexpected(tail.error());
  const auto footer = SnapshotFooter::parse(*tail, *size);
  if (!footer) return std::unexpected(footer.error().within(file.native()));
  auto summary = read_manifest_part(*descriptor, *footer, file);
  if (summary) summary->bytes = *size;
  return summary;
}

}  // namespace gaugeline::formats
