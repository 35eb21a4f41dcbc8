// bench_false_alarms: how often rows that stand still are called moved, on the reference streams G2 (Gaussian) and G3
// (skip-gram) with no drift; against the plain chi-squared test with one factor for all rows, in the same run.
#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <vector>

#include <gaugeline/drift.hpp>
#include <gaugeline/drift_test.hpp>

#include <support/reference_runs.hpp>

namespace {

using namespace gaugeline;
using namespace gaugeline::testing;

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

// Rates at a nominal 5 % and 1 %, and at 5 % by quartile of frequency, the commonest first.
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
  void print(const char* name) const {
    std::cout << std::left << std::setw(22) << name << std::right << std::fixed << std::setprecision(2) << std::setw(8)
              << 100 * five / rows << std::setw(8) << 100 * one / rows;
    for (const double q : quartile) std::cout << std::setw(8) << 400 * q / rows;
    if (runs > 0) std::cout << std::setw(10) << degrees / runs;
    std::cout << '\n';
  }
};

void compare(const Moments& from, const Moments& to, const std::vector<double>& seen, Alarms& plain, Alarms& fitted) {
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

template <class Stream, class Fill>
void run(Stream stream, const Options& options, std::uint32_t rows, int slices, int base, Fill fill, Alarms& plain,
         Alarms& fitted) {
  auto learner = OnlineLearner<float>::create(options).value();
  const OwnedTokens tokens = numbered_tokens("row", rows);
  learner.admit(tokens.list(), tokens.list()).value();
  SerialExecutor serial;
  std::vector<Moments> kept;
  std::vector<double> seen(rows);
  for (int t = 0; t < slices; ++t) {
    stream.next();
    SliceView slice;
    slice.interval = day(t);
    slice.item_tokens = slice.context_tokens = tokens.list();
    fill(stream, slice);
    for (const auto& pair : slice.pairs) seen[pair.item] += static_cast<double>(pair.weight);
    learner.learn(slice, serial).value();
    if (t == base || t == slices - 1) kept.emplace_back(learner.state().items);
  }
  compare(kept[0], kept[1], seen, plain, fitted);
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20;
  std::cout << "share of rows called moved, none of which moves; " << seeds << " seeds, in %\n"
            << "stream, test           at 5 %  at 1 %  commonest quarter first, at 5 %   degrees\n";
  Alarms g2_plain, g2_fitted, g3_plain, g3_fitted;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    GaussianStreamOptions options;
    options.seed = seed;
    options.drifting_share = 0;
    run(
        GaussianStream(options), gaussian_reference_options(seed), options.rows, 40, 10,
        [](const GaussianStream& s, SliceView& slice) { slice.values = s.values(); }, g2_plain, g2_fitted);
  }
  g2_plain.print("G2, chi-squared");
  g2_fitted.print("G2, fitted null");
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    SkipGramStreamOptions options;
    options.seed = seed;
    options.drifting_share = 0;
    run(
        SkipGramStream(options), skipgram_reference_options(seed), options.rows, 12, 2,
        [](const SkipGramStream& s, SliceView& slice) { slice.pairs = s.pairs(); }, g3_plain, g3_fitted);
  }
  g3_plain.print("G3, chi-squared");
  g3_fitted.print("G3, fitted null");
}
