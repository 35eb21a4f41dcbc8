#include "smoother_loss.hpp"

#include <algorithm>
#include <vector>

#include <gaugeline/likelihood.hpp>

#include "half_step.hpp"

namespace gaugeline {
namespace {

// -log p of one item's observations.
template <class Scalar>
double skipgram_loss(const SmootherSlice<Scalar>& slice, std::size_t item) {
  const SmootherSide<Scalar>& items = slice.side(Side::items);
  const SideRows<Scalar>& contexts = slice.side(Side::contexts).rows;
  const auto u = items.rows.row(item);
  double sum = 0;
  for (const Observed& observed : items.observed().of(item)) {
    const auto score = static_cast<double>(u.dot(contexts.row(observed.other)));
    sum -= static_cast<double>(observed.weight) * log_logistic(score);
  }
  double negatives = 0;
  for_each_run(contexts.size(), tile, [&](std::size_t begin, std::size_t size) {
    Scalar scores[tile];
    const Scalar* const rows = contexts.embeddings.data() + begin * contexts.dimension;
    kernels::dots(scores, u.data(), {rows, contexts.dimension, size, nullptr});
    for (std::size_t k = 0; k < size; ++k) scores[k] = -scores[k];
    kernels::log_logistic(std::span(scores, size));
    const auto shares = std::span<const Scalar>(contexts.negative_share).subspan(begin, size);
    negatives += static_cast<double>(as_vector(shares).dot(as_vector(std::span<const Scalar>(scores, size))));
  });
  return sum - static_cast<double>(items.rows.negative_weight[item]) * negatives;
}

template <class Scalar>
double gaussian_loss(const SmootherSlice<Scalar>& slice, std::size_t item) {
  const SmootherSide<Scalar>& items = slice.side(Side::items);
  const SideRows<Scalar>& contexts = slice.side(Side::contexts).rows;
  double sum = 0;
  for (const Observed& observed : items.observed().of(item)) {
    const double offsets = offsets_of<Scalar>(items.rows.offsets.offset, item, contexts.offsets.offset, observed.other);
    const double error = static_cast<double>(observed.weight) - slice.values.mean - offsets -
                         static_cast<double>(items.rows.row(item).dot(contexts.row(observed.other)));
    sum += error * error;
  }
  return sum > 0 ? sum / (2 * slice.values.noise_deviation * slice.values.noise_deviation) : 0;
}

template <class Scalar>
double prior_loss(const std::deque<SmootherSlice<Scalar>>& slices, std::size_t t) {
  double sum = 0;
  for (const Side which : both_sides) {
    const SmootherSide<Scalar>& side = slices[t].side(which);
    for (std::size_t row = 0; row < side.rows.size(); ++row) {
      const auto z = side.rows.row(row);
      if (side.previous[row] == no_row) {
        sum += static_cast<double>(side.start[row] * (z - side.rows.reference_row(row)).squaredNorm());
      } else {
        const auto before = slices[t - 1].side(which).rows.row(side.previous[row]);
        sum += static_cast<double>(side.link[row] * (z - slices[t].retained * before).squaredNorm());
      }
    }
  }
  return sum / 2;
}

}  // namespace

template <class Scalar>
double smoother_loss(const std::deque<SmootherSlice<Scalar>>& slices, const Options& options, Executor& executor) {
  double total = 0;
  std::vector<double> parts;
  for (std::size_t t = 0; t < slices.size(); ++t) {
    const SmootherSlice<Scalar>& slice = slices[t];
    const auto active = slice.side(Side::items).rows.active_rows();
    parts.assign((active.size() + row_block - 1) / row_block, 0);
    executor.run(parts.size(), [&](std::size_t, std::size_t part) {
      const auto rows = active.subspan(part * row_block, std::min(row_block, active.size() - part * row_block));
      for (const RowIndex row : rows) {
        parts[part] +=
            options.likelihood == Likelihood::skipgram ? skipgram_loss(slice, row) : gaussian_loss(slice, row);
      }
    });
    for (const double part : parts) total += part;
    total += prior_loss(slices, t);
  }
  return total;
}

template double smoother_loss(const std::deque<SmootherSlice<float>>&, const Options&, Executor&);
template double smoother_loss(const std::deque<SmootherSlice<double>>&, const Options&, Executor&);

}  // namespace gaugeline
