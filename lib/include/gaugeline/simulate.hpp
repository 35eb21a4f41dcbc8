// Synthetic streams with a known truth: the reference cases G2 and G3 of docs/algorithm.md, draw for draw.
#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/slice.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline {

using TruthTable = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// G2: y_ij = u_i . v_j + noise. A share of the rows of both sides turns coherently, by drift_radians per slice in d/2
// planes; the others stand still.
struct GaussianStreamOptions {
  std::uint64_t seed = 11;
  std::uint32_t rows = 200;             // items, and as many contexts
  std::uint32_t dimension = 10;
  std::uint32_t values_per_item = 60;   // drawn per item and slice; a tenth of them is held out
  double drifting_share = .3;
  double drift_radians = .06;
  double noise_deviation = .5;
};

class GaussianStream {
 public:
  explicit GaussianStream(const GaussianStreamOptions& options);
  // Moves the truth on (not before the first slice) and draws a slice.
  void next();
  [[nodiscard]] const std::vector<PairValue>& values() const noexcept { return values_; }    // to learn from
  [[nodiscard]] const std::vector<PairValue>& held_out() const noexcept { return held_out_; }
  [[nodiscard]] const TruthTable& truth() const noexcept { return truth_; }                    // items, then contexts
  [[nodiscard]] const std::vector<char>& drifts() const noexcept { return drifts_; }           // per row of truth

 private:
  GaussianStreamOptions options_;
  std::uint64_t random_state_;
  bool started_ = false;
  TruthTable truth_;
  std::vector<char> drifts_;
  std::vector<PairValue> values_;
  std::vector<PairValue> held_out_;
};

// G3: pairs drawn from p(j | i) proportional to base_j exp(u_i . v_j); base_j = 1/(j + 10), items as frequent as base. A
// share of the rows of each side moves by an Ornstein-Uhlenbeck step per slice.
struct SkipGramStreamOptions {
  std::uint64_t seed = 11;
  std::uint32_t rows = 1000;
  std::uint32_t dimension = 8;
  double pairs_per_slice = 1e5;
  double drifting_share = .2;
  std::uint32_t negatives = 3;  // of a held-out pair
};

class SkipGramStream {
 public:
  explicit SkipGramStream(const SkipGramStreamOptions& options);
  void next();
  [[nodiscard]] const std::vector<PairCount>& pairs() const noexcept { return pairs_; }  // aggregated, by item and context
  [[nodiscard]] const std::vector<PairCount>& held_out() const noexcept { return held_out_; }  // weight 1 each
  [[nodiscard]] const std::vector<std::uint32_t>& held_out_negatives() const noexcept { return negatives_; }  // k a pair
  [[nodiscard]] const TruthTable& truth(Side side) const noexcept { return truth_[static_cast<int>(side)]; }
  [[nodiscard]] const std::vector<char>& drifts(Side side) const noexcept { return drifts_[static_cast<int>(side)]; }

 private:
  SkipGramStreamOptions options_;
  std::uint64_t random_state_;
  bool started_ = false;
  TruthTable truth_[2];
  std::vector<char> drifts_[2];
  std::vector<double> base_;
  std::vector<PairCount> pairs_;
  std::vector<PairCount> held_out_;
  std::vector<std::uint32_t> negatives_;
};

}  // namespace gaugeline
