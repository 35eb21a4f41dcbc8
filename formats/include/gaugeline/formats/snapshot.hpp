// A snapshot: the learner's whole state after one slice, immutable, with where it comes from. It is the published
// artefact, and also what a run is resumed from, bit for bit. A compact one, which stores its embeddings in fewer
// bytes (encoding.hpp), is to be read and asked, not to be resumed. Byte level: docs/formats.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/encoding.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

namespace gaugeline::formats {

inline constexpr std::uint32_t snapshot_format_version = 1;
inline constexpr std::uint32_t compact_snapshot_format_version = 2;  // embeddings are not float32
[[nodiscard]] constexpr std::uint32_t format_version(Encoding encoding) noexcept {
  return encoding == Encoding::float32 ? snapshot_format_version : compact_snapshot_format_version;
}

// The last message of a source that this state contains.
struct SourcePosition {
  std::string source;
  std::uint64_t sequence = 0;
};

struct SourcePositionView {
  std::string_view source;
  std::uint64_t sequence = 0;
};

// Which run a snapshot belongs to. Snapshots of one run share a frame; those of two runs do not.
struct LineageView {
  std::string_view run;               // 32 hexadecimal digits, drawn when the run started
  std::string_view program;           // "gaugeline 0.1.0"
  std::uint64_t parent_checksum = 0;  // of the snapshot before this one in the run; 0 for the first
  bool smoothed = false;              // embeddings and precisions are told by later slices too (Smoother)
};

// Items that were well known before the slice, and where they were then: with these rows of the snapshot, a reader can
// see for itself that the frame did not turn (check_frame). There may be none.
struct CanariesView {
  std::span<const RowIndex> rows;           // of items, rising
  ConstTable<float> before{nullptr, 0, 0};  // rows x dimension: their embeddings in the parent
};

struct SnapshotView {
  LineageView lineage;
  Options options;
  LearnerState<float> state;
  SliceReport report;
  std::span<const SourcePositionView> sources;
  CanariesView canaries = {};
  // Of both tables in the file; here they are float32 in any case. With another one than float32 no anchors are stored,
  // and those that are here are passed over.
  Encoding encoding = Encoding::float32;
};

// That a learner can go on from this snapshot. invalid_argument if it is compact: its embeddings are rounded and its
// anchors left out, so that what is learnt next would not be what the run would have learnt.
[[nodiscard]] Expected<> check_resumable(const SnapshotView& snapshot) noexcept;

// Where encoded bytes go, in order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  [[nodiscard]] virtual Expected<> write(std::span<const std::byte> bytes) = 0;
};

// Tables are cut into chunks of rows so that no FlatBuffer passes `chunk_bytes`. The same rows and the same chunk_bytes
// give the same file.
inline constexpr std::size_t default_chunk_bytes = std::size_t{64} << 20U;
inline constexpr std::size_t max_chunk_bytes = (std::size_t{1} << 31U) - 65536;

// Work space that encode_snapshot needs: one row chunk or the manifest, whichever is larger, and 40 bytes a chunk.
[[nodiscard]] std::size_t snapshot_workspace_bytes(const SnapshotView& snapshot,
                                                   std::size_t chunk_bytes = default_chunk_bytes) noexcept;

// Writes a snapshot and returns its checksum. Uses no heap and no exceptions beyond what the sink does, so that it runs
// on a device that has neither: give it a workspace (of any alignment) and a sink into memory.
//
// Errors, before anything is written: invalid_argument where shapes do not fit each other or a figure is out of range
// (the message names it; Snapshot::decode asks for the same, and for distinct tokens too), or where chunk_bytes is over
// max_chunk_bytes or too small for one row; capacity_exceeded where the workspace is too small. Later: the sink's.
// O(rows d + d^3).
[[nodiscard]] Expected<std::uint64_t> encode_snapshot(const SnapshotView& snapshot, std::span<std::byte> workspace,
                                                      ByteSink& sink, std::size_t chunk_bytes = default_chunk_bytes);

// Of the file that encode_snapshot makes, and its errors. Takes the workspace from the heap.
[[nodiscard]] Expected<std::uint64_t> encoded_bytes(const SnapshotView& snapshot);

// A snapshot read back: owns everything. Tables are contiguous. It can be moved, not copied.
class Snapshot {
 public:
  Snapshot(Snapshot&&) noexcept = default;
  Snapshot& operator=(Snapshot&&) noexcept = default;

  // Verifies every byte: structure, checksums, then meaning. `bytes` is the whole file. Errors: bad_data,
  // checksum_mismatch or unsupported_version, with the offset or the field. Memory: about that of the file, or of the
  // file as float32.
  [[nodiscard]] static Expected<Snapshot> decode(std::span<const std::byte> bytes);
  [[nodiscard]] SnapshotView view() const noexcept;  // valid while the Snapshot lives and is not moved
  // That of the file's footer, which covers all other bytes by way of their checksums; the same as encode_snapshot
  // gave.
  [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }

 private:
  friend class SnapshotBuilder;
  Snapshot() = default;
  struct SideData {
    [[nodiscard]] SideState<float> view(std::uint32_t dimension) const noexcept;
    std::vector<char> token_bytes;
    std::vector<std::uint32_t> token_ends;
    std::vector<float> embeddings, precision, diffusion, count, uses, null_variance, log_retention, frequency,
        gradient_energy;
    std::vector<float> offset, offset_precision, baseline_offset, baseline_precision;
    std::vector<std::uint32_t> born;
    std::vector<float> anchor, anchor_time;
    std::vector<std::uint64_t> candidate_hashes;
    std::vector<float> candidate_counts;
  };
  std::string run_, program_;
  std::uint64_t parent_checksum_ = 0, checksum_ = 0;
  bool smoothed_ = false;
  Options options_;
  SliceReport report_;
  double time_unit_seconds_ = 0;
  std::vector<double> rotation_;
  double value_scale_ = 1;
  ValueState values_;
  std::vector<SourcePosition> sources_;
  std::vector<SourcePositionView> source_views_;
  std::vector<RowIndex> canary_rows_;
  std::vector<float> canary_before_;
  Encoding encoding_ = Encoding::float32;
  SideData items_, contexts_;
};

}  // namespace gaugeline::formats
