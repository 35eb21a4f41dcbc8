// What ties the smoother's slices together: which rows are the same, how stiff their links are, where chains begin, and
// how sure all of it makes each row (smoother.hpp has the formulae).
#pragma once

#include <array>
#include <deque>
#include <span>
#include <vector>

#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

#include "chain_solver.hpp"
#include "smoother_slice.hpp"

namespace gaugeline {

template <class Scalar>
class SmootherTies {
 public:
  SmootherTies() = default;
  // `lagged`: chains begin at the filter's prediction; value_scale is the state's.
  SmootherTies(const Options& options, bool lagged, double value_scale) noexcept;
  // Ties the last slice, whose time_units stand, to the one before.
  void tie(std::deque<SmootherSlice<Scalar>>& slices, Side which) const noexcept;
  // Keeps the last slice's tables, which are still the filter's, and from which it predicts the next slice.
  void keep(const SmootherSlice<Scalar>& slice);

 private:
  struct Filtered {
    std::vector<Scalar> embeddings, precision;
    ColumnVector<Scalar> mean;  // of the rows that were in data: where a new row begins
  };
  [[nodiscard]] double diffusion_of(const SmootherSide<Scalar>& side, std::size_t row) const noexcept;
  [[nodiscard]] Scalar link(double diffusion, double elapsed, Scalar retained) const noexcept;
  void predict(SmootherSide<Scalar>& side, const Filtered& last, Scalar retained, double elapsed) const noexcept;

  std::size_t dimension_ = 0;
  double reversion_ = 0;
  double prior_ = 0;   // p0 in the unit of the rows
  double common_ = 0;  // D of all rows, where the filter's follows the scores: that one takes in its solver's noise
  bool lagged_ = false;
  std::array<Filtered, 2> filtered_;
};

// All chains of the side begin in this slice.
template <class Scalar>
void begin_chains(SmootherSide<Scalar>& side) noexcept;

// Rows whose chain begins in this slice are expected at the mean of the rows, in the slice before, that had been in
// data.
template <class Scalar>
void expect_new_rows(SmootherSide<Scalar>& side, const SideRows<Scalar>& before) noexcept;

// The posterior precision of every row in every slice given all data, per coordinate: what is known from before and
// from the slice itself, and from after, as if every slice's data had the precision h that its linearisation found.
// `forward` is work space, one number per slice.
template <class Scalar>
void update_precision(std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chains& chains,
                      std::span<Scalar> forward) noexcept;

extern template class SmootherTies<float>;
extern template class SmootherTies<double>;

}  // namespace gaugeline
