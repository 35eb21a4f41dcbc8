// How JSON names the values of Evidence, in their order.
#pragma once

#include <array>
#include <string_view>

namespace gaugeline::stream {

inline constexpr std::array<std::string_view, 5> evidence_names{"sufficient", "few_uses", "few_items", "few_slices",
                                                                "smoothed"};

}  // namespace gaugeline::stream
