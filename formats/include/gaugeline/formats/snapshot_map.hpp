// A snapshot file that is read in place: opened in a moment whatever its size, and its tables used where they lie.
//
//   const auto snapshot = SnapshotMap::open("data/snapshots/0000000012.snapshot");   // every byte verified
//   if (const auto row = snapshot->find(Side::items, "login"); row && *row)
//     use(snapshot->row(Side::items, **row)->embedding);                             // of the file, not copied
//   for (std::size_t c = 0; c < snapshot->chunks(Side::items); ++c)
//     use(snapshot->chunk(Side::items, c)->rows.embeddings);                         // Eigen::Map
//
// A compact snapshot (summary().encoding) has other tables in the place of these, in place too: see MappedChunk. In any
// encoding, embedding(side, row, out) gives a row as float32.
//
// Tables lie in chunks of at most 2 GiB (64 MiB as gaugeline writes them). Tokens are found by binary search in an
// order that the file holds, so nothing is built in memory. Byte level: docs/formats.md.
//
// What is mapped must not change: snapshots never do, they are replaced by renaming, and a map goes on with the file
// that it has opened. A file that is cut short while it is mapped ends the process (SIGBUS), as with any map.
//
// Thread-safety: all const members may be called from any thread. What they return lives as long as the map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/encoding.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

namespace gaugeline::formats {

enum class Verification {
  // Checksums of all parts, their structure, and the padding between them: every byte is as it was written. Reads the
  // file once. What the writer checked before it wrote (ranges of figures, doubled tokens), Snapshot::decode checks
  // again.
  everything,
  // Header, footer and manifest, which are a few kilobytes: what the summary tells.
  summary,
  // No checksum but the footer's. As with `summary`, whatever is read is still checked for structure: a damaged file
  // gives errors or wrong figures, but nothing is read outside of it.
  nothing,
};

// What a snapshot says about itself.
struct SnapshotSummary {
  std::string run, program;           // as in LineageView
  std::uint64_t parent_checksum = 0;  // likewise
  bool smoothed = false;
  Encoding encoding = Encoding::float32;
  std::uint64_t checksum = 0;  // of the snapshot: stands for every byte of the file
  std::uint64_t bytes = 0;     // of the file
  Options options;
  std::uint64_t options_digest = 0;  // the same for two runs that were told the same
  SliceReport report;
};

// Consecutive rows of one side. Of the embeddings' three forms the two that the file does not have are without rows.
//
//   chunk.embeddings_bfloat16.cast<float>()
//   chunk.embedding_scale[i] * chunk.embeddings_int8.row(i).cast<float>()
struct MappedChunk {
  RowIndex first_row = 0;
  // No candidates; no tokens for contexts that share those of the items; anchors only in float32.
  SideState<float> rows;
  ConstTable<Eigen::bfloat16> embeddings_bfloat16{nullptr, 0, 0};
  ConstTable<std::int8_t> embeddings_int8{nullptr, 0, 0};
  std::span<const float> embedding_scale;  // one per row of embeddings_int8
};

struct MappedRow {
  std::string_view token;
  std::span<const float> embedding;  // empty if the encoding is not float32
  float precision = 0;               // as in SideState
  float uses = 0;                    // in the last slice
  std::uint32_t born = 0;            // with the token, one life of a row
};

class SnapshotMap {
 public:
  // Errors begin with the file's name, and are those of Snapshot::decode. O(file), Verification::summary O(manifest),
  // nothing O(chunks).
  [[nodiscard]] static Expected<SnapshotMap> open(const std::filesystem::path& file,
                                                  Verification verification = Verification::everything);
  SnapshotMap(SnapshotMap&&) noexcept;
  SnapshotMap& operator=(SnapshotMap&&) noexcept;
  ~SnapshotMap();

  [[nodiscard]] const SnapshotSummary& summary() const noexcept;
  [[nodiscard]] std::size_t size(Side side) const noexcept;  // rows
  // Context row i has the token of item row i.
  [[nodiscard]] bool contexts_share_tokens() const noexcept;

  [[nodiscard]] std::size_t chunks(Side side) const noexcept;
  // ErrorCode::bad_data if the chunk is damaged; never after Verification::everything. invalid_argument beyond the
  // last. O(rows of the chunk) for its tokens' ends.
  [[nodiscard]] Expected<MappedChunk> chunk(Side side, std::size_t index) const;

  // nullopt: no row has this token. O(chunks log(rows)). unsupported_version: the file was written before snapshots
  // held an order of tokens.
  [[nodiscard]] Expected<std::optional<RowIndex>> find(Side side, std::string_view token) const;
  // invalid_argument: there is no such row. O(log chunks).
  [[nodiscard]] Expected<MappedRow> row(Side side, RowIndex row) const;
  // Writes the row's embedding, decoded. invalid_argument: there is no such row, or `out` has not the dimension's size.
  // O(log chunks + d), no allocation but for an error's words.
  [[nodiscard]] Expected<> embedding(Side side, RowIndex row, std::span<float> out) const;

 private:
  class Impl;
  explicit SnapshotMap(std::unique_ptr<const Impl> impl) noexcept;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gaugeline::formats
