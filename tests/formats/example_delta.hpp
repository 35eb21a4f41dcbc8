// Pairs of snapshots to make deltas of.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <gaugeline/formats/delta.hpp>

#include "example_snapshot.hpp"

namespace gaugeline::test {

// Two snapshots of one run: most rows have hardly moved, every seventh has, some are new, figures have faded or
// changed.
struct SnapshotPair {
  ExampleSnapshot base, target;
  std::size_t new_rows = 0;

  SnapshotPair(std::size_t rows, std::uint32_t dimension, bool shared)
      : SnapshotPair(shared ? shared_snapshot(rows, dimension) : ExampleSnapshot(rows, rows + 2, dimension),
                     shared ? shared_snapshot(rows + 3, dimension) : ExampleSnapshot(rows + 3, rows + 2, dimension)) {}

  SnapshotPair(ExampleSnapshot earlier, ExampleSnapshot later) : base(std::move(earlier)), target(std::move(later)) {
    target.report.slice = base.report.slice + 1;
    Random random(17);
    for (auto [from, to] : {std::pair(&base.items, &target.items), std::pair(&base.contexts, &target.contexts)}) {
      const std::size_t kept = std::min(from->born.size(), to->born.size());
      new_rows += to->born.size() - kept;
      const auto carry = [&](std::vector<float>& before, std::vector<float>& now, std::size_t per_row) {
        std::copy_n(before.begin(), std::min(kept * per_row, before.size()), now.begin());
      };
      carry(from->embeddings, to->embeddings, base.dimension);
      carry(from->anchor, to->anchor, base.dimension);
      carry(from->precision, to->precision, 1);
      carry(from->null_variance, to->null_variance, 1);
      for (std::size_t row = 0; row < kept; ++row) {
        to->count[row] = from->count[row] * .9F;
        for (std::uint32_t k = 0; k < base.dimension; ++k) {
          const double moved = row % 7 == 0 ? .3 : 1e-4;
          to->embeddings[row * base.dimension + k] += static_cast<float>(moved * random.normal());
          to->anchor[row * base.dimension + k] += static_cast<float>(.1 * moved * random.normal());
        }
        if (row % 7 == 0) to->precision[row] *= 1.25F;
      }
    }
  }
};

inline std::vector<std::byte> encode_pair(const SnapshotPair& pair, const formats::DeltaTolerance& tolerance) {
  MemorySink sink;
  const auto summary = formats::encode_delta(pair.base.view(), pair.target.view(), 0x1234, tolerance, sink);
  return summary ? sink.bytes : std::vector<std::byte>();
}

}  // namespace gaugeline::test
