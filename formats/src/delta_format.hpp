// The framing of a delta: a file header, a record with the head, records with rows, and an end record (record.hpp).
// Byte level: docs/formats.md.
#pragma once

#include <delta_generated.h>
#include <snapshot_generated.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/delta.hpp>

#include "aligned_bytes.hpp"
#include "record.hpp"

namespace gaugeline::formats {

inline constexpr RecordFileKind delta_file{.magic = "gaugedlt", .version = delta_format_version, .name = "a delta"};
inline constexpr char delta_head_identifier[] = "GLDH";

// Once decompressed. A head is a manifest, whose largest part is the sketch of candidates. Records of rows are cut at a
// quarter of what is read.
inline constexpr std::size_t most_head_bytes = std::size_t{256} << 20U;
inline constexpr std::size_t most_rows_bytes = std::size_t{64} << 20U;
inline constexpr std::size_t rows_record_bytes = most_rows_bytes / 4;

// Goes through the records of a file in memory. After an error the reader is of no more use.
class DeltaReader {
 public:
  [[nodiscard]] static Expected<DeltaReader> open(std::span<const std::byte> file);
  // The payload of the next record; nullopt at the end record, which is the end of the file.
  [[nodiscard]] Expected<std::optional<Buffer>> next();
  [[nodiscard]] std::size_t record_offset() const noexcept { return record_offset_; }

 private:
  explicit DeltaReader(std::span<const std::byte> file) noexcept;
  [[nodiscard]] Expected<std::optional<Buffer>> read_record();
  std::span<const std::byte> file_;
  std::size_t offset_, record_offset_ = 0;
  std::uint32_t index_ = 0;
};

// Structure, version, and that nothing is missing.
[[nodiscard]] Expected<const schema::DeltaHead*> read_delta_head(const AlignedBytes& bytes);

// What the head says, and the manifest in it; no row is counted yet.
[[nodiscard]] DeltaSummary summary_of(const schema::DeltaHead& head, const schema::Manifest& manifest);

// Structure of a record of rows: every column and vector has as many entries as rows, or none. New rows are those
// without a base row.
struct DeltaRowsView {
  const schema::DeltaRows* rows = nullptr;
  std::size_t count = 0, new_rows = 0, moved_rows = 0;
};
[[nodiscard]] Expected<DeltaRowsView> read_delta_rows(const AlignedBytes& bytes, std::uint32_t dimension);

}  // namespace gaugeline::formats
