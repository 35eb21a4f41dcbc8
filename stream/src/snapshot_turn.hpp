// The link between two snapshots with its rotation.
#pragma once

#include <Eigen/Core>

#include <gaugeline/formats/snapshot.hpp>
#include <gaugeline/stream/snapshot_links.hpp>

namespace gaugeline::stream {

struct SnapshotTurn {
  SnapshotLink link;
  Eigen::MatrixXd rotation;  // R
};

// Of the same dimension.
[[nodiscard]] SnapshotTurn turn_between(const formats::SnapshotView& from, const formats::SnapshotView& to);

}  // namespace gaugeline::stream
