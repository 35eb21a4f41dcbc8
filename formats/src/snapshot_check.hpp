// Whether a snapshot means something: shapes that fit each other, figures in their ranges. Used before writing, so that
// nothing is published that cannot be read, and after reading.
#pragma once

#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

// The error (bad_data) names the field, the row and the figure. No allocation. O(rows d + d^3).
[[nodiscard]] Expected<> check_snapshot(const SnapshotView& snapshot) noexcept;

// That no token comes twice. Allocates a hash table.
[[nodiscard]] Expected<> check_distinct(const TokenList& tokens, std::string_view side);

}  // namespace gaugeline::formats
