// The version of schema/slice.fbs. It rises when a reader that does not know a new field would misread the slice.
#pragma once

#include <cstdint>

namespace gaugeline::formats {

inline constexpr std::uint32_t slice_format_version = 1;

}  // namespace gaugeline::formats
