#include "delta_columns.hpp"

#include <algorithm>
#include <cmath>

namespace gaugeline::formats {
namespace {

// What most of some rows were multiplied by; 1 if more of them stayed as they were.
float common_factor(const WordColumn& base, std::span<const RowIndex> base_rows, const WordColumn& target,
                    std::size_t first_row) {
  constexpr std::size_t looked_at = 1000;
  const std::size_t stride = std::max<std::size_t>(base_rows.size() / looked_at, 1);
  struct Pair {
    float before, now;
  };
  std::vector<Pair> pairs;
  std::vector<float> ratios;
  for (std::size_t i = 0; i < base_rows.size(); i += stride) {
    if (base_rows[i] == no_row) continue;
    const Pair pair{std::bit_cast<float>(base[base_rows[i]]), std::bit_cast<float>(target[first_row + i])};
    if (pair.before == 0) continue;
    pairs.push_back(pair);
    ratios.push_back(pair.now / pair.before);
  }
  std::ranges::sort(ratios);
  float factor = 1;
  std::size_t longest = 0;
  for (auto run = ratios.begin(); run != ratios.end();) {
    const auto end = std::upper_bound(run, ratios.end(), *run);
    if (const auto length = static_cast<std::size_t>(end - run); length > longest) {
      longest = length;
      factor = *run;
    }
    run = end;
  }
  if (!std::isfinite(factor) || factor <= 0) return 1;
  const auto fits = [&](float by) {
    return std::ranges::count_if(pairs, [=](Pair p) { return p.before * by == p.now; });
  };
  return fits(factor) > fits(1) ? factor : 1;
}

}  // namespace

std::vector<std::uint8_t> byte_planes(std::span<const std::uint32_t> numbers) {
  const std::size_t count = numbers.size();
  std::vector<std::uint8_t> planes(count * sizeof(std::uint32_t));
  for (std::size_t plane = 0; plane < sizeof(std::uint32_t); ++plane) {
    for (std::size_t i = 0; i < count; ++i)
      planes[plane * count + i] = static_cast<std::uint8_t>(numbers[i] >> (8 * plane));
  }
  return planes;
}

std::vector<std::uint32_t> undo_byte_planes(std::span<const std::uint8_t> planes) {
  const std::size_t count = planes.size() / sizeof(std::uint32_t);
  std::vector<std::uint32_t> numbers(count);
  for (std::size_t plane = 0; plane < sizeof(std::uint32_t); ++plane) {
    for (std::size_t i = 0; i < count; ++i) numbers[i] |= std::uint32_t{planes[plane * count + i]} << (8 * plane);
  }
  return numbers;
}

std::uint32_t predicted_word(const WordColumn& base, RowIndex base_row, float factor) noexcept {
  if (base_row == no_row) return 0;
  // One product, which every machine rounds alike.
  return factor == 1 ? base[base_row] : std::bit_cast<std::uint32_t>(std::bit_cast<float>(base[base_row]) * factor);
}

ColumnDifferences column_differences(const WordColumn& base, std::span<const RowIndex> base_rows,
                                     const WordColumn& target, std::size_t first_row) {
  ColumnDifferences result{.factor = common_factor(base, base_rows, target, first_row), .planes = {}};
  std::vector<std::uint32_t> differences(base_rows.size());
  for (std::size_t i = 0; i < base_rows.size(); ++i)
    differences[i] = difference(target[first_row + i], predicted_word(base, base_rows[i], result.factor));
  if (std::ranges::any_of(differences, [](std::uint32_t d) { return d != 0; }))
    result.planes = byte_planes(differences);
  return result;
}

}  // namespace gaugeline::formats
