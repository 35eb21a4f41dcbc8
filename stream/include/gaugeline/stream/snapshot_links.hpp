// The links between the slices of a data directory: by which rotation each would have to turn to lie nearest to the one
// before (link_field.hpp). In a frame that holds still they are near I, all determinants are 1, and the way from the
// first slice to the last link by link agrees with the direct one.
//
// Rows are the same in two slices if token and `born` agree, on either side, and if they were in data in both. R of a
// link is the polar factor of M = Z_t^T Z_t-1 over these rows, Z = [U; V], unweighted.
#pragma once

#include <optional>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/query.hpp>

namespace gaugeline::stream {

struct SnapshotLink {
  SliceStamp from, to;         // from is the earlier one
  std::size_t rows = 0;        // items and contexts that are the same in both
  bool determined = false;     // M has full rank; if not, what follows is of one rotation of many
  int determinant = 1;         // -1: a domain wall
  double angle = 0;            // radians, the largest principal angle of R, [0, pi]
  double distance = 0;         // |Z_t - Z_t-1| / |Z_t-1| over the same rows
  double distance_turned = 0;  // |Z_t R - Z_t-1| / |Z_t-1|: what no rotation takes away
};

struct SnapshotLinks {
  std::vector<SnapshotLink> links;  // of successive snapshots, in the order of time
  std::size_t domain_walls = 0;
  // From the first slice to the last, over the rows that are the same in these two. None with fewer than two links, or
  // where a link is not determined.
  std::optional<SnapshotLink> direct;
  // H = (R_T-1 ... R_1)^T D with D the direct link's rotation: what is left of a way there link by link and back
  // directly. With determinant -1 the angle is pi.
  std::optional<double> holonomy_angle;
  int holonomy_determinant = 1;
};

// Errors: not_found if there are not two snapshots, bad_data if they differ in dimension, and those of reading.
// Memory: three snapshots. O(slices (rows d^2 + d^3)).
[[nodiscard]] Expected<SnapshotLinks> snapshot_links(const formats::SnapshotStore& store);

}  // namespace gaugeline::stream
