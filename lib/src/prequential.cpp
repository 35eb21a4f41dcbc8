#include "prequential.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <gaugeline/likelihood.hpp>

#include "half_step.hpp"

namespace gaugeline {

namespace {

// Of a value for which u_i . v_j is x.
template <class Scalar>
void add_value(PrequentialScore& score, const SideRows<Scalar>& items, std::size_t item,
               const SideRows<Scalar>& contexts, const Observed& observed, Scalar x,
               const ValueState& values) noexcept {
  const auto value = static_cast<double>(observed.weight);
  const auto offsets = offsets_of<Scalar>(items.offsets.offset, item, contexts.offsets.offset, observed.other);
  score.total += gaussian_log_density(value, values.mean + offsets + static_cast<double>(x), values.noise_deviation);
  if (items.baseline.offset.empty()) return;
  const auto baseline = offsets_of<Scalar>(items.baseline.offset, item, contexts.baseline.offset, observed.other);
  score.baseline += gaussian_log_density(value, values.mean + baseline, values.baseline_noise_deviation);
}

}  // namespace

template <class Scalar>
void Prequential<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  options_ = options;
  blocks_ = arena.take<PrequentialScore>((row_room(options.item_capacity) + row_block - 1) / row_block);
  work_ = arena.take<Scalar>(options.worker_capacity * row_block * (options.dimension + tile));
}

template <class Scalar>
PrequentialScore Prequential<Scalar>::run(SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                                          const Observations& observations, Negatives<Scalar>& negatives,
                                          const ValueState& values, Executor& executor) noexcept {
  if (options_.likelihood == Likelihood::skipgram) {
    // The key 0 belongs to no half-step.
    for (std::size_t row = 0; row < contexts.size(); ++row) contexts.squared_norm[row] = 0;
    negatives.prepare(contexts, contexts.negative_share, 0);
  }
  const std::size_t count = (items.size() + row_block - 1) / row_block;
  executor.run(count, [&](std::size_t worker, std::size_t index) {
    blocks_[index] = block(items, contexts, observations, negatives, values, index, worker);
  });
  PrequentialScore sum;
  for (const PrequentialScore& part : blocks_.first(count)) {
    sum.weight += part.weight;
    sum.total += part.total;
    sum.baseline += part.baseline;
  }
  return sum;
}

template <class Scalar>
PrequentialScore Prequential<Scalar>::run_along_way(double share, SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                                                    const Observations& observations, Negatives<Scalar>& negatives,
                                                    const ValueState& values, Executor& executor) noexcept {
  for (SideRows<Scalar>* side : {&items, &contexts}) {
    for (std::size_t row = 0; row < side->size(); ++row) {
      side->reference_row(row) = side->row(row);
      if (side->anchor_time[row] > 0)
        side->reference_row(row) += static_cast<Scalar>(share - 1) * (side->row(row) - side->anchor_row(row));
    }
    std::swap(side->embeddings, side->reference);
  }
  const PrequentialScore score = run(items, contexts, observations, negatives, values, executor);
  for (SideRows<Scalar>* side : {&items, &contexts}) std::swap(side->embeddings, side->reference);
  return score;
}

template <class Scalar>
PrequentialScore Prequential<Scalar>::block(const SideRows<Scalar>& items, const SideRows<Scalar>& contexts,
                                            const Observations& observations, const Negatives<Scalar>& negatives,
                                            const ValueState& values, std::size_t index, std::size_t worker) noexcept {
  PrequentialScore score;
  std::array<Scalar, row_block> weights{};  // of each gathered row's scored observations
  std::size_t gathered = 0;
  Scalar* const rows = work_.data() + worker * row_block * (options_.dimension + tile);
  const std::size_t begin = index * row_block;
  for (std::size_t row = begin; row < std::min(begin + row_block, items.size()); ++row) {
    if (!items.known(row)) continue;
    const auto z = items.row(row);
    double weight = 0;
    const auto all = observations.of(Side::items, row);
    for_each_run(all.size(), tile, [&](std::size_t first, std::size_t size) {
      weight += add_observed(score, items, row, contexts, all.subspan(first, size), values);
    });
    if (weight == 0) continue;
    score.weight += weight;
    std::ranges::copy(z, rows + gathered * options_.dimension);
    weights[gathered++] = static_cast<Scalar>(weight);
  }
  if (options_.likelihood == Likelihood::skipgram && gathered > 0) {
    const std::span<const Scalar> scored(weights.data(), gathered);
    const double sum = negative_terms(negatives.head(), scored, worker) +
                       negative_terms(negatives.tail(index, worker), scored, worker);
    score.total += options_.negatives * sum;
  }
  return score;
}

// Adds what a row's observations, at most `tile`, contribute without negatives. Returns their weight.
template <class Scalar>
double Prequential<Scalar>::add_observed(PrequentialScore& score, const SideRows<Scalar>& items, std::size_t row,
                                         const SideRows<Scalar>& contexts, std::span<const Observed> observed,
                                         const ValueState& values) noexcept {
  std::array<Observed, tile> known;
  std::array<RowIndex, tile> rows;
  std::array<Scalar, tile> x;
  std::size_t count = 0;
  for (const Observed& each : observed) {
    if (!contexts.known(each.other)) continue;
    rows[count] = each.other;
    known[count++] = each;
  }
  kernels::dots(x.data(), items.row(row).data(), {contexts.embeddings.data(), contexts.dimension, count, rows.data()});
  if (options_.likelihood == Likelihood::gaussian) {
    for (std::size_t e = 0; e < count; ++e) add_value(score, items, row, contexts, known[e], x[e], values);
    return static_cast<double>(count);
  }
  kernels::log_logistic(std::span(x).first(count));
  double weight = 0;
  for (std::size_t e = 0; e < count; ++e) {
    weight += static_cast<double>(known[e].weight);
    score.total += static_cast<double>(known[e].weight) * static_cast<double>(x[e]);
  }
  return weight;
}

// sum_i weight_i sum_j q_j log s(-x_ij)
template <class Scalar>
double Prequential<Scalar>::negative_terms(const NegativeRows<Scalar>& negatives, std::span<const Scalar> weights,
                                           std::size_t worker) noexcept {
  Scalar* const rows = work_.data() + worker * row_block * (options_.dimension + tile);
  const auto height = static_cast<Eigen::Index>(weights.size());
  const ConstMatrixView<Scalar> z(rows, height, options_.dimension);
  double sum = 0;
  for_each_run(negatives.weights.size(), tile, [&](std::size_t begin, std::size_t size) {
    const auto width = static_cast<Eigen::Index>(size);
    MatrixView<Scalar> scores(rows + row_block * options_.dimension, height, width);
    scores.setZero();
    add_product_transposed(scores, z, negatives.embeddings.middleRows(static_cast<Eigen::Index>(begin), width));
    const auto share = as_vector(negatives.weights.subspan(begin, size));
    scores = -scores;
    kernels::log_logistic(std::span(scores.data(), weights.size() * size));
    for (Eigen::Index r = 0; r < height; ++r)
      sum += static_cast<double>(weights[static_cast<std::size_t>(r)]) * static_cast<double>(scores.row(r).dot(share));
  });
  return sum;
}

template class Prequential<float>;
template class Prequential<double>;

}  // namespace gaugeline
