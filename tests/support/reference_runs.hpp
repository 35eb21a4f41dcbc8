// The reference cases G2 and G3 (docs/algorithm.md) run through the public interface of the learner.
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include <gaugeline/likelihood.hpp>
#include <gaugeline/simulate.hpp>
#include <support/row_learner.hpp>

namespace gaugeline::testing {

using DenseTable = Eigen::MatrixXd;  // rows x dimension

template <class Scalar>
DenseTable stacked(const LearnerState<Scalar>& state) {
  DenseTable z(state.items.embeddings.rows() + state.contexts.embeddings.rows(), state.dimension);
  z << state.items.embeddings.template cast<double>(), state.contexts.embeddings.template cast<double>();
  return z;
}

// How often a row with y = 1 scores above one with y = 0.
inline double area_under_curve(const std::vector<double>& scores, const std::vector<char>& y) {
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return scores[i]; });
  double ranks = 0;
  double positives = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    if (y[order[k]] == 0) continue;
    ranks += static_cast<double>(k) + 1;
    positives += 1;
  }
  return (ranks - positives * (positives + 1) / 2) / (positives * (static_cast<double>(scores.size()) - positives));
}

struct StreamResult {
  double prequential = 0;     // G2: mean of -(y - x)^2 / (2 sigma^2); G3: mean loss per held-out pair
  double static_drift = 0;    // sum |z_T - z_b|^2 / sum |.|^2 over rows that do not move
  double area = 0;            // of the rows that move against the others, by displacement
  double true_positives = 0;  // share of moving rows displaced more than twice the median
  double false_positives = 0;
};

inline Options gaussian_reference_options(std::uint64_t seed) {
  Options options = Options::gaussian();
  options.dimension = 10;
  options.seed = seed + 1000;
  options.noise_deviation = .5F;    // the truth's ...
  options.offsets = Offsets::none;  // ... which has neither mean nor offsets
  options.anchor_memory = 0;        // the reference has none
  return with_room(options, 200, 20000);
}

template <class Scalar>
StreamResult run_gaussian_reference(const GaussianStreamOptions& stream_options, const Options& options) {
  constexpr int slices = 40;
  constexpr int base_slice = 10;
  GaussianStream stream(stream_options);
  RowLearner<Scalar> learner(options, stream_options.rows);
  learner.admit();
  StreamResult result;
  DenseTable base;
  TruthTable truth;
  double scored = 0;
  for (int t = 0; t < slices; ++t) {
    stream.next();
    if (t >= base_slice) {
      const auto state = learner.state();
      for (const auto* part : {&stream.values(), &stream.held_out()}) {
        for (const PairValue& v : *part) {
          // With training values and held-out ones alike: the model has seen neither.
          const double x =
              static_cast<double>(state.items.embeddings.row(v.item).dot(state.contexts.embeddings.row(v.context)));
          const double z = (static_cast<double>(v.value) - x) / stream_options.noise_deviation;
          result.prequential -= .5 * z * z;
          scored += 1;
        }
      }
    }
    learner.learn(stream.values());
    if (t == base_slice) {
      base = stacked(learner.state());
      truth = stream.truth();
    }
  }
  result.prequential /= scored;
  const DenseTable last = stacked(learner.state());
  std::vector<double> moved;
  double drift = 0;
  double norm = 0;
  for (Eigen::Index i = 0; i < last.rows(); ++i) {
    moved.push_back((last.row(i) - base.row(i)).norm());
    if (stream.drifts()[static_cast<std::size_t>(i)] != 0) continue;
    drift += moved.back() * moved.back();
    norm += truth.row(i).squaredNorm();
  }
  result.static_drift = drift / norm;
  result.area = area_under_curve(moved, stream.drifts());
  std::vector<double> sorted = moved;
  std::ranges::sort(sorted);
  double counts[2][2] = {};
  for (std::size_t i = 0; i < moved.size(); ++i)
    counts[stream.drifts()[i] != 0 ? 1 : 0][moved[i] > 2 * sorted[sorted.size() / 2] ? 1 : 0] += 1;
  result.true_positives = counts[1][1] / (counts[1][0] + counts[1][1]);
  result.false_positives = counts[0][1] / (counts[0][0] + counts[0][1]);
  return result;
}

inline Options skipgram_reference_options(std::uint64_t seed) {
  Options options = Options::skipgram();
  options.dimension = 16;
  options.seed = seed + 1000;
  options.negatives = 3;
  options.diffusion = 1e-2F;
  options.diffusion_rate = .1F;
  options.diffusion_min = 1e-6F;
  options.diffusion_max = .3F;
  options.count_decay = 0;    // negatives of the slice
  options.anchor_memory = 0;  // the reference has none
  options.conjugate_gradient_steps = 3;
  options.negative_head = 1000;  // all of them, exactly
  return with_room(options, 1000, 200000);
}

template <class Scalar>
StreamResult run_skipgram_reference(std::uint64_t seed, const Options& options) {
  constexpr int slices = 12;
  constexpr int base_slice = 2;
  SkipGramStreamOptions stream_options;
  stream_options.seed = seed;
  SkipGramStream stream(stream_options);
  RowLearner<Scalar> learner(options, stream_options.rows);
  learner.admit();
  StreamResult result;
  DenseTable base;
  double scored = 0;
  const std::size_t k = stream_options.negatives;
  for (int t = 0; t < slices; ++t) {
    stream.next();
    if (t > base_slice) {
      const auto state = learner.state();
      for (std::size_t h = 0; h < stream.held_out().size(); ++h) {
        const auto z = state.items.embeddings.row(stream.held_out()[h].item);
        const auto score = [&](std::uint32_t context) {
          return static_cast<double>(z.dot(state.contexts.embeddings.row(context)));
        };
        result.prequential -= log_logistic(score(stream.held_out()[h].context));
        for (std::size_t x = 0; x < k; ++x)
          result.prequential -= log_logistic(-score(stream.held_out_negatives()[h * k + x]));
        scored += 1;
      }
    }
    learner.learn(stream.pairs());
    if (t == base_slice) base = stacked(learner.state());
  }
  result.prequential /= scored;
  const DenseTable last = stacked(learner.state());
  std::vector<double> moved;
  std::vector<char> moves;
  double drift = 0;
  double norm = 0;
  for (Eigen::Index i = 0; i < 500; ++i) {  // the commoner half of the items
    const bool drifts = stream.drifts(Side::items)[static_cast<std::size_t>(i)] != 0;
    moved.push_back(1 - last.row(i).dot(base.row(i)) / (last.row(i).norm() * base.row(i).norm()));
    moves.push_back(drifts ? 1 : 0);
    if (drifts) continue;
    drift += (last.row(i) - base.row(i)).squaredNorm();
    norm += base.row(i).squaredNorm();
  }
  result.static_drift = drift / norm;
  result.area = area_under_curve(moved, moves);
  return result;
}

}  // namespace gaugeline::testing
