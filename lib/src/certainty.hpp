// How sure the filter is of its rows: their precision predicted before a slice and updated after it, their diffusion,
// their faded counts and the variance under no movement (drift.hpp). Scalars per row, which do not turn with the frame.
// Rows from `first_new` on came with this slice. `elapsed`: time units since the last slice. O(rows d).
#pragma once

#include <gaugeline/slice.hpp>

#include "model.hpp"

namespace gaugeline {

// The Ornstein-Uhlenbeck prediction of the known rows; nothing for a random walk. Scores are those of the prediction,
// so it comes before them.
template <class Scalar>
void revert_to_mean(const Model<Scalar>& model, SideRows<Scalar>& side, std::size_t first_new, double elapsed) noexcept;

// Reference and precision of the prediction. A pass's step, rate/sqrt(E), takes the place of a gain, which is in
// proportion to the variance: so E falls as the square of the precision, and what may move more is moved more.
template <class Scalar>
void predict(const Model<Scalar>& model, SideRows<Scalar>& side, std::size_t first_new, double elapsed) noexcept;

// The data's precision where passes alone have solved the slice: what they added to E, the sum of |g|^2/d, is the
// information of its gradients (outer products in place of the curvature).
template <class Scalar>
void take_precision_of_passes(const Model<Scalar>& model, SideRows<Scalar>& side, std::size_t first_new) noexcept;

// The posterior, from the predicted precision and data_precision, once the rows lie where the slice has them.
template <class Scalar>
void update(Model<Scalar>& model, Side which, std::size_t first_new, const SliceView& slice, double elapsed) noexcept;

}  // namespace gaugeline
