#include <gaugeline/simulate_chain.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <gaugeline/random.hpp>

#include "cumulative.hpp"
#include "simulated_pairs.hpp"
#include "skew_exponential.hpp"

namespace gaugeline {
namespace {

using Eigen::Index;

// The figures below define the reference case; docs/algorithm.md quotes results for it.
constexpr double walk_step = .05;  // of a row of G1's truth per slice, times d^(-1/4)
constexpr double walk_noise = .3;
constexpr double start_scale = .3;  // of a random start, times d^(-1/4)

using Likelihoods = std::vector<std::unique_ptr<SliceLikelihood>>;

// Row by row, each normal in a statement of its own.
DoubleTable normal_table(Random& random, Index rows, Index columns, double scale) {
  DoubleTable table(rows, columns);
  for (Index i = 0; i < rows; ++i) {
    for (Index k = 0; k < columns; ++k) table(i, k) = scale * random.normal();
  }
  return table;
}

// Scores u . v have a spread of about 1 if rows have this one per coordinate.
double unit_score_scale(Index dimension) { return std::pow(static_cast<double>(dimension), -.25); }

JointProblem chain_problem(const ChainOptions& options, Likelihoods likelihoods) {
  const auto slices = static_cast<std::size_t>(options.slices);
  return {
      {.slices = options.slices, .items = options.rows, .contexts = options.rows, .dimension = options.dimension},
      std::move(likelihoods),
      {.coupling = std::vector<double>(slices, options.coupling), .norm = std::vector<double>(slices, options.norm)}};
}

// The truth of the larger problems: items, then contexts.
class MovingTruth {
 public:
  MovingTruth(const SparseChainOptions& options, Random& random, double scale)
      : step_(options.step),
        scale_(scale * unit_score_scale(options.chain.dimension)),
        rows_(normal_table(random, 2 * options.chain.rows, options.chain.dimension, scale_)) {}
  void move(Random& random) {
    const DoubleTable step = normal_table(random, rows_.rows(), rows_.cols(), step_ * scale_);
    rows_ = std::sqrt(1 - step_ * step_) * rows_ + step;
  }
  [[nodiscard]] auto items() const { return rows_.topRows(rows_.rows() / 2); }
  [[nodiscard]] auto contexts() const { return rows_.bottomRows(rows_.rows() / 2); }

 private:
  double step_;
  double scale_;
  DoubleTable rows_;
};

std::vector<PairValue> draw_values(const SparseChainOptions& options, const MovingTruth& truth, Random& random) {
  std::vector<PairValue> values;
  values.reserve(static_cast<std::size_t>(options.chain.rows * options.values_per_item));
  for (Index item = 0; item < options.chain.rows; ++item) {
    for (Index n = 0; n < options.values_per_item; ++n) {
      const auto context = static_cast<Index>(random.uniform() * static_cast<double>(options.chain.rows));
      const double noise = options.noise_deviation * random.normal();
      const double value = truth.items().row(item).dot(truth.contexts().row(context)) + noise;
      values.push_back({.item = static_cast<std::uint32_t>(item),
                        .context = static_cast<std::uint32_t>(context),
                        .value = static_cast<float>(value)});
    }
  }
  return values;
}

// Aggregated, by item and context. Adds them up by context.
std::vector<PairCount> draw_pairs(double pairs_per_slice, const MovingTruth& truth, Random& random,
                                  std::vector<double>& context_counts) {
  const DoubleTable scores = truth.items() * truth.contexts().transpose();
  const Eigen::ArrayXd base =
      (Eigen::ArrayXd::LinSpaced(scores.cols(), 0, static_cast<double>(scores.cols() - 1)) + frequency_offset)
          .inverse();
  Cumulative contexts;
  std::vector<std::uint32_t> counts(context_counts.size());
  std::vector<PairCount> pairs;
  for (Index item = 0; item < scores.rows(); ++item) {
    contexts.clear();
    for (Index j = 0; j < scores.cols(); ++j)
      contexts.add(base(j) * std::exp(std::min(largest_score, scores(item, j))));
    std::ranges::fill(counts, 0);
    const std::int64_t draws = std::llround(pairs_per_slice * base(item) / base.sum());
    for (std::int64_t n = 0; n < draws; ++n) ++counts[contexts.draw(random)];
    for (std::uint32_t j = 0; j < counts.size(); ++j) {
      if (counts[j] == 0) continue;
      pairs.push_back(
          {.item = static_cast<std::uint32_t>(item), .context = j, .weight = static_cast<float>(counts[j])});
      context_counts[j] += counts[j];
    }
  }
  return pairs;
}

}  // namespace

JointProblem gaussian_chain(const ChainOptions& options) {
  Random random(options.seed);
  const double scale = unit_score_scale(options.dimension);
  DoubleTable truth = normal_table(random, 2 * options.rows, options.dimension, scale);
  Likelihoods likelihoods;
  for (Index t = 0; t < options.slices; ++t) {
    if (t > 0) truth += normal_table(random, 2 * options.rows, options.dimension, walk_step * scale);
    Eigen::MatrixXd values = truth.topRows(options.rows) * truth.bottomRows(options.rows).transpose();
    values += normal_table(random, options.rows, options.rows, walk_noise);
    likelihoods.push_back(dense_gaussian_likelihood(values));
  }
  return chain_problem(options, std::move(likelihoods));
}

JointProblem sparse_gaussian_chain(const SparseChainOptions& options) {
  Random random(options.chain.seed);
  MovingTruth truth(options, random, 1);
  Likelihoods likelihoods;
  for (Index t = 0; t < options.chain.slices; ++t) {
    if (t > 0) truth.move(random);
    likelihoods.push_back(gaussian_likelihood(draw_values(options, truth, random), options.noise_deviation));
  }
  return chain_problem(options.chain, std::move(likelihoods));
}

JointProblem skipgram_chain(const SparseChainOptions& options) {
  Random random(options.chain.seed);
  MovingTruth truth(options, random, skipgram_scale);
  Likelihoods likelihoods;
  for (Index t = 0; t < options.chain.slices; ++t) {
    if (t > 0) truth.move(random);
    std::vector<double> counts(static_cast<std::size_t>(options.chain.rows));
    auto pairs = draw_pairs(options.pairs_per_slice, truth, random, counts);
    likelihoods.push_back(skipgram_likelihood(std::move(pairs), negative_distribution(counts), options.negatives));
  }
  return chain_problem(options.chain, std::move(likelihoods));
}

DoubleTable random_chain_start(const JointShape& shape, std::uint64_t seed) {
  Random random(seed);
  return normal_table(random, shape.rows(), shape.dimension, start_scale * unit_score_scale(shape.dimension));
}

void excite_goldstone_modes(const JointShape& shape, TableRef z, double step, std::uint64_t seed) {
  Random random(seed);
  const Index d = shape.dimension;
  Eigen::MatrixXd rotation = Eigen::MatrixXd::Identity(d, d);
  for (Index t = 1; t < shape.slices; ++t) {
    const DoubleTable drawn = normal_table(random, d, d, 1);
    const Eigen::MatrixXd skew = drawn - drawn.transpose();
    if (skew.norm() > 0) rotation *= skew_exponential(skew * (step / skew.norm()));  // O(1) has no directions
    slice_rows(z, shape, t) *= rotation;
  }
}

}  // namespace gaugeline
