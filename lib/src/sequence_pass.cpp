#include "sequence_pass.hpp"

#include <algorithm>
#include <type_traits>

#include <gaugeline/random.hpp>

namespace gaugeline {

template <class Scalar>
void SequencePass<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  dimension_ = options.dimension;
  rate_ = static_cast<Scalar>(options.pass_rate);
  negatives_per_positive_ = static_cast<Scalar>(options.negatives);
  draws_.reserve(arena, row_room(options.context_capacity));
  full_.reserve(arena, dimension_);
  if (std::is_same_v<Scalar, float> && options.pass_products == PassProducts::rounded)
    rounded_.reserve(arena, dimension_);
  scores_ = arena.take<Scalar>(tile * pass_block);
  centre_gradients_ = arena.take<Scalar>(pass_block * padded(dimension_));
  other_gradients_ = arena.take<Scalar>(pass_block * padded(dimension_));
}

template <class Scalar>
void SequencePass<Scalar>::run(const SliceView& slice, const Share& share, SideRows<Scalar>& items,
                               SideRows<Scalar>& contexts, std::uint64_t key) noexcept {
  if (share.index * Share::run_length >= slice.sequence_ids.size()) return;
  draws_.set(contexts.size(), [&](std::size_t row) { return contexts.negative_share[row]; });
  draw_ = key;
  sequence_ = 0;
  weigh_distances(slice);
  if constexpr (std::is_same_v<Scalar, float> && kernels::tiles::compiled) {
    if (rounded_.unit() != kernels::tiles::Unit::none) {
      const kernels::tiles::Registers registers(rounded_.unit());
      return run_blocks(rounded_, slice, share, items, contexts);
    }
  }
  run_blocks(full_, slice, share, items, contexts);
}

template <class Scalar>
template <class Products>
void SequencePass<Scalar>::run_blocks(Products& products, const SliceView& slice, const Share& share,
                                      SideRows<Scalar>& items, SideRows<Scalar>& contexts) noexcept {
  const std::size_t end = slice.sequence_ids.size();
  const auto after = [&](std::size_t first) {
    const std::size_t next = first + pass_block;
    return next % Share::run_length == 0 ? next + (share.of - 1) * Share::run_length : next;
  };
  const std::size_t begin = share.index * Share::run_length;
  prepare(slice, begin, items, contexts, blocks_[0]);
  std::size_t block = 0;
  for (std::size_t first = begin; first < end; first = after(first), block = 1 - block) {
    if (after(first) < end) prepare(slice, after(first), items, contexts, blocks_[1 - block]);
    learn(products, blocks_[block], items, contexts);
  }
}

template <class Scalar>
void SequencePass<Scalar>::weigh_distances(const SliceView& slice) noexcept {
  count_at_.fill(0);
  for (std::size_t distance = 1; distance <= slice.window; ++distance) {
    const Scalar counts = pair_weight(slice.window_weights, slice.window, distance);
    count_at_[longest_distance + distance] = count_at_[longest_distance - distance] = counts;
  }
}

// Finds the rows of the block that begins at this position, draws its negatives, and asks for all of them.
template <class Scalar>
void SequencePass<Scalar>::prepare(const SliceView& slice, std::size_t first, const SideRows<Scalar>& items,
                                   const SideRows<Scalar>& contexts, Block& block) noexcept {
  const std::size_t last = std::min(first + pass_block, slice.sequence_ids.size());
  block.centres.fill(0);
  block.present.fill(0);
  for (std::size_t position = first; position < last; ++position) {
    const RowIndex row = items.row_of_token[slice.sequence_ids[position]];
    if (row == no_row) continue;
    block.centres[position - first] = row;
    block.present[position - first] = 1;
    items.prefetch(row);
  }

  block.context_count = 0;
  while (slice.sequence_ends[sequence_] <= first) ++sequence_;
  std::size_t begin = sequence_ == 0 ? 0 : slice.sequence_ends[sequence_ - 1];
  for (std::size_t sequence = sequence_; begin < last; ++sequence) {
    const std::size_t end = slice.sequence_ends[sequence];
    const std::size_t centre = std::max(begin, first);
    const std::size_t centre_end = std::min(end, last);
    const std::size_t reach = centre - begin > slice.window ? centre - slice.window : begin;
    for (std::size_t position = reach; position < std::min(end, centre_end + slice.window); ++position) {
      const RowIndex row = contexts.row_of_token[slice.sequence_ids[position]];
      if (row == no_row) continue;
      contexts.prefetch(row);
      block.others[block.context_count] = row;
      block.contexts[block.context_count++] = {
          .weights = static_cast<std::uint16_t>(longest_distance + first - position),
          .begin = static_cast<std::uint8_t>(centre - first),
          .end = static_cast<std::uint8_t>(centre_end - first)};
    }
    begin = end;
  }

  Random random(draw_);
  draw_ = random.bits();
  draws_.draw(block_negatives, random.uniform(), [&](std::size_t k, std::size_t row) {
    block.others[block.context_count + k] = static_cast<RowIndex>(row);
    contexts.prefetch(row);
  });
}

