// An embedding table from wherever it lies: a snapshot file, a data directory, or a file of another program.
#pragma once

#include <string>
#include <variant>

#include <gaugeline/formats/embedding_table.hpp>
#include <gaugeline/formats/snapshot.hpp>
#include <gaugeline/types.hpp>

#include "snapshot.hpp"

namespace gaugeline::cli {

class LoadedTable {
 public:
  // The first bytes of a file tell what it is. `side` is asked of snapshots only, and a slice of data directories only.
  [[nodiscard]] static Expected<LoadedTable> load(const SnapshotChoice& choice, Side side);
  [[nodiscard]] formats::EmbeddingView view() const;  // valid while this lives and is not moved

 private:
  LoadedTable(std::variant<formats::Snapshot, formats::EmbeddingTable> content, Side side)
      : content_(std::move(content)), side_(side) {}
  std::variant<formats::Snapshot, formats::EmbeddingTable> content_;
  Side side_;
};

}  // namespace gaugeline::cli
