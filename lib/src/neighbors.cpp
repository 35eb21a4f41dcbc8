#include <gaugeline/neighbors.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "similarity_kernels.hpp"

namespace gaugeline {
namespace {

using kernels::RowFigures;

// Of a and b, squared norms above 0. Rounding may leave the cosine of parallel vectors a little above 1. The product of
// the norms is exact in double, so that a vector is exactly as similar to itself as can be: sqrt(a a) = a.
float cosine(float dot, float a, float b) noexcept {
  return std::clamp(dot / static_cast<float>(std::sqrt(static_cast<double>(a) * static_cast<double>(b))), -1.0F, 1.0F);
}

bool has_direction(float squared_norm) noexcept { return squared_norm > 0 && std::isfinite(squared_norm); }

// |x|^2, added up as the kernels add up those of a table's rows.
float squared_norm(std::span<const float> x) noexcept {
  RowFigures dots, norms;
  const float* const vector = x.data();
  kernels::similarity_sums({&dots, 1}, norms, {&vector, 1}, {x.data(), 1, x.size()});
  return norms[0];
}

// The order of a result: more similar first, then the lower row.
bool better(const Neighbor& a, const Neighbor& b) noexcept {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
}

// The best rows so far of one query, as a heap with the worst of them in front.
class BestRows {
 public:
  BestRows() noexcept = default;
  explicit BestRows(const NeighborQuery& query) noexcept
      : room_(query.found), except_(query.except), squared_norm_(squared_norm(query.vector)) {}

  [[nodiscard]] bool idle() const noexcept { return room_.empty() || !has_direction(squared_norm_); }

  // Rows first, first + 1, ..., in rising order of calls.
  void offer(const RowFigures& dots, const RowFigures& norms, std::size_t first, std::size_t count,
             std::span<const char> skip) noexcept {
    if (!kernels::any_above(dots, norms, bound_)) return;
    for (std::size_t r = 0; r < count; ++r) {
      if (may_enter(dots[r], norms[r]) && (skip.empty() || skip[first + r] == 0)) offer(first + r, dots[r], norms[r]);
    }
  }
  std::size_t finish() noexcept {
    std::sort_heap(room_.begin(), end(), better);
    return count_;
  }

 private:
  [[nodiscard]] bool may_enter(float dot, float norm) const noexcept {
    const auto wide = static_cast<double>(dot);
    return wide * std::abs(wide) > bound_ * static_cast<double>(norm);
  }

  void offer(std::size_t row, float dot, float norm) noexcept {
    if (row == except_ || !has_direction(norm)) return;
    const Neighbor candidate{static_cast<RowIndex>(row), cosine(dot, norm, squared_norm_)};
    if (count_ < room_.size()) {
      room_[count_++] = candidate;
    } else if (better(candidate, room_.front())) {
      std::pop_heap(room_.begin(), end(), better);
      room_.back() = candidate;
    } else {
      return;
    }
    std::push_heap(room_.begin(), end(), better);
    set_bound();
  }

  // A row can only enter if dot |dot| > bound norm: what a similarity above the worst kept implies without a root or a
  // quotient, in double, where no square overflows or vanishes. The bound lies below by far more than the rounding of
  // similarities, 2^-22, but where the root of two tiny norms would be subnormal: then there is none.
  void set_bound() noexcept {
    constexpr double slack = 1e-6;
    constexpr float tiny = 0x1p-100F;  // its product with the least float, 2^-149, has a normal root
    if (count_ < room_.size() || squared_norm_ < tiny) return;
    const auto worst = static_cast<double>(room_.front().similarity);
    const double below = worst - slack;
    bound_ = worst < 1 ? below * std::abs(below) * static_cast<double>(squared_norm_) : -no_bound;
  }

  [[nodiscard]] std::span<Neighbor>::iterator end() const noexcept {
    return room_.begin() + static_cast<std::ptrdiff_t>(count_);
  }

  static constexpr double no_bound = -std::numeric_limits<double>::infinity();

  std::span<Neighbor> room_;
  std::size_t count_ = 0;
  RowIndex except_ = no_row;
  float squared_norm_ = 0;
  double bound_ = no_bound;
};

bool all_skipped(std::span<const char> skip, std::size_t first, std::size_t count) noexcept {
  return !skip.empty() && std::ranges::none_of(skip.subspan(first, count), [](char c) { return c == 0; });
}

// At most queries_at_once of them, in one read of the table.
void search(const ConstTable<float>& table, std::span<NeighborQuery> queries, std::span<const char> skip,
            std::span<RowFigures> dots) noexcept {
  std::array<const float*, kernels::queries_at_once> vectors{};
  std::array<BestRows, kernels::queries_at_once> best;
  std::array<NeighborQuery*, kernels::queries_at_once> asked{};
  std::size_t count = 0;
  for (NeighborQuery& query : queries) {
    query.count = 0;
    best[count] = BestRows(query);
    if (best[count].idle()) continue;
    vectors[count] = query.vector.data();
    asked[count++] = &query;
  }
  if (count == 0) return;

  RowFigures norms;
  const auto rows = static_cast<std::size_t>(table.rows());
  const auto dimension = static_cast<std::size_t>(table.cols());
  for (std::size_t first = 0; first < rows; first += kernels::rows_at_once) {
    const std::size_t height = std::min(kernels::rows_at_once, rows - first);
    if (all_skipped(skip, first, height)) continue;
    kernels::similarity_sums(dots, norms, std::span(vectors).first(count),
                             {table.data() + first * dimension, height, dimension});
    for (std::size_t q = 0; q < count; ++q) best[q].offer(dots[q], norms, first, height, skip);
  }
  for (std::size_t q = 0; q < count; ++q) asked[q]->count = best[q].finish();
}

}  // namespace

float cosine_similarity(std::span<const float> a, std::span<const float> b) noexcept {
  RowFigures dots, norms;
  const float* const vector = a.data();
  kernels::similarity_sums({&dots, 1}, norms, {&vector, 1}, {b.data(), 1, b.size()});
  const float aa = squared_norm(a);
  return has_direction(aa) && has_direction(norms[0]) ? cosine(dots[0], norms[0], aa) : 0;
}

std::size_t nearest_neighbors(const ConstTable<float>& table, std::span<const float> query, std::span<const char> skip,
                              std::span<Neighbor> found) noexcept {
  NeighborQuery asked{query, found};
  RowFigures dots;
  search(table, {&asked, 1}, skip, {&dots, 1});
  return asked.count;
}

void nearest_neighbors(const ConstTable<float>& table, std::span<NeighborQuery> queries,
                       std::span<const char> skip) noexcept {
  std::array<RowFigures, kernels::queries_at_once> dots;
  for (std::size_t begin = 0; begin < queries.size(); begin += dots.size())
    search(table, queries.subspan(begin, std::min(dots.size(), queries.size() - begin)), skip, dots);
}

}  // namespace gaugeline
