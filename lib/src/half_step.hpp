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
  SideRows<Scalar>& fixed;    // its embeddings stay; squared_norm is written
  ObservedRows observations;  // of the moving side
  bool tied;                  // prior mean: the reference, or zero
  std::uint64_t key;          // names the half-step for its random draws

  [[nodiscard]] std::size_t blocks() const noexcept { return (moving.active_count + row_block - 1) / row_block; }
  [[nodiscard]] std::span<const RowIndex> rows_of(std::size_t block) const noexcept {
    const auto active = moving.active_rows();
    return active.subspan(block * row_block, std::min(row_block, active.size() - block * row_block));
  }
  [[nodiscard]] std::span<const Observed> observed(RowIndex row) const noexcept { return observations.of(row); }
};

// What the likelihood of the moving side's rows is near their embeddings, given the other side W, as the quadratic that
// bounds it (or is it, for the Gaussian one): for every active row i
//   l(z_i + x) = l(z_i) + g.x + x^T (sum_j curvature_ij w_j w_j^T + (a_i/4) G) x / 2.
// G = W^T diag(b) W is that of the negatives, 0 for the Gaussian likelihood.
template <class Scalar>
struct Linearisation {
  std::span<Scalar> gradient;   // rows x dimension
  std::span<Scalar> scale;      // per row: sum_j curvature_ij |w_j|^2 / d
  std::span<Scalar> curvature;  // per observation, in their order
  std::span<Scalar> gram;       // dimension x padded(dimension)

  [[nodiscard]] std::span<Scalar> curvature_of(const ObservedRows& observations, std::size_t row) const noexcept {
    return curvature.subspan(observations.starts[row], observations.of(row).size());
  }
};

}  // namespace gaugeline
