// The smoother's loss (smoother.hpp), with exact sums over negatives, up to a constant.
#pragma once

#include <deque>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "smoother_slice.hpp"

namespace gaugeline {

// The same for any number of workers. Memory: one number per task.
template <class Scalar>
[[nodiscard]] double smoother_loss(const std::deque<SmootherSlice<Scalar>>& slices, const Options& options,
                                   Executor& executor);

}  // namespace gaugeline
