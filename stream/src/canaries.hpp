// The canaries of the next snapshot: items that are well known before a slice, and where they are then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gaugeline/formats/snapshot.hpp>
#include <gaugeline/learner_state.hpp>

namespace gaugeline::stream {

class Canaries {
 public:
  // Before a slice: the 2 d items of the largest p |u|^2, which is how far they lie from 0 in units of their deviation.
  // Fewer than d would let a rotation explain any movement. The same state gives the same canaries. O(rows d).
  void choose(const LearnerState<float>& before);
  // Those of a snapshot from which a run goes on.
  void restore(const formats::SnapshotView& snapshot);
  // After the slice: those that still have their row. Valid until the next call of any.
  [[nodiscard]] formats::CanariesView among(const LearnerState<float>& now);

 private:
  struct Canary {
    RowIndex row = 0;
    std::uint32_t born = 0;
    std::string token;
    std::vector<float> embedding;
  };
  std::vector<Canary> canaries_;  // by row
  std::vector<RowIndex> rows_;
  std::vector<float> before_;
};

}  // namespace gaugeline::stream
