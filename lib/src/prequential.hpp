// The score of a slice before it is learnt: mean log-likelihood in nats over the observations whose two rows the model
// knew. Skip-gram: of a positive with its k negatives, log s(x_ij) + k sum_j' q_j' log s(-x_ij'), q over the contexts
// that were known. Gaussian: log N(y; mu + a_i + b_j + x, sigma^2), sigma as it is in force.
#pragma once

#include <array>
#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "half_step.hpp"
#include "negatives.hpp"
#include "observations.hpp"
#include "side.hpp"

namespace gaugeline {

struct PrequentialScore {
  double weight = 0;    // of the scored observations
  double total = 0;     // of their log-likelihoods
  double baseline = 0;  // the same of the model of offsets by itself

  void add(const PrequentialScore& part, double times) noexcept {
    weight += times * part.weight;
    total += times * part.total;
    baseline += times * part.baseline;
  }
};

// The blocks of rows that are scored as a sample of all, in their order.
struct BlockSample {
  static constexpr std::size_t first_blocks = 16, every = 8;
  std::size_t blocks = 0;  // of all rows

  [[nodiscard]] std::size_t size() const noexcept {
    return blocks <= first_blocks ? blocks : first_blocks + (blocks - first_blocks + every - 1) / every;
  }
  [[nodiscard]] std::size_t block(std::size_t k) const noexcept {
    return k < first_blocks ? k : first_blocks + (k - first_blocks) * every;
  }
  // How many blocks the k-th of the sample stands for.
  [[nodiscard]] double stands_for(std::size_t k) const noexcept {
    if (k < first_blocks) return 1;
    return static_cast<double>(blocks - first_blocks) / static_cast<double>(size() - first_blocks);
  }
};

template <class Scalar>
class Prequential {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // contexts.negative_share holds q. Rows that were never in data (see SideRows::known) are not scored.
  [[nodiscard]] PrequentialScore run(SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                                     const Observations& observations, Negatives<Scalar>& negatives,
                                     const ValueState& values, Executor& executor) noexcept;

  // Of a sample of the items, as an estimate for all: the first 512, and every eighth block of the others (see
  // half_step.hpp). Of the last run() here; and if the rows had gone `share` times the way from their anchors to where
  // they are, where rows without one stay. The latter overwrites the references.
  [[nodiscard]] PrequentialScore sampled(const SideRows<Scalar>& items) const noexcept;
  [[nodiscard]] PrequentialScore sampled_along_way(double share, SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                                                   const Observations& observations, Negatives<Scalar>& negatives,
                                                   const ValueState& values, Executor& executor) noexcept;

 private:
  [[nodiscard]] static std::size_t block_count(const SideRows<Scalar>& items) noexcept {
    return (items.size() + row_block - 1) / row_block;
  }
  void prepare_negatives(SideRows<Scalar>& contexts, Negatives<Scalar>& negatives) const noexcept;
  [[nodiscard]] PrequentialScore block(const SideRows<Scalar>& items, const SideRows<Scalar>& contexts,
                                       const Observations& observations, const Negatives<Scalar>& negatives,
                                       const ValueState& values, std::size_t index, std::size_t worker) noexcept;
  [[nodiscard]] double add_observed(PrequentialScore& score, const SideRows<Scalar>& items, std::size_t row,
                                    const SideRows<Scalar>& contexts, std::span<const Observed> observed,
                                    const ValueState& values) noexcept;
  using Weights = std::array<Scalar, row_block>;
  [[nodiscard]] double negative_terms(const NegativeRows<Scalar>& negatives, const Weights& weights,
                                      const Weights* slopes, std::size_t worker) noexcept;
  // One worker's scratch: a block's rows, the same as columns, and scores.
  [[nodiscard]] std::size_t work_size() const noexcept { return row_block * (2 * padded(options_.dimension) + tile); }

  Options options_;
  std::span<PrequentialScore> blocks_;
  std::span<Scalar> work_;
};

extern template class Prequential<float>;
extern template class Prequential<double>;

}  // namespace gaugeline
