#include "negatives.hpp"

#include <algorithm>

#include <gaugeline/random.hpp>

namespace gaugeline {

template <class Scalar>
auto Negatives<Scalar>::take(Arena& arena, std::size_t rows, std::size_t dimension) noexcept -> Gathered {
  const auto embeddings = arena.take<Scalar>(rows * dimension);
  const auto weights = arena.take<Scalar>(rows);
  return {embeddings, weights, arena.take<Scalar>(rows)};
}

template <class Scalar>
void Negatives<Scalar>::Gathered::set(std::size_t k, const SideRows<Scalar>& side, std::size_t row,
                                      Scalar weight) const noexcept {
  as_vector(embeddings.subspan(k * side.dimension, side.dimension)) = side.row(row);
  weights[k] = weight;
  weighted_norms[k] = weight * side.squared_norm[row];
}

template <class Scalar>
NegativeRows<Scalar> Negatives<Scalar>::Gathered::first(std::size_t count, std::size_t dimension) const noexcept {
  return {{embeddings.data(), static_cast<Eigen::Index>(count), static_cast<Eigen::Index>(dimension)},
          weights.first(count),
          weighted_norms.first(count)};
}

template <class Scalar>
void Negatives<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  dimension_ = options.dimension;
  head_limit_ = options.negative_head;
  tail_limit_ = options.negative_tail;
  const std::size_t rows = row_room(std::max(options.item_capacity, options.context_capacity));
  head_ = take(arena, std::min(head_limit_ + tail_limit_, rows), dimension_);
  tails_ = take(arena, options.worker_capacity * tail_limit_, dimension_);
  order_ = arena.take<RowIndex>(rows);
  tail_cumulative_ = arena.take<double>(rows);
  tail_shares_ = arena.take<Scalar>(rows);
}

template <class Scalar>
void Negatives<Scalar>::prepare(const SideRows<Scalar>& side, std::span<const Scalar> weights,
                                std::uint64_t key) noexcept {
  side_ = &side;
  key_ = key;
  std::size_t count = 0;
  for (std::size_t row = 0; row < side.size(); ++row) {
    if (weights[row] > 0) order_[count++] = static_cast<RowIndex>(row);
  }
  const auto order = order_.first(count);
  head_count_ = count <= head_limit_ + tail_limit_ ? count : head_limit_;
  if (head_count_ < count) {
    const auto heavier = [&](RowIndex a, RowIndex b) {
      return weights[a] != weights[b] ? weights[a] > weights[b] : a < b;
    };
    std::ranges::nth_element(order, order.begin() + static_cast<std::ptrdiff_t>(head_count_), heavier);
    std::ranges::sort(order.first(head_count_));
    std::ranges::sort(order.subspan(head_count_));
  }
  for (std::size_t k = 0; k < head_count_; ++k) head_.set(k, side, order[k], weights[order[k]]);
  tail_rows_ = count - head_count_;
  if (tail_rows_ == 0) return;
  std::ranges::fill(tail_shares_.first(side.size()), Scalar(0));
  double sum = 0;
  for (std::size_t k = 0; k < tail_rows_; ++k) {
    const RowIndex row = order[head_count_ + k];
    tail_shares_[row] = weights[row];
    tail_cumulative_[k] = sum += static_cast<double>(weights[row]);
  }
}

template <class Scalar>
NegativeRows<Scalar> Negatives<Scalar>::head() const noexcept {
  return head_.first(head_count_, dimension_);
}

template <class Scalar>
NegativeRows<Scalar> Negatives<Scalar>::tail(std::size_t block, std::size_t worker) const noexcept {
  if (tail_rows_ == 0) return {};
  const std::size_t offset = worker * tail_limit_;
  const Gathered mine{tails_.embeddings.subspan(offset * dimension_, tail_limit_ * dimension_),
                      tails_.weights.subspan(offset, tail_limit_), tails_.weighted_norms.subspan(offset, tail_limit_)};
  Random mix(key_ ^ (block * 0xD1B54A32D192ED03ULL));
  const double start = Random(mix.bits()).uniform();
  const auto cumulative = tail_cumulative_.first(tail_rows_);
  const double step = cumulative.back() / static_cast<double>(tail_limit_);
  RowIndex rows[tile];
  for_each_run(tail_limit_, tile, [&](std::size_t begin, std::size_t size) {
    for (std::size_t k = 0; k < size; ++k) {
      const double position = (static_cast<double>(begin + k) + start) * step;
      const auto found = std::ranges::upper_bound(cumulative, position) - cumulative.begin();
      rows[k] = order_[head_count_ + std::min(static_cast<std::size_t>(found), tail_rows_ - 1)];
      side_->prefetch(rows[k]);
    }
    for (std::size_t k = 0; k < size; ++k) mine.set(begin + k, *side_, rows[k], static_cast<Scalar>(step));
  });
  return mine.first(tail_limit_, dimension_);
}

template class Negatives<float>;
template class Negatives<double>;

}  // namespace gaugeline
