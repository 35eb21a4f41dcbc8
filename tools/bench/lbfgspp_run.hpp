// LBFGSpp (Yixuan Qiu, MIT licence; Debian's liblbfgspp-dev) on the joint problem, beside gaugeline's own L-BFGS. It is
// compiled in where its header is found.
#pragma once

#include <cstdint>
#include <optional>

#include <gaugeline/optimizers.hpp>

namespace gaugeline::bench {

enum class LineSearch : std::uint8_t { armijo, strong_wolfe };

struct PeerRun {
  OptimizerProgress end;  // iterations are not counted
  // Evaluations when the loss was first at each level.
  std::optional<std::uint64_t> to_first_level, to_second_level;
  int failed_searches = 0;  // each is an exception
};

[[nodiscard]] bool has_lbfgspp() noexcept;

// 10 pairs, started anew every 50 iterations after a gauge step (if there is one). A failed line search ends a start
// early, and the run at the second one without a gain.
[[nodiscard]] PeerRun run_lbfgspp(const JointProblem& problem, LineSearch search, GaugeStep* gauge, double first_level,
                                  double second_level, std::uint64_t budget, DoubleTable& z);

}  // namespace gaugeline::bench
