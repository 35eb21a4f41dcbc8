// Streams whose slices are all alike: the same tokens, the same number of observations, the same truth all along. So a
// learner that has seen a thousand slices has no more to do than one that has seen one.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/random.hpp>
#include <gaugeline/slice.hpp>
#include <support/tokens.hpp>

namespace gaugeline::bench {

// Room for exactly what the slices hold.
[[nodiscard]] inline Options with_room(Options options, std::uint32_t rows, std::uint32_t observations) {
  options.item_capacity = options.context_capacity = options.slice_token_capacity = rows;
  options.observation_capacity = observations;
  return options;
}

// On one thread; a slice that is refused ends the program.
inline void learn(OnlineLearner<float>& learner, const SliceView& slice) {
  SerialExecutor serial;
  if (const auto report = learner.learn(slice, serial); !report) {
    std::fprintf(stderr, "%s\n", std::string(report.error().message()).c_str());
    std::exit(1);
  }
}

// Sequences of twenty tokens. Every token belongs to one of ten topics; a token is drawn from its sequence's topic half
// of the time and from all else, in proportion to 1/(rank + 10). Every slice begins with each token once, so that there
// are as many words as rows, or more.
class TextStream {
 public:
  static constexpr std::uint32_t window = 5;

  TextStream(std::uint32_t rows, std::uint32_t words) : tokens_(testing::numbered_tokens("w", rows)), words_(words) {
    for (std::uint32_t row = 0; row < rows; ++row) {
      sum_ += 1. / (row + 10);
      sums_.push_back(sum_);
    }
  }
  // Of a slice, both ways round; equal ones count apart. Exact if `words` is a multiple of the length of a sequence.
  [[nodiscard]] static std::uint32_t pairs(std::uint32_t words) {
    return (words + sequence_length - 1) / sequence_length * window * (2 * sequence_length - window - 1);
  }

  SliceView next() {
    ids_.clear();
    ends_.clear();
    std::uint32_t topic = 0;
    while (ids_.size() < words_) {
      if (ids_.size() % sequence_length == 0) topic = static_cast<std::uint32_t>(random_.bits() % topics);
      ids_.push_back(ids_.size() < rows() ? static_cast<std::uint32_t>(ids_.size()) : draw(topic));
      if (ids_.size() % sequence_length == 0 || ids_.size() == words_)
        ends_.push_back(static_cast<std::uint32_t>(ids_.size()));
    }
    SliceView slice;
    slice.interval = testing::day(day_++);
    slice.item_tokens = tokens_.list();
    slice.contexts_are_items = true;
    slice.sequence_ids = ids_;
    slice.sequence_ends = ends_;
    slice.window = window;
    return slice;
  }

 private:
  static constexpr std::uint32_t topics = 10;
  static constexpr std::uint32_t sequence_length = 20;

  [[nodiscard]] std::uint32_t rows() const { return static_cast<std::uint32_t>(sums_.size()); }
  std::uint32_t draw(std::uint32_t topic) {
    const double at = random_.uniform() * sum_;
    const auto any =
        std::min(static_cast<std::uint32_t>(std::ranges::upper_bound(sums_, at) - sums_.begin()), rows() - 1);
    return random_.bits() % 2 == 0 ? any : std::min(any - any % topics + topic, rows() - 1);
  }

  testing::OwnedTokens tokens_;
  std::uint32_t words_;
  std::vector<double> sums_;
  double sum_ = 0;
  std::vector<std::uint32_t> ids_, ends_;
  Random random_{11};
  std::int64_t day_ = 0;
};

// y_ij = u_i . v_j + noise of .5 with rows of eight coordinates, for pairs drawn at random; the first name every row.
class ValueStream {
 public:
  ValueStream(std::uint32_t rows, std::uint32_t values) : tokens_(testing::numbered_tokens("row", rows)), rows_(rows) {
    values_.resize(values);
    for (std::size_t i = 0; i < 2 * rows * dimension; ++i)
      truth_.push_back(std::pow(static_cast<double>(dimension), -.25) * random_.normal());
  }

  SliceView next() {
    for (std::uint32_t n = 0; n < values_.size(); ++n) {
      const auto item = n < rows_ ? n : static_cast<std::uint32_t>(random_.bits() % rows_);
      const auto context = n < rows_ ? n : static_cast<std::uint32_t>(random_.bits() % rows_);
      double value = .5 * random_.normal();
      for (std::size_t k = 0; k < dimension; ++k)
        value += truth_[item * dimension + k] * truth_[(rows_ + context) * dimension + k];
      values_[n] = {item, context, static_cast<float>(value)};
    }
    SliceView slice;
    slice.interval = testing::day(day_++);
    slice.item_tokens = slice.context_tokens = tokens_.list();
    slice.values = values_;
    return slice;
  }

 private:
  static constexpr std::size_t dimension = 8;

  testing::OwnedTokens tokens_;
  std::size_t rows_;
  std::vector<double> truth_;
  std::vector<PairValue> values_;
  Random random_{11};
  std::int64_t day_ = 0;
};

}  // namespace gaugeline::bench
