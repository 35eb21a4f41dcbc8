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
  work_ = arena.take<Scalar>(options.worker_capacity * work_size());
}

template <class Scalar>
PrequentialScore Prequential<Scalar>::run(SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                                          const Observations& observations, Negatives<Scalar>& negatives,
                                          const ValueState& values, Executor& executor) noexcept {
  prepare_negatives(contexts, negatives);
  const std::size_t count = block_count(items);
  executor.run(count, [&](std::size_t worker, std::size_t index) {
    blocks_[index] = block(items, contexts, observations, negatives, values, index, worker);
  });
  PrequentialScore sum;
  for (const PrequentialScore& part : blocks_.first(count)) sum.add(part, 1);
  return sum;
}

template <class Scalar>
void Prequential<Scalar>::prepare_negatives(SideRows<Scalar>& contexts, Negatives<Scalar>& negatives) const noexcept {
  if (options_.likelihood != Likelihood::skipgram) return;
  // The key 0 belongs to no half-step.
  for (std::size_t row = 0; row < contexts.size(); ++row) contexts.squared_norm[row] = 0;
  negatives.prepare(contexts, contexts.negative_share, 0);
}

template <class Scalar>
PrequentialScore Prequential<Scalar>::sampled(const SideRows<Scalar>& items) const noexcept {
  const BlockSample sample{block_count(items)};
  PrequentialScore sum;
  for (std::size_t k = 0; k < sample.size(); ++k) sum.add(blocks_[sample.block(k)], sample.stands_for(k));
  return sum;
}

template <class Scalar>
PrequentialScore Prequential<Scalar>::sampled_along_way(double share, SideRows<Scalar>& items,
                                                        SideRows<Scalar>& contexts, const Observations& observations,
                                                        Negatives<Scalar>& negatives, const ValueState& values,
                                                        Executor& executor) noexcept {
  const BlockSample sample{block_count(items)};
  const auto go = [&](SideRows<Scalar>& side, std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      side.reference_row(row) = side.row(row);
      if (side.anchor_time[row] > 0)
        side.reference_row(row) += static_cast<Scalar>(share - 1) * (side.row(row) - side.anchor_row(row));
    }
  };
  executor.run(sample.size(), [&](std::size_t, std::size_t k) {
    const std::size_t begin = sample.block(k) * row_block;
    go(items, begin, std::min(begin + row_block, items.size()));
  });
  run_in_blocks(executor, contexts.size(), tile,
                [&](std::size_t, std::size_t begin, std::size_t size) { go(contexts, begin, begin + size); });
  for (SideRows<Scalar>* side : {&items, &contexts}) std::swap(side->embeddings, side->reference);
  prepare_negatives(contexts, negatives);
  executor.run(sample.size(), [&](std::size_t worker, std::size_t k) {
    const std::size_t index = sample.block(k);
    blocks_[index] = block(items, contexts, observations, negatives, values, index, worker);
  });
  for (SideRows<Scalar>* side : {&items, &contexts}) std::swap(side->embeddings, side->reference);
  return sampled(items);
}

template <class Scalar>
PrequentialScore Prequential<Scalar>::block(const SideRows<Scalar>& items, const SideRows<Scalar>& contexts,
                                            const Observations& observations, const Negatives<Scalar>& negatives,
                                            const ValueState& values, std::size_t index, std::size_t worker) noexcept {
  PrequentialScore score;
  Weights weights{};  // of each gathered row's scored observations
  std::size_t gathered = 0;
  const std::size_t stride = padded(options_.dimension);
  const auto rows = work_.subspan(worker * work_size(), row_block * stride);
  std::ranges::fill(rows, Scalar(0));
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
    as_vector(rows.subspan(gathered * stride, options_.dimension)) = -z;
    weights[gathered++] = static_cast<Scalar>(weight);
  }
  if (options_.likelihood == Likelihood::skipgram && gathered > 0) {
    kernels::transpose<Scalar>({rows.data() + rows.size(), stride, row_block, row_block},
                               {rows.data(), row_block, stride, stride});
    double sum = negative_terms(negatives.head(), weights, nullptr, worker);
    if (negatives.has_tail()) {
      // The tail's tangents at the rows' means are exact, as in skipgram_solver.hpp; what log s is beyond them is
      // drawn.
      Weights slopes{};
      for (std::size_t k = 0; k < gathered; ++k) {
        const auto minus_z = as_vector(std::span<const Scalar>(rows).subspan(k * stride, options_.dimension));
        const Scalar all = minus_z.dot(as_vector(negatives.tail_sum()));  // sum_T q_j (-x_ij)
        slopes[k] = logistic(-all / negatives.tail_weight());
        sum += static_cast<double>(weights[k] * slopes[k] * all);
      }
      sum += negative_terms(negatives.tail(index, worker), weights, &slopes, worker);
    }
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

// sum_i weight_i sum_j q_j (log s(-x_ij) + slope_i x_ij), for the rows that the worker's scratch holds as columns,
// times -1; without slopes where there are none.
template <class Scalar>
double Prequential<Scalar>::negative_terms(const NegativeRows<Scalar>& negatives, const Weights& weights,
                                           const Weights* slopes, std::size_t worker) noexcept {
  const std::size_t stride = padded(options_.dimension);
  Scalar* const columns = work_.data() + worker * work_size() + row_block * stride;
  const std::span scores(columns + row_block * stride, row_block * tile);
  double sum = 0;
  for_each_run(negatives.weights.size(), tile, [&](std::size_t begin, std::size_t size) {
    kernels::product<Scalar>({scores.data(), size, row_block, row_block},
                             {negatives.embeddings.data + begin * stride, size, stride, stride},
                             {columns, options_.dimension, row_block, row_block});
    Weights sums{};
    const auto add_up = [&](const Weights& factors) {
      for (std::size_t j = 0; j < size; ++j) {
        const Scalar share = negatives.weights[begin + j];
        for (std::size_t k = 0; k < row_block; ++k) sums[k] += share * factors[k] * scores[j * row_block + k];
      }
    };
    if (slopes != nullptr) {
      Weights minus = *slopes;
      for (Scalar& slope : minus) slope = -slope;
      add_up(minus);
    }
    kernels::log_logistic(scores.first(size * row_block));
    Weights ones;
    ones.fill(1);
    add_up(ones);
    for (std::size_t k = 0; k < row_block; ++k) sum += static_cast<double>(weights[k]) * static_cast<double>(sums[k]);
  });
  return sum;
}

template class Prequential<float>;
template class Prequential<double>;

}  // namespace gaugeline
