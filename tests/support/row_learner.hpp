// A learner of a simulated stream: the same rows, "row0", "row1", ..., on both sides, and a slice a day.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/online_learner.hpp>
#include <support/tokens.hpp>

namespace gaugeline::testing {

// Room for so many rows a side and observations a slice.
inline Options with_room(Options options, std::uint32_t rows, std::uint32_t observations) {
  options.item_capacity = options.context_capacity = options.slice_token_capacity = rows;
  options.observation_capacity = observations;
  return options;
}

template <class Scalar>
class RowLearner {
 public:
  RowLearner(const Options& options, std::uint32_t rows)
      : learner_(OnlineLearner<Scalar>::create(options).value()), tokens_(numbered_tokens("row", rows)) {}

  // Gives all rows to their tokens before they are seen; otherwise they come as they are used.
  void admit() { learner_.admit(tokens_.list(), tokens_.list()).value(); }

  SliceReport learn(std::span<const PairValue> values) {
    SliceView slice = next();
    slice.values = values;
    return learner_.learn(slice, serial_).value();
  }
  SliceReport learn(std::span<const PairCount> pairs) {
    SliceView slice = next();
    slice.pairs = pairs;
    return learner_.learn(slice, serial_).value();
  }

  [[nodiscard]] OnlineLearner<Scalar>& learner() { return learner_; }
  [[nodiscard]] LearnerState<Scalar> state() const { return learner_.state(); }

 private:
  SliceView next() {
    SliceView slice;
    slice.interval = day(day_++);
    slice.item_tokens = slice.context_tokens = tokens_.list();
    return slice;
  }

  OnlineLearner<Scalar> learner_;
  OwnedTokens tokens_;
  SerialExecutor serial_;
  std::int64_t day_ = 0;
};

}  // namespace gaugeline::testing
