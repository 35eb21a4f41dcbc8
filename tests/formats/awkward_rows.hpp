// Rows of embeddings at the ends of what float32 can hold.
#pragma once

#include <cstddef>
#include <limits>
#include <vector>

#include <gaugeline/random.hpp>

namespace gaugeline::test {

inline std::vector<std::vector<float>> awkward_rows(std::size_t dimension) {
  using limits = std::numeric_limits<float>;
  Random random(7);
  std::vector<std::vector<float>> rows{std::vector<float>(dimension)};
  // Of one size all over, and in one place beside small ones.
  for (const float size :
       {limits::max(), limits::lowest(), 1e30F, 1.F, 127.F, -1e-30F, limits::min(), 127 * limits::min(),
        126 * limits::min(), limits::denorm_min(), -1000 * limits::denorm_min()}) {
    rows.emplace_back(dimension, size);
    rows.emplace_back(dimension, limits::denorm_min()).back() = size;
    std::vector<float> mixed;
    for (std::size_t k = 0; k < dimension; ++k) mixed.push_back(static_cast<float>(2 * random.uniform() - 1) * size);
    rows.push_back(std::move(mixed));
  }
  for (int i = 0; i < 20; ++i) {
    std::vector<float> normal;
    for (std::size_t k = 0; k < dimension; ++k) normal.push_back(static_cast<float>(random.normal()));
    rows.push_back(std::move(normal));
  }
  return rows;
}

}  // namespace gaugeline::test
