// Rows called moved on the reference streams G2 and G3: without drift every one is a false alarm.
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

inline constexpr double all_but_infinite = 1e6;  // degrees of freedom of F, at which it is a chi-squared

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

// Rows at rest called moved at a nominal 5 % and 1 %, and at 5 % by quartile of frequency, the commonest first.
struct Alarms {
  double moving = 0, found = 0;  // rows that do move, and how many of them are called at 5 %
  double rows = 0, five = 0, one = 0, degrees = 0, runs = 0;
  double quartile[4] = {};

  // p, moves: commonest first.
  void add(const std::vector<double>& p, const std::vector<char>& moves) {
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (moves[i] != 0) {
        moving += 1;
        found += p[i] < .05 ? 1 : 0;
        continue;
      }
      rows += 1;
      one += p[i] < .01 ? 1 : 0;
      if (!(p[i] < .05)) continue;
      five += 1;
      quartile[4 * i / p.size()] += 1;
    }
  }
};

// slices: every slice up to the later one of the two compared, whose index in it `base` is of the earlier one.
inline void compare_tests(const std::vector<Moments>& slices, std::size_t base, const std::vector<double>& seen,
                          const std::vector<char>& drifts, Alarms& plain, Alarms& fitted) {
  constexpr std::size_t most_pairs = 16;  // as `query drift` takes
  const std::size_t d = static_cast<std::size_t>(slices.back().embeddings.rows());
  std::vector<std::size_t> order(seen.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, std::ranges::greater{}, [&](std::size_t i) { return seen[i]; });
  std::vector<char> moves;
  moves.reserve(order.size());
  for (const std::size_t i : order) moves.push_back(drifts[i]);
  const auto rows_of = [&](std::size_t slice) {
    std::vector<RowMoment> rows;
    rows.reserve(order.size());
    for (const std::size_t i : order) rows.push_back(slices[slice].row(i));
    return rows;
  };
  const std::size_t last = slices.size() - 1;
  std::vector<ComparedRows> pairs;
  for (std::size_t t = last - std::min(last, most_pairs); t < last; ++t) {
    if (auto pair = compare_rows(rows_of(t), rows_of(t + 1))) pairs.push_back(std::move(*pair));
  }
  std::vector<const ComparedRows*> consecutive;
  consecutive.reserve(pairs.size());
  for (const ComparedRows& pair : pairs) consecutive.push_back(&pair);
  const auto compared = compare_rows(rows_of(base), rows_of(last)).value();
  fitted.degrees += compared.degrees;
  fitted.runs += 1;
  fitted.add(DriftNull::fit(consecutive).value().p_values(compared), moves);

  std::vector<float> ratios;
  ratios.reserve(order.size());
  for (const std::size_t i : order) ratios.push_back(displacement(slices[base].row(i), slices[last].row(i)).ratio);
  auto copy = ratios;
  const double factor = overdispersion(copy, d);
  std::vector<double> p;
  p.reserve(ratios.size());
  for (const float ratio : ratios)
    p.push_back(f_tail(static_cast<double>(ratio) / factor, static_cast<double>(d), all_but_infinite));
  plain.add(p, moves);
}

// What a stream's slice holds; of pairs, how often each item was seen is added up.
inline std::span<const PairValue> observe(const GaussianStream& stream, std::span<double> /*seen*/) {
  return stream.values();
}
inline std::span<const PairCount> observe(const SkipGramStream& stream, std::span<double> seen) {
  for (const PairCount& pair : stream.pairs()) seen[pair.item] += static_cast<double>(pair.weight);
  return stream.pairs();
}

inline const std::vector<char>& items_that_drift(const GaussianStream& stream) { return stream.drifts(); }
inline const std::vector<char>& items_that_drift(const SkipGramStream& stream) { return stream.drifts(Side::items); }

// One stream, added to the rows called moved by either test between slice `base` and the last.
template <class Stream, class StreamOptions>
void count_alarms(StreamOptions stream_options, const Options& options, int slices, std::size_t base, Alarms& plain,
                  Alarms& fitted) {
  Stream stream(stream_options);
  RowLearner<float> learner(options, stream_options.rows);
  learner.admit();
  std::vector<Moments> kept;
  std::vector<double> seen(stream_options.rows);
  for (int t = 0; t < slices; ++t) {
    stream.next();
    learner.learn(observe(stream, seen));
    kept.emplace_back(learner.state().items);
  }
  compare_tests(kept, base, seen, items_that_drift(stream), plain, fitted);
}

inline void count_gaussian_alarms(std::uint64_t seed, double drifting_share, Alarms& plain, Alarms& fitted) {
  count_alarms<GaussianStream>(GaussianStreamOptions{.seed = seed, .drifting_share = drifting_share},
                               gaussian_reference_options(seed), 40, 10, plain, fitted);
}

inline void count_skipgram_alarms(std::uint64_t seed, double drifting_share, Alarms& plain, Alarms& fitted) {
  count_alarms<SkipGramStream>(SkipGramStreamOptions{.seed = seed, .drifting_share = drifting_share},
                               skipgram_reference_options(seed), 12, 2, plain, fitted);
}

}  // namespace gaugeline::testing
