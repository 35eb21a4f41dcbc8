// Small joint problems of every likelihood, and tables for them.
#pragma once

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <gaugeline/joint_problem.hpp>
#include <gaugeline/random.hpp>

namespace gaugeline::testing {

// Normal entries, row by row.
inline DoubleTable random_table(Eigen::Index rows, Eigen::Index columns, std::uint64_t seed, double deviation) {
  Random random(seed);
  DoubleTable table(rows, columns);
  for (double& entry : table.reshaped<Eigen::RowMajor>()) entry = deviation * random.normal();
  return table;
}
inline DoubleTable random_table(const JointShape& shape, std::uint64_t seed, double deviation) {
  return random_table(shape.rows(), shape.dimension, seed, deviation);
}

enum class LikelihoodKind { dense_gaussian, gaussian, skipgram };

inline std::unique_ptr<SliceLikelihood> random_likelihood(LikelihoodKind kind, Eigen::Index items,
                                                          Eigen::Index contexts, Random& random) {
  if (kind == LikelihoodKind::dense_gaussian) {
    Eigen::MatrixXd values(items, contexts);
    for (double& y : values.reshaped()) y = random.normal();
    return dense_gaussian_likelihood(std::move(values), .8);
  }
  std::vector<PairValue> values;
  std::vector<PairCount> pairs;
  std::vector<double> counts(static_cast<std::size_t>(contexts), 0);
  for (std::uint32_t i = 0; i < items; ++i) {
    if (i == 1) continue;  // without data
    for (std::uint32_t j = 0; j < contexts; ++j) {
      if (random.uniform() < .5) continue;
      values.push_back({i, j, static_cast<float>(random.normal())});
      const auto count = static_cast<float>(1 + random.bits() % 4);
      pairs.push_back({i, j, count});
      counts[j] += static_cast<double>(count);
    }
  }
  if (kind == LikelihoodKind::gaussian) return gaussian_likelihood(std::move(values), .8);
  return skipgram_likelihood(std::move(pairs), negative_distribution(counts), 3);
}

struct JointExample {
  std::string_view name;
  JointProblem problem;
};

inline JointProblem random_problem(LikelihoodKind kind, const JointShape& shape, ChainPrior prior, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::unique_ptr<SliceLikelihood>> likelihoods;
  for (Eigen::Index t = 0; t < shape.slices; ++t)
    likelihoods.push_back(random_likelihood(kind, shape.items, shape.contexts, random));
  return {shape, std::move(likelihoods), std::move(prior)};
}

// Every likelihood with both priors; slices lie at uneven times.
inline std::vector<JointExample> joint_examples(Eigen::Index dimension = 3) {
  const std::vector<double> times{0, 1, 3, 3.5};
  const JointShape shape{.slices = 4, .items = 7, .contexts = 6, .dimension = dimension};
  std::vector<JointExample> examples;
  for (const auto& [name, kind] :
       {std::pair<std::string_view, LikelihoodKind>{"dense Gaussian", LikelihoodKind::dense_gaussian},
        {"Gaussian", LikelihoodKind::gaussian},
        {"skip-gram", LikelihoodKind::skipgram}}) {
    examples.push_back({name, random_problem(kind, shape, random_walk_prior(times, 2, .7), 3)});
    examples.push_back({name, random_problem(kind, shape, ornstein_uhlenbeck_prior(times, 2, .4), 4)});
  }
  return examples;
}

}  // namespace gaugeline::testing
