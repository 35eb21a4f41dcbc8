// One half-step of a sweep: every active row of one side is improved, given the other side.
#pragma once

#include <cstdint>

#include <gaugeline/types.hpp>

#include "observations.hpp"
#include "side.hpp"

namespace gaugeline {

inline constexpr std::size_t row_block = 32;  // rows that one task works on; they share a draw of negatives

template <class Scalar>
struct HalfStep {
  Side which;  // the side that moves
  SideRows<Scalar>& moving;
  SideRows<Scalar>& fixed;  // its embeddings stay; squared_norm is written
  const Observations& observations;
  bool tied;          // prior mean: the reference, or zero
  std::uint64_t key;  // names the half-step for its random draws

  [[nodiscard]] std::size_t blocks() const noexcept { return (moving.active_count + row_block - 1) / row_block; }
  [[nodiscard]] std::span<const RowIndex> rows_of(std::size_t block) const noexcept {
    const auto active = moving.active_rows();
    return active.subspan(block * row_block, std::min(row_block, active.size() - block * row_block));
  }
  [[nodiscard]] std::span<const Observed> observed(RowIndex row) const noexcept { return observations.of(which, row); }
};

}  // namespace gaugeline
