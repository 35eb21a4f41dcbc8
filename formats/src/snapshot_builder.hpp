// Makes a Snapshot out of its parts: the manifest, then rows, in whatever way the caller gets them. What comes out has
// been checked as Snapshot::decode promises.
#pragma once

#include <snapshot_generated.h>

#include <cstdint>
#include <utility>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

class SnapshotBuilder {
 public:
  using Rows = Snapshot::SideData;  // every column empty, or as long as the others

  // Everything but rows and chunks. The manifest has been read by read_manifest; options and canaries are checked here.
  [[nodiscard]] Expected<> take(const schema::Manifest& manifest);

  [[nodiscard]] const Options& options() const noexcept { return snapshot_.options_; }
  [[nodiscard]] Encoding encoding() const noexcept { return snapshot_.encoding_; }
  [[nodiscard]] Rows& rows(Side side) noexcept { return side == Side::items ? snapshot_.items_ : snapshot_.contexts_; }
  void set_checksum(std::uint64_t checksum) noexcept { snapshot_.checksum_ = checksum; }
  [[nodiscard]] SnapshotView view() const noexcept { return snapshot_.view(); }

  // check_snapshot, and that no token comes twice.
  [[nodiscard]] Expected<> check() const;
  [[nodiscard]] Snapshot finish() && { return std::move(snapshot_); }

 private:
  void take_values(const schema::Values& values);
  void take_sources(const schema::Manifest& manifest);
  Snapshot snapshot_;
};

}  // namespace gaugeline::formats
