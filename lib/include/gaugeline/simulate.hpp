// Synthetic streams with a known truth: the reference cases G2 and G3 of docs/algorithm.md, draw for draw.
//
// Each stream is made from its options and a seed, and holds the slice that was drawn last; next() replaces it. Rows of
// the truth are items first, then contexts. Observations name rows by index: item i is row i of the items' truth.
// These are tools for tests and trials: they allocate, and do not check their options (rows and dimension above 0).
// Thread-safety: none; one stream belongs to one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/random.hpp>
#include <gaugeline/slice.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline {

using TruthTable = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// G2: y_ij = u_i . v_j + noise. A share of the rows of both sides turns coherently, by drift_radians per slice in d/2
// planes; the others stand still.
struct GaussianStreamOptions {
  std::uint64_t seed = 11;
  std::uint32_t rows = 200;  // items, and as many contexts
  std::uint32_t dimension = 10;
  std::uint32_t values_per_item = 60;  // drawn per item and slice; a tenth of them is held out
  double drifting_share = .3;
  double drift_radians = .06;
  double noise_deviation = .5;
};

class GaussianStream {
 public:
  explicit GaussianStream(const GaussianStreamOptions& options);
  // Moves the truth on (not before the first slice) and draws a slice.
  void next();
  [[nodiscard]] const std::vector<PairValue>& values() const noexcept { return values_; }  // to learn from
  [[nodiscard]] const std::vector<PairValue>& held_out() const noexcept { return held_out_; }
  [[nodiscard]] const TruthTable& truth() const noexcept { return truth_; }           // items, then contexts
  [[nodiscard]] const std::vector<char>& drifts() const noexcept { return drifts_; }  // per row of truth

 private:
  void draw_value(std::uint32_t item);

  GaussianStreamOptions options_;
  Random random_;
  bool started_ = false;
  TruthTable truth_;
  std::vector<char> drifts_;
  std::vector<PairValue> values_;
  std::vector<PairValue> held_out_;
};

// G3: pairs drawn from p(j | i) proportional to base_j exp(u_i . v_j); base_j = 1/(j + 10), items as frequent as base.
// A share of the rows of each side moves by an Ornstein-Uhlenbeck step per slice. A twentieth of the pairs is held out,
// each with negatives drawn from the contexts' counts in what is not held out, to the power 3/4.
struct SkipGramStreamOptions {
  std::uint64_t seed = 11;
  std::uint32_t rows = 1000;
  std::uint32_t dimension = 8;
  double pairs_per_slice = 1e5;
  double drifting_share = .2;
  std::uint32_t negatives = 3;  // of a held-out pair
  double drift_radians = 0;     // above 0 the drifting rows turn coherently instead, as in G2
};

class SkipGramStream {
 public:
  explicit SkipGramStream(const SkipGramStreamOptions& options);
  // Moves the truth on (not before the first slice) and draws a slice. O(rows^2 d).
  void next();
  [[nodiscard]] const std::vector<PairCount>& pairs() const noexcept {
    return pairs_;
  }  // aggregated, by item and context
  [[nodiscard]] const std::vector<PairCount>& held_out() const noexcept { return held_out_; }  // weight 1 each
  [[nodiscard]] const std::vector<std::uint32_t>& held_out_negatives() const noexcept {
    return negatives_;
  }  // k a pair
  [[nodiscard]] const TruthTable& truth(Side side) const noexcept { return truth_[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const std::vector<char>& drifts(Side side) const noexcept {
    return drifts_[static_cast<std::size_t>(side)];
  }

 private:
  void move_truth();
  void draw_pairs();
  void draw_negatives();

  SkipGramStreamOptions options_;
  Random random_;
  bool started_ = false;
  std::array<TruthTable, 2> truth_;
  std::array<std::vector<char>, 2> drifts_;
  std::vector<double> base_;
  std::vector<PairCount> pairs_;
  std::vector<PairCount> held_out_;
  std::vector<std::uint32_t> negatives_;
};

}  // namespace gaugeline
