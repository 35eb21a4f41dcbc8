// What moved between two snapshots: whether they may be compared at all, how far the frame and the rows went, which
// tokens came and went, and what the rows that moved most were near then and are near now.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>
#include <gaugeline/stream/query.hpp>
#include <gaugeline/stream/snapshot_links.hpp>

namespace gaugeline::stream {

struct DifferenceOptions {
  std::size_t count = 10;     // items told by name, of each kind
  float min_uses = 10;        // in both slices, of the items that are told to have moved; also of the neighbours
  std::size_t neighbors = 5;  // of each item
};

struct UsedToken {
  std::string token;
  float uses = 0;  // in the slice in which it is known
};

// Items are known if they were ever in data.
struct SnapshotDifference {
  SliceStamp from, to;
  std::size_t kept = 0;              // known in both, in the same life
  std::size_t added = 0;             // known in the later one only
  std::size_t lost = 0;              // known in the earlier one only
  std::size_t begun_anew = 0;        // in both, but the row was lost in between
  SnapshotLink link;                 // over the rows of both sides that are the same
  double overdispersion = 1;         // how much more than expected even items that stand still move: a variance ratio
  std::size_t compared = 0;          // kept items that were used min_uses times in both
  std::vector<DriftingToken> moved;  // of these; largest displacement first, without p-values
  std::vector<UsedToken> added_tokens;  // most used first
  std::vector<UsedToken> lost_tokens;
};

// Errors: those of check_comparable; invalid_argument unless `from` is the earlier one. O(rows (d^2 + log(rows))), and
// O(rows d) for each item that is told.
[[nodiscard]] Expected<SnapshotDifference> compare_snapshots(formats::Snapshot from, formats::Snapshot to,
                                                             const DifferenceOptions& options = {});

}  // namespace gaugeline::stream
