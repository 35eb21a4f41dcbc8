// Whether the vectors of two snapshots may be compared number by number, and what a snapshot itself shows of it.
#pragma once

#include <cstddef>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>
#include <gaugeline/formats/snapshot_map.hpp>

namespace gaugeline::formats {

// What decides on the frame that a snapshot's vectors are in.
struct FrameView {
  std::string_view run;  // as in LineageView
  bool smoothed = false;
  std::uint32_t dimension = 0;
  bool held = false;  // the run fixes the gauge from slice to slice
};
[[nodiscard]] FrameView frame_of(const SnapshotView& snapshot) noexcept;
[[nodiscard]] FrameView frame_of(const SnapshotSummary& summary) noexcept;  // valid as long as the summary

// Two snapshots share a frame if they are of the same run and it fixes the gauge, and if both or neither are a
// smoother's. An error, invalid_argument, tells why they do not, and what to do.
[[nodiscard]] Expected<> check_comparable(const FrameView& a, const FrameView& b);

// How the canaries moved from the parent to the snapshot. N are their rows now and B before, R the rotation that brings
// N nearest to B (gauge_rotation).
struct FrameCheck {
  std::size_t rows = 0;         // canaries; 0: there is nothing to be seen, and the rest is 0
  double distance = 0;          // |N - B| / |B|
  double distance_turned = 0;   // |N R - B| / |B|: never larger
  double angle = 0;             // radians, the largest principal angle of R
  double share_of_turning = 0;  // 1 - (distance_turned / distance)^2: what part of the movement a rotation takes away;
                                // near 1 if the frame has turned
  double share_by_chance = 0;   // about that of rows that moved each by itself: (d - 1) / (2 rows), at most 1
};
[[nodiscard]] FrameCheck check_frame(const SnapshotView& snapshot);

}  // namespace gaugeline::formats
