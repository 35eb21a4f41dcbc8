// A distribution over indices, as running sums of weights.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include <gaugeline/random.hpp>

namespace gaugeline {

class Cumulative {
 public:
  void clear() { sums_.clear(); }
  void add(double weight) { sums_.push_back(total() + weight); }
  [[nodiscard]] double total() const { return sums_.empty() ? 0 : sums_.back(); }
  [[nodiscard]] std::uint32_t draw(Random& random) const {
    const auto found = std::ranges::lower_bound(sums_, random.uniform() * total());
    return static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(found - sums_.begin(), std::ssize(sums_) - 1));
  }

 private:
  std::vector<double> sums_;
};

}  // namespace gaugeline
