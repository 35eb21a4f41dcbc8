// What the bounds on event time have cost between two moments: counted in the metrics, and told in the log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <gaugeline/stream/intake.hpp>

namespace gaugeline::stream {

struct IntakeLosses {
  std::uint64_t windows_closed_early = 0;  // by max_open_bytes
  std::uint64_t slices_dropped = 0;        // that would have passed formats::SliceLimits
  std::uint64_t sources_forgotten = 0;     // by max_sources
  std::uint64_t tokens_oversized = 0;      // longer than max_token_bytes
  std::string why_dropped = {};            // of the last of these slices
  friend bool operator==(const IntakeLosses&, const IntakeLosses&) = default;
};

[[nodiscard]] IntakeLosses losses_between(const IntakeCounts& before, const IntakeCounts& now);
// One for each kind that there is.
[[nodiscard]] std::vector<std::string> lines_of(const IntakeLosses& losses);

}  // namespace gaugeline::stream
