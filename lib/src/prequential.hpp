// The score of a slice before it is learnt: mean log-likelihood in nats over the observations whose two rows the model
// knew. Skip-gram: of a positive with its k negatives, log s(x_ij) + k sum_j' q_j' log s(-x_ij'), q over the contexts
// that were known. Gaussian: log N(y; mu + a_i + b_j + x, sigma^2), sigma as it is in force.
#pragma once

#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "negatives.hpp"
#include "observations.hpp"
#include "side.hpp"

namespace gaugeline {

struct PrequentialScore {
  double weight = 0;    // of the scored observations
  double total = 0;     // of their log-likelihoods
  double baseline = 0;  // the same of the model of offsets by itself
};

template <class Scalar>
class Prequential {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // contexts.negative_share holds q. Rows that were never in data (see SideRows::known) are not scored.
  [[nodiscard]] PrequentialScore run(SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                                     const Observations& observations, Negatives<Scalar>& negatives,
                                     const ValueState& values, Executor& executor) noexcept;

  // The same if the rows had gone `share` times the way from their anchors to where they are; rows without one stay.
  // Overwrites the references.
  [[nodiscard]] PrequentialScore run_along_way(double share, SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                                               const Observations& observations, Negatives<Scalar>& negatives,
                                               const ValueState& values, Executor& executor) noexcept;

 private:
  [[nodiscard]] PrequentialScore block(const SideRows<Scalar>& items, const SideRows<Scalar>& contexts,
                                       const Observations& observations, const Negatives<Scalar>& negatives,
                                       const ValueState& values, std::size_t index, std::size_t worker) noexcept;
  [[nodiscard]] double add_observed(PrequentialScore& score, const SideRows<Scalar>& items, std::size_t row,
                                    const SideRows<Scalar>& contexts, std::span<const Observed> observed,
                                    const ValueState& values) noexcept;
  [[nodiscard]] double negative_terms(const NegativeRows<Scalar>& negatives, std::span<const Scalar> weights,
                                      std::size_t worker) noexcept;

  Options options_;
  std::span<PrequentialScore> blocks_;
  std::span<Scalar> work_;
};

extern template class Prequential<float>;
extern template class Prequential<double>;

}  // namespace gaugeline
