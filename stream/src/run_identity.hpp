// What a run is called (formats::LineageView).
#pragma once

#include <string>

namespace gaugeline::stream {

// 128 random bits as 32 hexadecimal digits: two runs, on whatever machines, do not share one by chance.
[[nodiscard]] std::string draw_run_identity();

}  // namespace gaugeline::stream
