// A stream that a learner filters and a smoother smooths, with the same problem as a JointProblem beside it.
#pragma once

#include <memory>
#include <vector>

#include <gaugeline/joint_problem.hpp>
#include <gaugeline/online_learner.hpp>
#include <gaugeline/random.hpp>
#include <gaugeline/smoother.hpp>
#include <support/tokens.hpp>

namespace gaugeline::testing {

inline constexpr std::uint32_t smoothed_rows = 14;

// Exact sums over negatives, one D for all rows and slices.
inline Options smoothed_options(Likelihood likelihood) {
  Options options = likelihood == Likelihood::skipgram ? Options::skipgram() : Options::gaussian();
  options.dimension = 4;
  options.prior_precision = 2;
  options.diffusion = .05F;
  options.diffusion_rate = options.diffusion_score_rate = 0;
  options.diffusion_max = 10;
  options.diffusion_min = 0;
  options.noise_deviation = .7F;
  options.offsets = Offsets::none;
  options.item_capacity = options.context_capacity = options.slice_token_capacity = smoothed_rows;
  options.observation_capacity = 1000;
  options.time_unit_seconds = 86400;
  return options;
}

// Slices of random pairs and values on days 0, 1, 3, 4, 6, ...; row 2 is never an item, slice 2 is empty.
struct SmoothedStream {
  struct Slice {
    std::int64_t day = 0;
    std::vector<PairCount> pairs;
    std::vector<PairValue> values;
  };

  explicit SmoothedStream(std::size_t slices, std::uint64_t seed = 1) {
    Random random(seed);
    for (std::size_t t = 0; t < slices; ++t) {
      Slice& slice = all.emplace_back();
      slice.day = static_cast<std::int64_t>(t + t / 2);
      if (t == 2) continue;
      for (std::uint32_t i = 0; i < smoothed_rows; ++i) {
        for (std::uint32_t j = 0; j < smoothed_rows; ++j) {
          const double draw = random.uniform();
          const double value = random.normal();
          if (i == 2 || draw < .4) continue;
          slice.pairs.push_back({i, j, static_cast<float>(1 + (i + 2 * j + t) % 5)});
          slice.values.push_back({i, j, static_cast<float>((i % 3 == j % 3 ? 1 : -.5) + .4 * value)});
        }
      }
    }
  }

  [[nodiscard]] SliceView view(std::size_t t, Likelihood likelihood) const {
    SliceView slice;
    slice.interval = testing::day(all[t].day);
    slice.item_tokens = slice.context_tokens = tokens.list();
    if (likelihood == Likelihood::skipgram) {
      slice.pairs = all[t].pairs;
    } else {
      slice.values = all[t].values;
    }
    return slice;
  }

  OwnedTokens tokens = numbered_tokens("row", smoothed_rows);
  std::vector<Slice> all;
};

// Learns the stream and gives every state to the smoother; all rows are there from the start.
template <class Scalar>
struct SmoothedRun {
  SmoothedRun(const SmoothedStream& stream, const Options& options, const SmootherOptions& smoothing)
      : learner(OnlineLearner<Scalar>::create(options).value()),
        smoother(Smoother<Scalar>::create(options, smoothing).value()) {
    learner.admit(stream.tokens.list(), stream.tokens.list()).value();
    for (std::size_t t = 0; t < stream.all.size(); ++t) {
      const SliceView slice = stream.view(t, options.likelihood);
      learner.learn(slice, serial).value();
      const LearnerState<Scalar> state = learner.state();
      counts.emplace_back(state.contexts.count.begin(), state.contexts.count.end());
      smoother.append(state, slice).value();
    }
  }

  // All tables, as a JointProblem has them.
  [[nodiscard]] DoubleTable table() const {
    const auto d = static_cast<Eigen::Index>(learner.options().dimension);
    DoubleTable z(static_cast<Eigen::Index>(2 * smoother.size()) * smoothed_rows, d);
    for (std::size_t t = 0; t < smoother.size(); ++t) {
      for (const Side side : {Side::items, Side::contexts})
        z.middleRows((static_cast<Eigen::Index>(2 * t) + (side == Side::items ? 0 : 1)) * smoothed_rows,
                     smoothed_rows) = smoother.rows(t, side).embeddings.template cast<double>();
    }
    return z;
  }

  OnlineLearner<Scalar> learner;
  Smoother<Scalar> smoother;
  SerialExecutor serial;
  std::vector<std::vector<double>> counts;  // of contexts, faded, after each slice
};

inline JointProblem joint_problem_of(const SmoothedStream& stream, const Options& options,
                                     const std::vector<std::vector<double>>& counts) {
  const JointShape shape{.slices = static_cast<Eigen::Index>(stream.all.size()),
                         .items = smoothed_rows,
                         .contexts = smoothed_rows,
                         .dimension = static_cast<Eigen::Index>(options.dimension)};
  std::vector<double> times;
  std::vector<std::unique_ptr<SliceLikelihood>> likelihoods;
  for (std::size_t t = 0; t < stream.all.size(); ++t) {
    times.push_back(static_cast<double>(stream.all[t].day));
    if (options.likelihood == Likelihood::skipgram) {
      likelihoods.push_back(
          skipgram_likelihood(stream.all[t].pairs, negative_distribution(counts[t]), options.negatives));
    } else {
      likelihoods.push_back(gaussian_likelihood(stream.all[t].values, static_cast<double>(options.noise_deviation)));
    }
  }
  const auto p0 = static_cast<double>(options.prior_precision);
  ChainPrior prior = options.mean_reversion > 0
                         ? ornstein_uhlenbeck_prior(times, p0, static_cast<double>(options.mean_reversion))
                         : random_walk_prior(times, p0, static_cast<double>(options.diffusion));
  return {shape, std::move(likelihoods), std::move(prior)};
}

}  // namespace gaugeline::testing
