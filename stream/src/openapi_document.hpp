// docs/openapi.json, as it was when the program was built.
#pragma once

#include <string_view>

namespace gaugeline::stream {

[[nodiscard]] std::string_view openapi_document() noexcept;

}  // namespace gaugeline::stream
