// The smoother: every slice is estimated from all data, those of later slices too. The joint problem over the slices
// that it holds (docs/gauge.md; joint_problem.hpp states it with one coupling for all rows):
//
//   L = sum_t l_t(Z_t) + sum_i [ pi_i/2 |z_i,s - ref_i|^2 + sum_t>s kappa_it/2 |z_it - a_t z_i,t-1|^2 ],
//
// where row i has a chain of slices s, s + 1, ... and D_i is the state's, or Options::diffusion where the state's
// follows the scores (that one steers the filter's gain, which knows no later data; docs/experiments.md): kappa_it =
// 1/(D_i dt) and a = 1 for the random walk, p0/(1 - a^2) and a = e^(-theta dt) for mean reversion. pi and ref are the
// prior where the chain begins. All data: pi = p0, ref = 0 in the first slice, and later the mean of the rows that had
// been in data, as they stand in the slice before when a sweep begins. Fixed lag: the filter's prediction.
//
// Solved without a learning rate, one side in turn given the other: then the rows are independent, and a row's loss in
// all slices is bounded by one quadratic (as in the filter; docs/algorithm.md, section 3) that is block tridiagonal in
// time. It is minimised by conjugate gradient, preconditioned by exact solutions of its tridiagonal parts in a common
// eigenbasis of the negatives: a Kalman smoother per row and direction, so that nothing has to travel from slice to
// slice. The slow modes in time that first-order methods crawl along are among what is solved exactly.
//
// The filter's output is the input: the learner's state after each slice, and the slice. Rows are the states' rows.
// Equivariant as the filter is. The result is the same, bit for bit, for any number of workers.
//
// Memory: bytes() says how much; one allocation per slice, of what it holds, and one for the work. Thread-safety: none.
// Cost of a sweep: as the filter's of all slices, and O(rows slices d^2) per step of conjugate gradient.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include <Eigen/Core>

#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline {

struct SmootherOptions {
  std::uint32_t lag = 0;  // slices held at a time; 0: all
  std::uint32_t conjugate_gradient_steps = 4;
  GaugeFixing gauge = GaugeFixing::procrustes;  // of all slices; with a lag the prior holds the frame
};

// What one sweep did.
struct SmootherProgress {
  double moved = 0;           // root of sum |z - z before|^2 over sum |z|^2, over both sides and all slices
  double rotation_angle = 0;  // radians: the largest by which the gauge step before the sweep turned a slice
};

// What the smoother believes of one side's rows in one slice, in the order of the state that it was given.
template <class Scalar>
struct SmoothedRows {
  ConstTable<Scalar> embeddings{nullptr, 0, 0};
  std::span<const Scalar> precision;  // posterior given all data, per coordinate; stands since the last sweep
};

template <class Scalar>  // float or double
class Smoother {
 public:
  // `options` are those of the learner. ErrorCode::invalid_argument if they are out of range, or couple nothing.
  [[nodiscard]] static Expected<Smoother> create(const Options& options, const SmootherOptions& smoothing = {});
  Smoother(Smoother&&) noexcept;
  Smoother& operator=(Smoother&&) noexcept;
  ~Smoother();

  // Takes the next slice: the learner's state just after it learnt it, whose tables are the start. With a lag the
  // oldest slice goes when there are more. An error leaves the smoother as it was: bad_data or capacity_exceeded as the
  // learner has them, invalid_argument if the state does not fit the options or has no slice, out_of_order if it is not
  // that of the slice after the last one, out_of_memory.
  [[nodiscard]] Expected<> append(const LearnerState<Scalar>& state, const SliceView& slice);

  // Throws the start away: every slice gets a random one of its own, N(0, 0.25/d) per coordinate. Then only gauge steps
  // bring the slices' frames together.
  void start_at_random(std::uint64_t seed) noexcept;

  // Turns everything: Z_t <- Z_t R for all t, R orthogonal. No loss and no precision changes. States that are appended
  // afterwards are not turned: this comes after the last one.
  void rotate(const Eigen::Ref<const Eigen::MatrixXd>& rotation) noexcept;

  // Fixes the gauge by exact transport along the slices (gauge_fixing.hpp), then improves all rows of
  // both sides in all slices. With exact sums over negatives (no more rows than head and tail) L never rises, given
  // ref. ErrorCode::out_of_memory, before anything moves.
  [[nodiscard]] Expected<SmootherProgress> sweep(Executor& executor);

  // L, up to a constant, with exact sums over negatives. O(items contexts d) a slice.
  [[nodiscard]] double loss(Executor& executor) const;

  [[nodiscard]] std::size_t size() const noexcept;                                       // slices held
  [[nodiscard]] std::uint64_t first() const noexcept;                                    // number of the first one
  [[nodiscard]] SmoothedRows<Scalar> rows(std::size_t slice, Side side) const noexcept;  // slice < size()
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  class Impl;
  explicit Smoother(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

extern template class Smoother<float>;
extern template class Smoother<double>;

}  // namespace gaugeline
