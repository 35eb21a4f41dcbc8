// Rows called moved on the reference streams G2 and G3 without drift, where every one is a false alarm.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

#include <gaugeline/drift.hpp>
#include <gaugeline/drift_significance.hpp>

#include <support/reference_runs.hpp>

namespace gaugeline::testing {

struct Moments {
  Eigen::MatrixXf embeddings;
  std::vector<float> null_variance, log_retention;

  explicit Moments(const SideState<float>& side)
      : embeddings(side.embeddings.transpose()),
        null_variance(side.null_variance.begin(), side.null_variance.end()),
        log_retention(side.log_retention.begin(), side.log_retention.end()) {}
  [[nodiscard]] RowMoment row(std::size_t i) const {
    return {{embeddings.col(static_cast<Eigen::Index>(i)).data(), static_cast<std::size_t>(embeddings.rows())},
            null_variance[i],
            log_retention[i]};
  }
};

// Rows called moved at a nominal 5 % and 1 %, and at 5 % by quartile of frequency, the commonest first.
struct Alarms {
  double rows = 0, five = 0, one = 0, degrees = 0, runs = 0;
  double quartile[4] = {};

  void add(const std::vector<double>& p) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      rows += 1;
      one += p[i] < .01 ? 1 : 0;
      if (!(p[i] < .05)) continue;
      five += 1;
      quartile[4 * i / p.size()] += 1;
    }
  }
};

inline void compare_tests(const Moments& from, const Moments& to, const std::vector<double>& seen, Alarms& plain,
                          Alarms& fitted) {
  const std::size_t d = static_cast<std::size_t>(from.embeddings.rows());
  std::vector<std::size_t> order(seen.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return seen[i]; });
  std::vector<float> ratios;
  for (const std::size_t i : order) ratios.push_back(displacement(from.row(i), to.row(i)).ratio);
  std::vector<double> p(ratios.size()), work(ratios.size());
  fitted.degrees += fit_p_values(ratios, d, work, p);
  fitted.runs += 1;
  fitted.add(p);
  auto copy = ratios;
  const double factor = overdispersion(copy, d);
  for (std::size_t i = 0; i < ratios.size(); ++i)
    p[i] = chi_squared_tail(static_cast<double>(ratios[i]) * static_cast<double>(d) / factor, static_cast<double>(d));
  plain.add(p);
}

// What a stream's slice holds; of pairs, how often each item was seen is added up.
inline std::span<const PairValue> observe(const GaussianStream& stream, std::span<double> /*seen*/) {
  return stream.values();
}
inline std::span<const PairCount> observe(const SkipGramStream& stream, std::span<double> seen) {
  for (const PairCount& pair : stream.pairs()) seen[pair.item] += static_cast<double>(pair.weight);
  return stream.pairs();
}

// One stream without drift, added to the rows called moved by either test between slice `base` and the last.
template <class Stream, class StreamOptions>
void count_alarms(StreamOptions stream_options, const Options& options, int slices, int base, Alarms& plain,
                  Alarms& fitted) {
  stream_options.drifting_share = 0;
  Stream stream(stream_options);
  RowLearner<float> learner(options, stream_options.rows);
  learner.admit();
  std::vector<Moments> kept;
  std::vector<double> seen(stream_options.rows);
  for (int t = 0; t < slices; ++t) {
    stream.next();
    learner.learn(observe(stream, seen));
    if (t == base || t == slices - 1) kept.emplace_back(learner.state().items);
  }
  compare_tests(kept[0], kept[1], seen, plain, fitted);
}

inline void count_gaussian_alarms(std::uint64_t seed, Alarms& plain, Alarms& fitted) {
  count_alarms<GaussianStream>(GaussianStreamOptions{.seed = seed}, gaussian_reference_options(seed), 40, 10, plain,
                               fitted);
}

inline void count_skipgram_alarms(std::uint64_t seed, Alarms& plain, Alarms& fitted) {
  count_alarms<SkipGramStream>(SkipGramStreamOptions{.seed = seed}, skipgram_reference_options(seed), 12, 2, plain,
                               fitted);
}

}  // namespace gaugeline::testing
