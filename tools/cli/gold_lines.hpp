// Files of known answers: lines of fields, separated by tabs.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>

namespace gaugeline::cli {

using GoldLineTaker = std::function<Expected<>(std::span<const std::string_view> fields)>;

// Hands the fields of every line that is not empty to `take`. Stops at its first error, which is told as
// FILE:LINE: REASON.
[[nodiscard]] Expected<> read_gold_lines(const std::string& path, const GoldLineTaker& take);

}  // namespace gaugeline::cli
