// The anchor: a slow reference that keeps the frame where it is for thousands of slices.
//
// Alignment to the last slice bounds what a slice moves the frame, not what all of them add up to: the errors of static
// rows add up as a random walk, and rows that move coherently drag the frame after them, slice by slice. So every row
// has an anchor a, the exponentially fading mean of where it was over the last anchor_memory time units T, and after
// the gauge step the rows in data are brought back onto their anchors by the one linear map that no likelihood sees,
//   u -> u R e^(E/5),   v -> v R e^(-E/5),   R in O(d), E symmetric: every u . v stays
//   R: the gauge step with reference a and weights w;
//   E: what undoes the stretches of u and v R against their anchors, to first order: it minimises
//      sum_items w |u R - a (I - E)|^2 + sum_contexts w |v R - a (I + E)|^2,
//      G E + E G = B + B^T,   G = sum w a^T a,   B = sum_items w a^T (a - u R) - sum_contexts w a^T (a - v R).
// R undoes the rotations of O(d), E the stretches of GL(d), a fifth of them per slice: the prior of a slice is not
// blind to them. The eigenvalues of E are cut at +-.5. The tables are compared with a stretch of the anchors and not
// the other way round: an anchor, being a mean, is shorter than the rows that made it, and on one side more than on the
// other.
//
// The weights are robust (Welsch, redescending; Holland & Welsch 1977): with q = p |z - a|^2, p the posterior
// precision,
//   w = p exp(-q / (6 median q)),   the median over the side's rows,
// so that a row that has left its anchor pulls nothing, as long as fewer than half of a side's rows in data have.
// Rows that the slice says nothing about neither weigh nor move: nothing has taken them out of the frame.
//
// Nothing is done as long as the anchors say nothing, sum w |z - a|^2 > sum w |z|^2 / 4 on one of the sides: there is
// no frame to hold while the tables take shape, and their stretches have to settle.
//
// Everything is a matrix function of tables and anchors, so that turning both turns the result. O(rows d^2 + d^3).
#pragma once

#include <array>
#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "model.hpp"
#include "row_sums.hpp"

namespace gaugeline {

template <class Scalar>
class Anchor {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // Moves the anchors on by `elapsed` time units, during which the rows were where the reference has them.
  void follow(Model<Scalar>& model, double elapsed, Executor& executor) const noexcept;
  // Brings the rows in data onto their anchors. Returns the largest principal angle of R, the holonomy: what the steps
  // from slice to slice have left of the way from the anchors to here. 0 if nothing is done.
  [[nodiscard]] double hold(Model<Scalar>& model, RowSums<Scalar>& sums, Executor& executor) noexcept;

 private:
  enum Place : std::size_t {
    rotation,
    item_overlap,
    context_overlap,
    item_gram,
    context_gram,
    scratch,
    turned,
    places
  };
  using Matrix = Eigen::Map<Eigen::MatrixXd>;

  void follow(SideRows<Scalar>& side, double elapsed) const noexcept;
  [[nodiscard]] bool weigh(SideRows<Scalar>& side, std::span<Scalar> ordered) const noexcept;
  void add_up(const SideRows<Scalar>& side, Place overlap, Place gram, RowSums<Scalar>& sums,
              Executor& executor) noexcept;
  [[nodiscard]] bool find_stretch() noexcept;
  void move(Model<Scalar>& model, SideRows<Scalar>& side, double sign, Executor& executor) noexcept;
  [[nodiscard]] Matrix at(Place place) noexcept;

  std::size_t dimension_ = 0;
  double memory_ = 0;     // T
  double reversion_ = 0;  // theta: during `elapsed` the rows came from further out than the reference
  std::span<double> matrices_;
  std::span<double> eigenvalues_;
  std::span<double> work_;
  std::array<std::span<Scalar>, 2> ordered_;  // each side's q, for the median
};

extern template class Anchor<float>;
extern template class Anchor<double>;

}  // namespace gaugeline
