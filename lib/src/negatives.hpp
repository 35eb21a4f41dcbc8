// The rows over which a sum over negatives, sum_j b_j f(w_j), runs: all rows with b_j > 0 where they are few; else the
// `head` rows with the largest b exactly, and `tail` rows drawn systematically from the rest, each standing for an
// equal share of the rest's weight.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/options.hpp>

#include "arena.hpp"
#include "dense.hpp"
#include "side.hpp"
#include "systematic_draws.hpp"

namespace gaugeline {

// Gathered rows: embeddings (padded), weights b, and b |w|^2.
template <class Scalar>
struct NegativeRows {
  kernels::Block<const Scalar> embeddings;
  std::span<const Scalar> weights;
  std::span<const Scalar> weighted_norms;
};

template <class Scalar>
class Negatives {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // Chooses and gathers the head. `key` names the half-step: the draws of different half-steps are independent.
  void prepare(const SideRows<Scalar>& side, std::span<const Scalar> weights, std::uint64_t key) noexcept;
  [[nodiscard]] NegativeRows<Scalar> head() const noexcept;
  // Draws and gathers the tail for one block of rows; empty if the head is everything. Same block, same draws.
  [[nodiscard]] NegativeRows<Scalar> tail(std::size_t block, std::size_t worker) const noexcept;

  [[nodiscard]] bool has_tail() const noexcept { return draws_.count() > 0; }
  // b of the rest by row, 0 for rows of the head; and their sum.
  [[nodiscard]] std::span<const Scalar> tail_shares() const noexcept { return tail_shares_.first(side_->size()); }
  [[nodiscard]] std::span<const Scalar> tail_sum() const noexcept { return tail_sum_; }  // sum_T b_j w_j
  [[nodiscard]] Scalar tail_weight() const noexcept { return static_cast<Scalar>(draws_.total()); }

 private:
  struct Gathered {
    std::span<Scalar> embeddings, weights, weighted_norms;
    [[nodiscard]] NegativeRows<Scalar> first(std::size_t count, std::size_t stride) const noexcept;
  };
  [[nodiscard]] Gathered take(Arena& arena, std::size_t rows) const noexcept;
  // From place `begin` on: these rows of the side, with weight_of(row).
  template <class WeightOf>
  void gather(const Gathered& to, std::size_t begin, std::span<const RowIndex> rows,
              const WeightOf& weight_of) const noexcept;

  std::size_t stride_ = 0, head_limit_ = 0, tail_limit_ = 0;
  Gathered head_, tails_;  // tails_: one after another per worker
  std::size_t head_count_ = 0;
  std::span<RowIndex> order_;  // rows with b > 0: first the head, then the rest by row
  SystematicDraws draws_;      // of the rest
  std::span<Scalar> tail_shares_, tail_sum_;
  std::span<double> sum_;  // while it is added up
  std::uint64_t key_ = 0;
  const SideRows<Scalar>* side_ = nullptr;
};

// Counts become q_j, proportional to count^.75 (Mikolov et al. 2013); all 0 if no count is above 0.
template <class Scalar>
void share_negatives(std::span<Scalar> counts) noexcept;

// n-_ij = k n_i q_j, described from both sides: a_i = k n_i, b_j = q_j for items; a_j = k n q_j, b_i = n_i / n for
// contexts. The items' slice_count (n_i) and the contexts' negative_share (q) stand already; n is the sum of n_i.
template <class Scalar>
void weigh_negatives(SideRows<Scalar>& items, SideRows<Scalar>& contexts, std::uint32_t negatives,
                     double observations) noexcept;

// The rows that a half-step moves: those in data, and contexts whose negatives push them although they are absent from
// the slice. A pass has pushed those already, so after one only where that weighs more than the prior, a_j > pm_j.
template <class Scalar>
void choose_active(SideRows<Scalar>& side, Likelihood likelihood, bool passed) noexcept;

extern template class Negatives<float>;
extern template class Negatives<double>;

}  // namespace gaugeline
