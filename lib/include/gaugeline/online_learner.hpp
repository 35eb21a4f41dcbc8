// The filter: learns one time slice after another, and holds the coordinate frame still.
//
//   auto learner = OnlineLearner<float>::create(Options::skipgram());
//   SerialExecutor serial;
//   auto report = learner->learn(slice, serial);        // predict, score, solve, fix the gauge, update the posterior
//   auto state = learner->state();                      // tables and precisions, without a copy
//
// The model (docs/algorithm.md): items U, contexts V, Z stacks both; -log p = likelihood(U V^T) + sum_i p_i/2 |z_i -
// ref_i|^2, where p_i is the precision of row i's prediction, 1/(1/p + D dt), and ref the last slice's estimate.
//
// Invariants, tested in tests/laws: turning the state by any R in O(d) turns all later states by R (relative error of a
// row 1e-4 after ten slices in float, 1e-10 in double) and changes scores by rounding only. An empty slice changes
// precisions and nothing else. The result is the same, bit for bit, for any number of workers.
//
// Memory: all of it is reserved by create (memory_bytes(options) says how much); learn allocates nothing.
// Thread-safety: none; one learner belongs to one thread at a time. Const calls may run side by side.
// Cost of a slice: O((observations + active rows (head + tail)) d) per sweep, O(rows d^2 + d^3) for the gauge.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <Eigen/Core>

#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline {

// The size of the one allocation that OnlineLearner<Scalar>::create makes. 0 if the options are invalid.
template <class Scalar>
[[nodiscard]] std::size_t memory_bytes(const Options& options) noexcept;

template <class Scalar>  // float or double
class OnlineLearner {
 public:
  // Makes the one allocation.
  [[nodiscard]] static Expected<OnlineLearner> create(const Options& options) noexcept;
  // Uses the caller's memory: at least memory_bytes(options) bytes, aligned to 64, which must outlive the learner.
  [[nodiscard]] static Expected<OnlineLearner> create(const Options& options, std::span<std::byte> memory) noexcept;

  OnlineLearner(OnlineLearner&&) noexcept;
  OnlineLearner& operator=(OnlineLearner&&) noexcept;
  ~OnlineLearner();

  // Gives rows to tokens before they are seen: a fixed vocabulary, if admission_uses is 2^32 - 1. Known ones are left
  // as they are. Before the first slice the new rows start at random, N(0, 0.25/d) per coordinate; later, at the mean
  // of the rows seen so far.
  [[nodiscard]] Expected<> admit(const TokenList& items, const TokenList& contexts) noexcept;

  // Learns one slice. An error leaves the state as it was. Slices come in the order of time: begin at or after the end
  // of the last one, else ErrorCode::out_of_order.
  [[nodiscard]] Expected<SliceReport> learn(const SliceView& slice, Executor& executor) noexcept;

  // Takes tokens out of the state for good, on both sides: their rows with everything that SideState holds of them, and
  // the uses of those that wait for a row. Rows that stay keep theirs bit for bit and close up in their order, so that
  // row numbers change; mean, sigma and scale of values stay too. What other rows have learnt beside the tokens is in
  // their embeddings, and stays. A token that comes in a later slice is new, of another life (SideState::born).
  //
  // Returns how many of the tokens the state held anything of (holds()); each counts once. Unknown ones are no error.
  // If no row is left that was ever in data, the next data are learnt as the first ones are, random start included.
  // Cost: O(bytes of the tokens + rows d); no allocation.
  std::size_t forget(std::span<const std::string_view> tokens) noexcept;

  // Turns the whole state: Z <- Z R. R is orthogonal to 1e-6, else ErrorCode::invalid_argument.
  [[nodiscard]] Expected<> rotate(const Eigen::Ref<const Eigen::MatrixXd>& rotation) noexcept;

  // Valid until the next call that is not const.
  [[nodiscard]] LearnerState<Scalar> state() const noexcept;
  // Takes over a state that state() gave, of a learner with the same options. Checks shapes and finiteness.
  [[nodiscard]] Expected<> restore(const LearnerState<Scalar>& state) noexcept;

  // The row of a token, or no_row.
  [[nodiscard]] RowIndex find(Side side, std::string_view token) const noexcept;
  // True if the token has a row on a side, or uses that count towards one.
  [[nodiscard]] bool holds(std::string_view token) const noexcept;
  [[nodiscard]] const Options& options() const noexcept;

 private:
  class Impl;  // lies in the reserved memory
  friend std::size_t memory_bytes<Scalar>(const Options&) noexcept;
  OnlineLearner(Impl* impl, std::byte* owned) noexcept;
  Impl* impl_ = nullptr;
  std::byte* owned_ = nullptr;
};

extern template class OnlineLearner<float>;
extern template class OnlineLearner<double>;

}  // namespace gaugeline
