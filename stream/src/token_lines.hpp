// The text of a file of tokens (access.hpp).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

// At least one. bad_data: "line N: ..." where a token is none.
[[nodiscard]] Expected<std::vector<std::string_view>> parse_tokens(std::string_view text);

}  // namespace gaugeline::stream