template <class Scalar>
template <class Products>
void SequencePass<Scalar>::learn(Products& products, const Block& block, SideRows<Scalar>& items,
                                 SideRows<Scalar>& contexts) noexcept {
  const std::size_t d = dimension_;
  const kernels::Descent<Scalar> steps_of_items{items.embeddings.data(), items.gradient_energy.data(), d, rate_};
  const kernels::Descent<Scalar> steps_of_contexts{contexts.embeddings.data(), contexts.gradient_energy.data(), d,
                                                   rate_};
  const auto gradients = [&](std::span<Scalar> all, std::size_t rows) {
    return kernels::Block<const Scalar>{all.data(), rows, padded(d), padded(d)};
  };
  products.set_centres({items.embeddings.data(), d, pass_block, block.centres.data()});
  std::ranges::fill(centre_gradients_, Scalar(0));
  pairs_.fill(0);
  for_each_run(block.other_count(), Products::at_a_time, [&](std::size_t begin, std::size_t size) {
    const RowIndex* const at = block.others.data() + begin;
    products.score(scores_, {contexts.embeddings.data(), d, size, at});
    weigh(block, begin, size);
    products.add_centre_gradients(centre_gradients_, scores_);
    // A few at a time, whose gradients stay in the first cache.
    for_each_run(size, pass_block, [&](std::size_t k, std::size_t few) {
      products.other_gradients(other_gradients_, scores_.subspan(k * pass_block), few);
      kernels::descend<Scalar>(steps_of_contexts, at + k, gradients(other_gradients_, few));
    });
  });
  kernels::descend<Scalar>(steps_of_items, block.centres.data(), gradients(centre_gradients_, pass_block));
}

// From the scores of `size` others, from `begin` on, to the weights of their rows in the gradients.
template <class Scalar>
void SequencePass<Scalar>::weigh(const Block& block, std::size_t begin, std::size_t size) noexcept {
  kernels::logistic(scores_.first(size * pass_block));
  std::array<Scalar, pass_block> pairs = pairs_;  // in registers
  std::size_t other = 0;
  for (; other < size && begin + other < block.context_count; ++other) {
    const Context& context = block.contexts[begin + other];
    const Scalar* const counts_at = count_at_.data() + context.weights;
    Scalar* const weights = scores_.data() + other * pass_block;
    std::array<Scalar, pass_block> counts = block.present;
    for (std::size_t i = 0; i < context.begin; ++i) counts[i] = 0;
    for (std::size_t i = context.end; i < pass_block; ++i) counts[i] = 0;
    for (std::size_t i = 0; i < pass_block; ++i) {
      counts[i] *= counts_at[i];
      pairs[i] += counts[i];
      weights[i] = counts[i] * (weights[i] - 1);
    }
  }
  pairs_ = pairs;
  for (Scalar& times : pairs) times *= negatives_per_positive_ / Scalar(block_negatives);
  for (; other < size; ++other) {
    Scalar* const weights = scores_.data() + other * pass_block;
    for (std::size_t i = 0; i < pass_block; ++i) weights[i] *= pairs[i];
  }
}

template class SequencePass<float>;
template class SequencePass<double>;

}  // namespace gaugeline
