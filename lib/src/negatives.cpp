#include "negatives.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <gaugeline/random.hpp>

namespace gaugeline {

template <class Scalar>
auto Negatives<Scalar>::take(Arena& arena, std::size_t rows) const noexcept -> Gathered {
  const auto embeddings = arena.take<Scalar>(rows * stride_);
  const auto weights = arena.take<Scalar>(rows);
  return {embeddings, weights, arena.take<Scalar>(rows)};
}

template <class Scalar>
NegativeRows<Scalar> Negatives<Scalar>::Gathered::first(std::size_t count, std::size_t stride) const noexcept {
  return {{embeddings.data(), count, stride, stride}, weights.first(count), weighted_norms.first(count)};
}

template <class Scalar>
template <class WeightOf>
void Negatives<Scalar>::gather(const Gathered& to, std::size_t begin, std::span<const RowIndex> rows,
                               const WeightOf& weight_of) const noexcept {
  kernels::gather<Scalar>({to.embeddings.data() + begin * stride_, rows.size(), stride_, stride_},
                          {side_->embeddings.data(), side_->dimension, rows.size(), rows.data()});
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Scalar weight = weight_of(rows[k]);
    to.weights[begin + k] = weight;
    to.weighted_norms[begin + k] = weight * side_->squared_norm[rows[k]];
  }
}

template <class Scalar>
void Negatives<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  stride_ = padded(options.dimension);
  head_limit_ = options.negative_head;
  tail_limit_ = options.negative_tail;
  const std::size_t rows = row_room(std::max(options.item_capacity, options.context_capacity));
  head_ = take(arena, std::min(head_limit_ + tail_limit_, rows));
  tails_ = take(arena, options.worker_capacity * tail_limit_);
  order_ = arena.take<RowIndex>(rows);
  draws_.reserve(arena, rows);
  tail_shares_ = arena.take<Scalar>(rows);
  tail_sum_ = arena.take<Scalar>(options.dimension);
  sum_ = arena.take<double>(options.dimension);
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
    const RowIndex heaviest_of_tail = order[head_count_];
    for (std::size_t row = 0, head = 0, tail = head_count_; row < side.size(); ++row) {
      const auto index = static_cast<RowIndex>(row);
      if (weights[row] > 0) order[heavier(index, heaviest_of_tail) ? head++ : tail++] = index;
    }
  }
  const auto weight_of = [&](RowIndex row) { return weights[row]; };
  gather(head_, 0, order.first(head_count_), weight_of);
  const auto rest = order.subspan(head_count_);
  draws_.set(rest.size(), [&](std::size_t k) { return weights[rest[k]]; });
  if (rest.empty()) return;
  std::ranges::fill(tail_shares_.first(side.size()), Scalar(0));
  auto sum = as_vector(sum_);
  sum.setZero();
  for_each_run(rest.size(), tile, [&](std::size_t begin, std::size_t size) {
    std::array<Scalar, tile> shares;
    for (std::size_t k = 0; k < size; ++k) {
      const RowIndex row = rest[begin + k];
      tail_shares_[row] = shares[k] = weights[row];
    }
    std::ranges::fill(tail_sum_, Scalar(0));
    kernels::add_rows<Scalar>(tail_sum_.data(), shares.data(),
                              {side.embeddings.data(), side.dimension, size, rest.data() + begin});
    kernels::add_to<Scalar>(sum_, tail_sum_.data());
  });
  as_vector(tail_sum_) = sum.template cast<Scalar>();
}

template <class Scalar>
NegativeRows<Scalar> Negatives<Scalar>::head() const noexcept {
  return head_.first(head_count_, stride_);
}

template <class Scalar>
NegativeRows<Scalar> Negatives<Scalar>::tail(std::size_t block, std::size_t worker) const noexcept {
  if (!has_tail()) return {};
  const std::size_t offset = worker * tail_limit_;
  const Gathered mine{tails_.embeddings.subspan(offset * stride_, tail_limit_ * stride_),
                      tails_.weights.subspan(offset, tail_limit_), tails_.weighted_norms.subspan(offset, tail_limit_)};
  const auto weight = static_cast<Scalar>(draws_.total() / static_cast<double>(tail_limit_));
  Random mix(key_ ^ (block * 0xD1B54A32D192ED03ULL));
  RowIndex rows[tile];
  draws_.draw(tail_limit_, Random(mix.bits()).uniform(), [&](std::size_t k, std::size_t place) {
    rows[k % tile] = order_[head_count_ + place];
    side_->prefetch(rows[k % tile]);
    if (k % tile + 1 == tile || k + 1 == tail_limit_)
      gather(mine, k - k % tile, std::span(rows).first(k % tile + 1), [&](RowIndex) { return weight; });
  });
  return mine.first(tail_limit_, stride_);
}

template <class Scalar>
void share_negatives(std::span<Scalar> counts) noexcept {
  double sum = 0;
  for (Scalar& count : counts) {
    count = std::pow(count, Scalar(.75));
    sum += static_cast<double>(count);
  }
  if (sum > 0) as_vector(counts) /= static_cast<Scalar>(sum);
}

template <class Scalar>
void weigh_negatives(SideRows<Scalar>& items, SideRows<Scalar>& contexts, std::uint32_t negatives,
                     double observations) noexcept {
  const auto k = static_cast<Scalar>(negatives);
  const auto n = static_cast<Scalar>(observations);
  for (std::size_t row = 0; row < items.size(); ++row) {
    items.negative_weight[row] = k * items.slice_count[row];
    items.negative_share[row] = items.slice_count[row] / n;
  }
  for (std::size_t row = 0; row < contexts.size(); ++row)
    contexts.negative_weight[row] = k * n * contexts.negative_share[row];
}

template <class Scalar>
void choose_active(SideRows<Scalar>& side, Likelihood likelihood, bool passed) noexcept {
  const auto pushed = [&](std::size_t row) {
    return likelihood == Likelihood::skipgram && side.negative_weight[row] > (passed ? side.predicted[row] : Scalar(0));
  };
  side.active_count = 0;
  for (std::size_t row = 0; row < side.size(); ++row) {
    if (side.slice_count[row] > 0 || pushed(row)) side.active[side.active_count++] = static_cast<RowIndex>(row);
  }
}

template class Negatives<float>;
template class Negatives<double>;
template void share_negatives(std::span<float>) noexcept;
template void share_negatives(std::span<double>) noexcept;
template void weigh_negatives(SideRows<float>&, SideRows<float>&, std::uint32_t, double) noexcept;
template void weigh_negatives(SideRows<double>&, SideRows<double>&, std::uint32_t, double) noexcept;
template void choose_active(SideRows<float>&, Likelihood, bool) noexcept;
template void choose_active(SideRows<double>&, Likelihood, bool) noexcept;

}  // namespace gaugeline
