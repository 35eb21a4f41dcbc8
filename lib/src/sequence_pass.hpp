// One pass over a slice's sequences, before the sweeps: block updates by stochastic gradients, which carry the tables
// to where the prior's quadratic steps alone would take many sweeps (docs/algorithm.md, section 3).
//
// A block is 16 consecutive positions of the slice, in one sequence or several. Its centres i (rows of items) meet
// their true contexts j within the window, and 32 negatives drawn from q that the whole block shares, all as small
// matrix products. With m_i the number of i's true contexts, each counted with its weight c_ij (pair_weight), k
// negatives per positive,
//   g_i = sum_j c_ij (s(x_ij) - 1) w_j + (k m_i / 32) sum_n s(x_in) w_n,   and likewise for the contexts.
// The steps are AdaGrad's with one accumulator per row instead of one per coordinate (kernels.hpp), so that they turn
// with the frame and cost d times less memory; E starts at E0 = 1e-3.
// E is carried over coupled slices, but forgets as the precision does, E <- E0 + (pm/p)^2 (E - E0): rate / sqrt(E)
// stands for the row's variance, and what has become uncertain is moved more (filter.cpp).
//
// Where PassProducts::rounded is asked for and the processor multiplies bfloat16 (kernel_tiles.hpp), factors of the
// products are rounded to that, and a block takes its others 16 at a time, not all from the tables before it.
//
// Serial, in the order of the sequences: the result does not depend on the number of workers. While a block is worked
// on, the rows of the next one are on their way to the caches.
// Cost: O(positions (window + 2 + 16) d) multiplications, no allocation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>

#include "arena.hpp"
#include "dense.hpp"
#include "pass_products.hpp"
#include "side.hpp"
#include "systematic_draws.hpp"

namespace gaugeline {

// Of a slice's positions, in runs of 256: run `index`, and every `of`-th one after it. 0 and 1: all.
struct Share {
  static constexpr std::size_t run_length = 16 * pass_block;
  std::size_t index = 0, of = 1;
};

template <class Scalar>
class SequencePass {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // Over the centres at these positions. contexts.negative_share holds q, with a positive sum; both sides' row_of_token
  // belongs to the slice. `key` names the slice, or the share of it, for the draws of negatives.
  void run(const SliceView& slice, const Share& share, SideRows<Scalar>& items, SideRows<Scalar>& contexts,
           std::uint64_t key) noexcept;

 private:
  static constexpr std::size_t block_negatives = 32;
  static constexpr std::size_t most_contexts = pass_block + 2 * std::size_t{max_window};
  static constexpr std::size_t longest_distance = pass_block - 1 + max_window;

  // A context at position q of the slice, for a block that begins at position `first`.
  struct Context {
    std::uint16_t weights;  // where count_at_ holds c_ij for the block's centres: longest_distance - (q - first)
    std::uint8_t begin = 0, end = 0;  // the centres in the same sequence
  };
  // The rows that a block brings together. A centre that has no row stands at row 0, where its pairs count nothing.
  struct Block {
    std::array<RowIndex, pass_block> centres;
    std::array<Scalar, pass_block> present;                        // 1, or 0 for a centre without a row
    std::array<RowIndex, most_contexts + block_negatives> others;  // contexts, then negatives
    std::array<Context, most_contexts> contexts;
    std::size_t context_count = 0;

    [[nodiscard]] std::size_t other_count() const noexcept { return context_count + block_negatives; }
  };

  void weigh_distances(const SliceView& slice) noexcept;
  void prepare(const SliceView& slice, std::size_t first, const SideRows<Scalar>& items,
               const SideRows<Scalar>& contexts, Block& block) noexcept;
  template <class Products>
  void run_blocks(Products& products, const SliceView& slice, const Share& share, SideRows<Scalar>& items,
                  SideRows<Scalar>& contexts) noexcept;
  template <class Products>
  void learn(Products& products, const Block& block, SideRows<Scalar>& items, SideRows<Scalar>& contexts) noexcept;
  void weigh(const Block& block, std::size_t begin, std::size_t size) noexcept;

  std::size_t dimension_ = 0;
  Scalar rate_ = 0, negatives_per_positive_ = 0;
  std::array<Scalar, 2 * longest_distance + 1> count_at_{};  // c_ij by i - j, from -longest_distance on
  std::array<Block, 2> blocks_{};                            // in turn: at work, and the next
  std::size_t sequence_ = 0;                                 // that the block being prepared begins in
  SystematicDraws draws_;
  std::uint64_t draw_ = 0;                  // state of the draws
  std::array<Scalar, pass_block> pairs_{};  // m_i
  FloatProducts<Scalar> full_;
  TileProducts rounded_;      // of float, if asked for
  std::span<Scalar> scores_;  // of some others; then the weights of the gradients
  std::span<Scalar> centre_gradients_, other_gradients_;
};

extern template class SequencePass<float>;
extern template class SequencePass<double>;

}  // namespace gaugeline
