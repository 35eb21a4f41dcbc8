// Text that is drawn at random: what `bench` learns when it is given none.
#pragma once

#include <filesystem>

#include <gaugeline/error.hpp>

namespace gaugeline::cli {

// Twelve months of 1,000 events, each of 20 tokens of 5,000. Every token belongs to one of 50 topics; half of an
// event's tokens are of its own topic, the others of all, in proportion to 1/(rank + 10). The same on every machine.
[[nodiscard]] Expected<> write_synthetic_events(const std::filesystem::path& file);

}  // namespace gaugeline::cli
