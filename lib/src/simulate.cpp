#include <gaugeline/simulate.hpp>

#include <algorithm>
#include <cmath>
#include <span>

#include "cumulative.hpp"
#include "simulated_pairs.hpp"

namespace gaugeline {
namespace {

// The shares and sizes below define the reference cases; docs/algorithm.md quotes results for them.
constexpr double held_out_share_of_values = .1;
constexpr double held_out_share_of_pairs = .05;
constexpr double skipgram_step = .2;  // of a drifting row per slice, in units of its spread

TruthTable normal_table(Random& random, std::uint32_t rows, std::uint32_t dimension, double scale) {
  TruthTable table(rows, dimension);
  for (Eigen::Index i = 0; i < table.rows(); ++i) {
    for (Eigen::Index k = 0; k < table.cols(); ++k) table(i, k) = scale * random.normal();
  }
  return table;
}

std::vector<char> drawn_flags(Random& random, std::size_t count, double share) {
  std::vector<char> flags(count);
  for (char& flag : flags) flag = random.uniform() < share ? 1 : 0;
  return flags;
}

// Scores u . v have a spread of about 1 if rows have this one per coordinate.
double unit_score_scale(std::uint32_t dimension) { return std::pow(dimension, -.25); }

void turn_in_planes(TruthTable& truth, Eigen::Index row, double angle) {
  const double c = std::cos(angle);
  const double s = std::sin(angle);
  for (Eigen::Index k = 0; k + 1 < truth.cols(); k += 2) {
    const double x = truth(row, k);
    const double y = truth(row, k + 1);
    truth(row, k) = c * x - s * y;
    truth(row, k + 1) = s * x + c * y;
  }
}

}  // namespace

GaussianStream::GaussianStream(const GaussianStreamOptions& options)
    : options_(options),
      random_(options.seed),
      truth_(normal_table(random_, 2 * options.rows, options.dimension, unit_score_scale(options.dimension))),
      drifts_(drawn_flags(random_, 2 * std::size_t{options.rows}, options.drifting_share)) {}

void GaussianStream::next() {
  if (started_) {
    for (std::size_t row = 0; row < drifts_.size(); ++row) {
      if (drifts_[row] != 0) turn_in_planes(truth_, static_cast<Eigen::Index>(row), options_.drift_radians);
    }
  }
  started_ = true;
  values_.clear();
  held_out_.clear();
  for (std::uint32_t item = 0; item < options_.rows; ++item) {
    for (std::uint32_t n = 0; n < options_.values_per_item; ++n) draw_value(item);
  }
}

void GaussianStream::draw_value(std::uint32_t item) {
  const auto context = static_cast<std::uint32_t>(random_.uniform() * options_.rows);
  const double noise = options_.noise_deviation * random_.normal();
  const double value = truth_.row(item).dot(truth_.row(options_.rows + context)) + noise;
  auto& destination = random_.uniform() < held_out_share_of_values ? held_out_ : values_;
  destination.push_back({.item = item, .context = context, .value = static_cast<float>(value)});
}

SkipGramStream::SkipGramStream(const SkipGramStreamOptions& options) : options_(options), random_(options.seed) {
  const double scale = skipgram_scale * unit_score_scale(options.dimension);
  for (TruthTable& table : truth_) table = normal_table(random_, options.rows, options.dimension, scale);
  for (auto& flags : drifts_) flags = drawn_flags(random_, options.rows, options.drifting_share);
  for (std::uint32_t j = 0; j < options.rows; ++j) base_.push_back(1 / (j + frequency_offset));
}

void SkipGramStream::next() {
  if (started_) move_truth();
  started_ = true;
  draw_pairs();
  draw_negatives();
}

void SkipGramStream::move_truth() {
  const double kept = std::sqrt(1 - skipgram_step * skipgram_step);
  const double scale = skipgram_scale * unit_score_scale(options_.dimension);
  for (std::size_t side = 0; side < truth_.size(); ++side) {
    for (std::uint32_t row = 0; row < options_.rows; ++row) {
      if (drifts_[side][row] == 0) continue;
      if (options_.drift_radians > 0) {
        turn_in_planes(truth_[side], row, options_.drift_radians);
        continue;
      }
      for (double& x : truth_[side].row(row)) x = kept * x + skipgram_step * scale * random_.normal();
    }
  }
}

void SkipGramStream::draw_pairs() {
  pairs_.clear();
  held_out_.clear();
  double base_sum = 0;
  for (const double base : base_) base_sum += base;
  Cumulative contexts;
  std::vector<float> counts(options_.rows);
  for (std::uint32_t item = 0; item < options_.rows; ++item) {
    contexts.clear();
    for (std::uint32_t j = 0; j < options_.rows; ++j) {
      const double score = truth_[0].row(item).dot(truth_[1].row(j));
      contexts.add(base_[j] * std::exp(std::min(largest_score, score)));
    }
    std::ranges::fill(counts, 0.0F);
    const std::int64_t draws = std::llround(options_.pairs_per_slice * base_[item] / base_sum);
    for (std::int64_t n = 0; n < draws; ++n) {
      const std::uint32_t context = contexts.draw(random_);
      if (random_.uniform() < held_out_share_of_pairs) {
        held_out_.push_back({.item = item, .context = context, .weight = 1});
      } else {
        counts[context] += 1;
      }
    }
    for (std::uint32_t j = 0; j < options_.rows; ++j) {
      if (counts[j] > 0) pairs_.push_back({.item = item, .context = j, .weight = counts[j]});
    }
  }
}

void SkipGramStream::draw_negatives() {
  std::vector<double> counts(options_.rows);
  for (const PairCount& pair : pairs_) counts[pair.context] += static_cast<double>(pair.weight);
  Cumulative contexts;
  for (const double count : counts) contexts.add(std::pow(count, .75));
  negatives_.clear();
  for (std::size_t n = 0; n < held_out_.size() * options_.negatives; ++n) negatives_.push_back(contexts.draw(random_));
}

}  // namespace gaugeline
