// Whether a run may go on with other options than it was begun with: not with those that change behaviour.
#pragma once

#include <gaugeline/error.hpp>
#include <gaugeline/options.hpp>

namespace gaugeline::stream {

// ErrorCode::invalid_argument names the first option of the group 'changes behaviour' that differs, and both values.
// Those of the group 'changes memory and speed only' may differ.
[[nodiscard]] Expected<> check_same_behaviour(const Options& begun_with, const Options& asked_for) noexcept;

}  // namespace gaugeline::stream
