// One slice as the smoother holds it: both sides' rows, the observations, and what ties the rows to the slice before.
#pragma once

#include <array>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

#include "observations.hpp"
#include "owned_bytes.hpp"
#include "side.hpp"

namespace gaugeline {

template <class Scalar>
struct SmootherSide {
  SideRows<Scalar> rows;  // predicted is 0: the likelihood alone; reference: the prior mean of a chain that begins here
  std::span<std::uint32_t> starts;
  std::span<Observed> observations;
  std::span<RowIndex> previous;  // the same token's row in the slice before; no_row: its chain begins here
  std::span<Scalar> link;        // kappa, to the slice before; 0 where the chain begins
  std::span<Scalar> start;       // pi, should a chain begin here
  std::span<Scalar> smoothed;    // posterior precision

  [[nodiscard]] ObservedRows observed() const noexcept { return {starts, observations}; }
};

template <class Scalar>
struct SmootherSlice {
  OwnedBytes memory;
  std::array<SmootherSide<Scalar>, 2> sides;
  ValueState values;
  double time_units = 0;  // middle of the slice, since the middle of the first one
  Scalar retained = 1;    // a: what is left of a row from the slice before

  [[nodiscard]] SmootherSide<Scalar>& side(Side which) noexcept { return sides[static_cast<std::size_t>(which)]; }
  [[nodiscard]] const SmootherSide<Scalar>& side(Side which) const noexcept {
    return sides[static_cast<std::size_t>(which)];
  }
};

// The slice that a learner has just learnt, with the tables of its state; what ties it to the slice before is left
// open. `workbench` has the learner's room for observations. Errors as Smoother::append states them.
template <class Scalar>
[[nodiscard]] Expected<SmootherSlice<Scalar>> make_slice(const Options& options, const LearnerState<Scalar>& state,
                                                         const SliceView& view, Observations& workbench);

}  // namespace gaugeline
