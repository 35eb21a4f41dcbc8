#include <gaugeline/neighbors.hpp>

#include <algorithm>
#include <cmath>

namespace gaugeline {
namespace {

using ConstVector = Eigen::Map<const Eigen::VectorXf>;

ConstVector vector_of(std::span<const float> x) noexcept { return {x.data(), static_cast<Eigen::Index>(x.size())}; }

// Rounding may leave the cosine of parallel vectors a little above 1. a and b are squared norms, above 0. Their product
// is exact in double, so that a vector is exactly as similar to itself as can be: sqrt(a a) = a.
float cosine(float dot, float a, float b) noexcept {
  return std::clamp(dot / static_cast<float>(std::sqrt(static_cast<double>(a) * static_cast<double>(b))), -1.0F, 1.0F);
}

// The order of a result: more similar first, then the lower row.
bool better(const Neighbor& a, const Neighbor& b) noexcept {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
}

// The best rows so far, as a heap with the worst of them in front.
class BestRows {
 public:
  explicit BestRows(std::span<Neighbor> room) noexcept : room_(room) {}

  void offer(const Neighbor& candidate) noexcept {
    if (count_ < room_.size()) {
      room_[count_++] = candidate;
      std::push_heap(room_.begin(), end(), better);
    } else if (better(candidate, room_.front())) {
      std::pop_heap(room_.begin(), end(), better);
      room_.back() = candidate;
      std::push_heap(room_.begin(), end(), better);
    }
  }
  std::size_t finish() noexcept {
    std::sort_heap(room_.begin(), end(), better);
    return count_;
  }

 private:
  [[nodiscard]] std::span<Neighbor>::iterator end() const noexcept {
    return room_.begin() + static_cast<std::ptrdiff_t>(count_);
  }
  std::span<Neighbor> room_;
  std::size_t count_ = 0;
};

}  // namespace

float cosine_similarity(std::span<const float> a, std::span<const float> b) noexcept {
  const float aa = vector_of(a).squaredNorm();
  const float bb = vector_of(b).squaredNorm();
  return aa > 0 && bb > 0 ? cosine(vector_of(a).dot(vector_of(b)), aa, bb) : 0;
}

std::size_t nearest_neighbors(const ConstTable<float>& table, std::span<const float> query, std::span<const char> skip,
                              std::span<Neighbor> found) noexcept {
  const ConstVector q = vector_of(query);
  const float qq = q.squaredNorm();
  if (!(qq > 0) || found.empty()) return 0;

  BestRows best(found);
  for (Eigen::Index i = 0; i < table.rows(); ++i) {
    if (!skip.empty() && skip[static_cast<std::size_t>(i)] != 0) continue;
    // Two sums over one row while it lies in the cache; Eigen keeps several partial sums in vector registers.
    const float rr = table.row(i).squaredNorm();
    if (!(rr > 0)) continue;
    best.offer({static_cast<RowIndex>(i), cosine(table.row(i).dot(q), rr, qq)});
  }
  return best.finish();
}

}  // namespace gaugeline
