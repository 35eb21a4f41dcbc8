// Systematic draws of rows in proportion to weights: one uniform start, then equal steps through the cumulative
// weights, so that a row is drawn as often as its weight says to within one.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "arena.hpp"

namespace gaugeline {

class SystematicDraws {
 public:
  void reserve(Arena& arena, std::size_t rows) noexcept {
    cumulative_ = arena.take<double>(rows);
    guide_ = arena.take<std::uint32_t>(rows);
  }

  // Of `count` places, with weight_of(k) >= 0 and, if there are any, a positive sum.
  template <class WeightOf>
  void set(std::size_t count, const WeightOf& weight_of) noexcept {
    count_ = count;
    if (count == 0) return;
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) cumulative_[k] = sum += static_cast<double>(weight_of(k));
    per_guide_ = sum / static_cast<double>(count);
    guides_per_weight_ = static_cast<double>(count) / sum;
    std::uint32_t place = 0;
    for (std::size_t g = 0; g < count; ++g) {
      while (place + 1 < count && cumulative_[place] <= static_cast<double>(g) * per_guide_) ++place;
      guide_[g] = place;
    }
  }

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] double total() const noexcept { return cumulative_[count_ - 1]; }

  // visit(k, place) for k < draws, by rising places; `start` is in [0, 1). Places without weight are never drawn.
  template <class Visit>
  void draw(std::size_t draws, double start, const Visit& visit) const noexcept {
    const double step = total() / static_cast<double>(draws);
    std::size_t place = 0;
    for (std::size_t k = 0; k < draws; ++k) {
      const double position = (static_cast<double>(k) + start) * step;
      const auto guide = static_cast<std::size_t>(position * guides_per_weight_);
      place = std::max<std::size_t>(place, guide_[std::min(guide, count_ - 1)]);
      while (place + 1 < count_ && cumulative_[place] <= position) ++place;
      visit(k, place);
    }
  }

 private:
  std::size_t count_ = 0;
  std::span<double> cumulative_;
  std::span<std::uint32_t> guide_;  // [g]: the first place with a cumulative weight above g per_guide_
  double per_guide_ = 0, guides_per_weight_ = 0;
};

}  // namespace gaugeline
