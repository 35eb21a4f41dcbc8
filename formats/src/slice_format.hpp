// The versions of schema/slice.fbs. It rises when a reader that does not know a new field would misread the slice. A
// slice is written in the lowest version that says what it holds, so that readers of that version take it.
#pragma once

#include <cstdint>

#include <gaugeline/slice.hpp>

namespace gaugeline::formats {

inline constexpr std::uint32_t first_slice_version = 1;
inline constexpr std::uint32_t falling_window_version = 2;  // brought window_falls
inline constexpr std::uint32_t latest_slice_version = falling_window_version;

[[nodiscard]] constexpr std::uint32_t slice_version_for(WindowWeights weights) noexcept {
  return weights == WindowWeights::falling ? falling_window_version : first_slice_version;
}

}  // namespace gaugeline::formats
