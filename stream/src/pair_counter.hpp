// Sums the weights of pairs: what turns the positions of sequences and the tokens of bags into aggregated counts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <gaugeline/slice.hpp>

namespace gaugeline::stream {

// Sorts and sums in runs of bounded size, so that its memory follows the number of distinct pairs, not of additions.
// Equal additions in equal order give equal bits on any machine. O(n log n) for n additions.
class PairCounter {
 public:
  void add(std::uint32_t item, std::uint32_t context, double weight) {
    if (entries_.size() >= capacity_) compact();
    entries_.push_back({std::uint64_t{item} << 32U | context, weight});
  }
  // The number of distinct pairs so far is at least this.
  [[nodiscard]] std::size_t distinct() const noexcept { return sorted_; }
  // All pairs, sorted by (item, context); empties the counter.
  [[nodiscard]] std::vector<PairCount> take();

 private:
  struct Entry {
    std::uint64_t key;  // item, context
    double weight;
    // By weight too: the order of additions must not show in the rounding of sums, nor the standard library's sort.
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };
  void compact();

  std::vector<Entry> entries_;
  std::size_t sorted_ = 0;  // the first entries_ are sorted, each pair once
  std::size_t capacity_ = std::size_t{1} << 20U;
};

}  // namespace gaugeline::stream
