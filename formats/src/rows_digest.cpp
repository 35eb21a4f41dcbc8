#include <array>

#include <gaugeline/formats/delta.hpp>

#include "checksum.hpp"
#include "row_columns.hpp"

namespace gaugeline::formats {

std::uint64_t rows_digest(const SnapshotView& snapshot) noexcept {
  constexpr std::size_t per_side = 4 + column_count;
  std::array<std::uint64_t, 2 * per_side + 1> sums{};
  std::size_t count = 0;
  sums[count++] = snapshot.state.dimension;
  for (const Side which : both_sides) {
    const SideState<float>& side = snapshot.state[which];
    for (const auto bytes : {std::as_bytes(side.tokens.bytes()), std::as_bytes(side.tokens.ends()),
                             std::as_bytes(numbers(side.embeddings)), std::as_bytes(numbers(side.anchor))})
      sums[count++] = checksum(bytes);
    for (const WordColumn& column : word_columns(side)) sums[count++] = checksum(column.bytes());
  }
  return checksum(std::as_bytes(std::span(sums)));
}

}  // namespace gaugeline::formats
