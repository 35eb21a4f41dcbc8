// What a .slices file begins with; the rest of it are records (record.hpp). Byte level: docs/formats.md.
#pragma once

#include "record.hpp"

namespace gaugeline::formats {

inline constexpr RecordFileKind slices_file{.magic = "gaugeslc", .version = 1, .name = "a .slices file"};

}  // namespace gaugeline::formats
