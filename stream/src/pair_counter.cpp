#include "pair_counter.hpp"

#include <algorithm>
#include <utility>

namespace gaugeline::stream {

void PairCounter::compact() {
  const auto middle = entries_.begin() + static_cast<std::ptrdiff_t>(sorted_);
  std::sort(middle, entries_.end());
  std::inplace_merge(entries_.begin(), middle, entries_.end());
  auto last = entries_.begin();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry == last) continue;
    if (entry->key == last->key) {
      last->weight += entry->weight;
    } else {
      *++last = *entry;
    }
  }
  if (!entries_.empty()) entries_.erase(last + 1, entries_.end());
  sorted_ = entries_.size();
  // At least as many additions as there are pairs between two compactions keeps their cost in proportion.
  capacity_ = std::max(capacity_, 2 * sorted_);
}

std::vector<PairCount> PairCounter::take() {
  compact();
  std::vector<PairCount> pairs;
  pairs.reserve(entries_.size());
  for (const Entry& entry : std::exchange(entries_, {})) {
    pairs.push_back({static_cast<std::uint32_t>(entry.key >> 32U), static_cast<std::uint32_t>(entry.key),
                     static_cast<float>(entry.weight)});
  }
  sorted_ = 0;
  return pairs;
}

}  // namespace gaugeline::stream
