// One pass over a slice's sequences, before the sweeps: block updates by stochastic gradients, which carry the tables
// to where the prior's quadratic steps alone would take many sweeps (docs/algorithm.md, section 3).
//
// A block is 16 consecutive positions of a sequence. Its centres i (rows of items) meet their true contexts j within
// the window, and 32 negatives drawn from q that the whole block shares, all as small matrix products. With m_i the
// number of i's true contexts in the block, each counted with its weight c_ij (pair_weight), k negatives per positive,
//   g_i = sum_j c_ij (s(x_ij) - 1) w_j + (k m_i / 32) sum_n s(x_in) w_n,   and likewise for the contexts.
// The steps are AdaGrad's (Duchi, Hazan & Singer 2011) with one accumulator per row instead of one per coordinate, so
// that they turn with the frame and cost d times less memory:
//   E <- E + |g|^2 / d,    z <- z - (rate / sqrt(E)) g,     E starts at E0 = 1e-3.
// E is carried over coupled slices, but forgets as the precision does, E <- E0 + (pm/p)^2 (E - E0): rate / sqrt(E)
// stands for the row's variance, and what has become uncertain is moved more (filter.cpp).
//
// Serial, in the order of the sequences: the result does not depend on the number of workers.
// Cost: O(positions (window + 2 + 16) d) multiplications, no allocation.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>

#include "arena.hpp"
#include "dense.hpp"
#include "side.hpp"

namespace gaugeline {

template <class Scalar>
class SequencePass {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // contexts.negative_share holds q, with a positive sum; both sides' row_of_token belongs to the slice. `key` names
  // the slice for the draws of negatives.
  void run(const SliceView& slice, SideRows<Scalar>& items, SideRows<Scalar>& contexts, std::uint64_t key) noexcept;

 private:
  static constexpr std::size_t block_positions = 16;
  static constexpr std::size_t block_negatives = 32;
  struct Place {  // of a sequence, that has a row
    std::uint32_t position;
    RowIndex row;
  };
  struct Places {
    std::size_t count = 0;
    Place at[tile];
  };

  void gather(const SideRows<Scalar>& side, const Places& places, std::span<Scalar> rows) const noexcept;
  void meet(SideRows<Scalar>& contexts, const Places& others) noexcept;
  void block(const SliceView& slice, std::size_t begin, std::size_t end, std::size_t first, std::size_t last,
             SideRows<Scalar>& items, SideRows<Scalar>& contexts) noexcept;
  void draw_negatives(const SideRows<Scalar>& contexts) noexcept;
  void step(SideRows<Scalar>& side, const Places& places, std::span<const Scalar> gradients) const noexcept;
  [[nodiscard]] MatrixView<Scalar> scores(std::size_t others) noexcept;

  std::size_t dimension_ = 0;
  Scalar rate_ = 0, negatives_per_positive_ = 0;
  Places centres_, others_, negatives_;
  Scalar pairs_[block_positions]{};                   // m_i
  std::span<Scalar> centre_rows_, centre_gradients_;  // block_positions x d
  std::span<Scalar> other_rows_, other_gradients_;    // tile x d
  std::span<Scalar> scores_;                          // block_positions x tile; then the weights of the gradients
  std::span<double> cumulative_;                      // of q
  std::size_t drawable_ = 0;                          // entries of cumulative_ in use
  std::uint64_t draw_ = 0;                            // state of the draws
};

extern template class SequencePass<float>;
extern template class SequencePass<double>;

}  // namespace gaugeline
