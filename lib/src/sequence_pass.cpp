#include "sequence_pass.hpp"

#include <algorithm>
#include <cmath>

#include <gaugeline/random.hpp>

namespace gaugeline {

template <class Scalar>
void SequencePass<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  dimension_ = options.dimension;
  rate_ = static_cast<Scalar>(options.pass_rate);
  negatives_per_positive_ = static_cast<Scalar>(options.negatives);
  centre_rows_ = arena.take<Scalar>(block_positions * dimension_);
  centre_gradients_ = arena.take<Scalar>(block_positions * dimension_);
  other_rows_ = arena.take<Scalar>(tile * dimension_);
  other_gradients_ = arena.take<Scalar>(tile * dimension_);
  scores_ = arena.take<Scalar>(block_positions * tile);
  cumulative_ = arena.take<double>(row_room(options.context_capacity));
}

template <class Scalar>
void SequencePass<Scalar>::run(const SliceView& slice, SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                               std::uint64_t key) noexcept {
  drawable_ = contexts.size();
  double sum = 0;
  for (std::size_t row = 0; row < drawable_; ++row)
    cumulative_[row] = sum += static_cast<double>(contexts.negative_share[row]);
  draw_ = key;
  std::size_t begin = 0;
  for (const std::uint32_t end : slice.sequence_ends) {
    for_each_run(end - begin, block_positions, [&](std::size_t offset, std::size_t size) {
      block(slice, begin, end, begin + offset, begin + offset + size, items, contexts);
    });
    begin = end;
  }
}

// Centres [first, last) of the sequence [begin, end).
template <class Scalar>
void SequencePass<Scalar>::block(const SliceView& slice, std::size_t begin, std::size_t end, std::size_t first,
                                 std::size_t last, SideRows<Scalar>& items, SideRows<Scalar>& contexts) noexcept {
  const auto collect = [&](const SideRows<Scalar>& side, std::size_t from, std::size_t to, Places& places) {
    places.count = 0;
    for (std::size_t position = from; position < to; ++position) {
      const RowIndex row = side.row_of_token[slice.sequence_ids[position]];
      if (row == no_row) continue;
      side.prefetch(row);
      places.at[places.count++] = {static_cast<std::uint32_t>(position), row};
    }
  };
  collect(items, first, last, centres_);
  if (centres_.count == 0) return;
  draw_negatives(contexts);
  gather(items, centres_, centre_rows_);
  std::ranges::fill(centre_gradients_, Scalar(0));
  std::ranges::fill(pairs_, Scalar(0));

  const std::size_t window = slice.window;
  const std::size_t reach = first - begin > window ? first - window : begin;
  for_each_run(std::min(end, last + window) - reach, tile, [&](std::size_t offset, std::size_t size) {
    collect(contexts, reach + offset, reach + offset + size, others_);
    if (others_.count == 0) return;
    gather(contexts, others_, other_rows_);
    auto x = scores(others_.count);
    for (std::size_t i = 0; i < centres_.count; ++i) {
      for (std::size_t j = 0; j < others_.count; ++j) {
        const std::size_t a = centres_.at[i].position;
        const std::size_t b = others_.at[j].position;
        const std::size_t distance = a > b ? a - b : b - a;
        const bool pair = distance > 0 && distance <= window;
        Scalar& weight = x(static_cast<Eigen::Index>(i), static_cast<Eigen::Index>(j));
        const Scalar counts = pair ? pair_weight(slice.window_weights, slice.window, distance) : 0;
        weight = counts * (weight - 1);
        pairs_[i] += counts;
      }
    }
    meet(contexts, others_);
  });

  gather(contexts, negatives_, other_rows_);
  auto x = scores(negatives_.count);
  for (std::size_t i = 0; i < centres_.count; ++i)
    x.row(static_cast<Eigen::Index>(i)) *= negatives_per_positive_ * pairs_[i] / Scalar(block_negatives);
  meet(contexts, negatives_);
  step(items, centres_, centre_gradients_);
}

template <class Scalar>
void SequencePass<Scalar>::gather(const SideRows<Scalar>& side, const Places& places,
                                  std::span<Scalar> rows) const noexcept {
  for (std::size_t k = 0; k < places.count; ++k)
    as_vector(rows.subspan(k * dimension_, dimension_)) = side.row(places.at[k].row);
}

// s(x) of all centres with the gathered rows of the other side.
template <class Scalar>
MatrixView<Scalar> SequencePass<Scalar>::scores(std::size_t others) noexcept {
  const auto height = static_cast<Eigen::Index>(centres_.count);
  const auto width = static_cast<Eigen::Index>(others);
  const auto d = static_cast<Eigen::Index>(dimension_);
  MatrixView<Scalar> x(scores_.data(), height, width);
  x.setZero();
  add_product_transposed(x, ConstMatrixView<Scalar>(centre_rows_.data(), height, d),
                         ConstMatrixView<Scalar>(other_rows_.data(), width, d));
  kernels::logistic(scores_.first(centres_.count * others));
  return x;
}

// With the weights in scores_: adds to the centres' gradients, and steps the others.
template <class Scalar>
void SequencePass<Scalar>::meet(SideRows<Scalar>& contexts, const Places& others) noexcept {
  const auto height = static_cast<Eigen::Index>(centres_.count);
  const auto width = static_cast<Eigen::Index>(others.count);
  const auto d = static_cast<Eigen::Index>(dimension_);
  const ConstMatrixView<Scalar> weights(scores_.data(), height, width);
  add_product(MatrixView<Scalar>(centre_gradients_.data(), height, d), weights,
              ConstMatrixView<Scalar>(other_rows_.data(), width, d));
  MatrixView<Scalar> gradients(other_gradients_.data(), width, d);
  gradients.setZero();
  add_product(gradients, weights.transpose(), ConstMatrixView<Scalar>(centre_rows_.data(), height, d));
  step(contexts, others, other_gradients_);
}

// Systematic: one uniform start, equal steps through the cumulative shares. Rows without a share are never drawn.
template <class Scalar>
void SequencePass<Scalar>::draw_negatives(const SideRows<Scalar>& contexts) noexcept {
  Random random(draw_);
  draw_ = random.bits();
  const double start = random.uniform();
  const auto cumulative = cumulative_.first(drawable_);
  const double width = cumulative.back() / static_cast<double>(block_negatives);
  auto from = cumulative.begin();
  negatives_.count = block_negatives;
  for (std::size_t k = 0; k < block_negatives; ++k) {
    from = std::upper_bound(from, cumulative.end() - 1, (static_cast<double>(k) + start) * width);
    const auto row = static_cast<RowIndex>(from - cumulative.begin());
    contexts.prefetch(row);
    negatives_.at[k] = {0, row};
  }
}

template <class Scalar>
void SequencePass<Scalar>::step(SideRows<Scalar>& side, const Places& places,
                                std::span<const Scalar> gradients) const noexcept {
  for (std::size_t k = 0; k < places.count; ++k) {
    const auto g = as_vector(gradients.subspan(k * dimension_, dimension_));
    Scalar& energy = side.gradient_energy[places.at[k].row];
    energy += g.squaredNorm() / static_cast<Scalar>(dimension_);
    side.row(places.at[k].row) -= rate_ / std::sqrt(energy) * g;
  }
}

template class SequencePass<float>;
template class SequencePass<double>;

}  // namespace gaugeline
