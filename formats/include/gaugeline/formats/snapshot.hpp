// A snapshot: the learner's whole state after one slice, immutable, with where it comes from. It is the published
// artefact, and also what a run is resumed from, bit for bit. Byte level: docs/formats.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

namespace gaugeline::formats {

inline constexpr std::uint32_t snapshot_format_version = 1;

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
};

struct SnapshotView {
  LineageView lineage;
  Options options;
  LearnerState<float> state;
  SliceReport report;
  std::span<const SourcePositionView> sources;
};

// Where encoded bytes go, in order.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  [[nodiscard]] virtual Expected<> write(std::span<const std::byte> bytes) = 0;
};

// Work space that encode_snapshot needs: one row chunk, or the manifest, whichever is larger.
[[nodiscard]] std::size_t snapshot_workspace_bytes(const SnapshotView& snapshot) noexcept;

// Writes a snapshot and returns its checksum. Uses no heap and no exceptions beyond what the sink does, so that it runs
// on a device that has neither: give it a workspace and a sink into memory. Tables are cut into chunks of rows so that
// no FlatBuffer passes `chunk_bytes` (at most 2^31 - 65536).
inline constexpr std::size_t default_chunk_bytes = std::size_t{64} << 20U;
[[nodiscard]] Expected<std::uint64_t> encode_snapshot(const SnapshotView& snapshot, std::span<std::byte> workspace,
                                                      ByteSink& sink, std::size_t chunk_bytes = default_chunk_bytes);

// A snapshot read back: owns everything. Tables are contiguous.
class Snapshot {
 public:
  // Verifies every byte: structure, checksums, then meaning. `bytes` is the whole file.
  [[nodiscard]] static Expected<Snapshot> decode(std::span<const std::byte> bytes);
  [[nodiscard]] SnapshotView view() const noexcept;  // valid while the Snapshot lives and is not moved
  [[nodiscard]] std::uint64_t checksum() const noexcept { return checksum_; }

 private:
  struct SideData {
    std::vector<char> token_bytes;
    std::vector<std::uint32_t> token_ends;
    std::vector<float> embeddings, precision, diffusion, count, uses, null_variance, log_retention;
  };
  friend class SnapshotDecoder;
  std::string run_, program_;
  std::uint64_t parent_checksum_ = 0, checksum_ = 0;
  Options options_;
  SliceReport report_;
  std::uint64_t slices_ = 0;
  double time_unit_seconds_ = 0;
  std::vector<double> rotation_;
  std::vector<SourcePosition> sources_;
  std::vector<SourcePositionView> source_views_;
  SideData items_, contexts_;
};

}  // namespace gaugeline::formats
