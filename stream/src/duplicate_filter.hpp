// Which events came before: a bounded memory of hashes, the oldest forgotten first.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>

namespace gaugeline::stream {

struct EventHash {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const EventHash&, const EventHash&) = default;
};

// XXH3, 128 bits, seed 0, of: the number of bytes of the source, in one byte; the source; the id. So a source has at
// most 255 bytes, and no two pairs have the same text.
[[nodiscard]] EventHash hash_of_event(std::string_view source, std::string_view id) noexcept;

// Thread-safety: none. Each call is O(1).
class DuplicateFilter {
 public:
  [[nodiscard]] bool contains(EventHash hash) const { return known_.contains(hash); }
  // Remembers a hash that is not contained, and forgets the oldest where that makes more than `horizon`.
  void remember(EventHash hash, std::size_t horizon) {
    if (horizon == 0) return;
    if (order_.size() >= horizon) {
      known_.erase(order_.front());
      order_.pop_front();
    }
    order_.push_back(hash);
    known_.insert(hash);
  }
  [[nodiscard]] const std::deque<EventHash>& oldest_first() const noexcept { return order_; }

 private:
  struct Bits {
    std::size_t operator()(const EventHash& hash) const noexcept { return hash.low; }
  };
  std::deque<EventHash> order_;
  std::unordered_set<EventHash, Bits> known_;
};

}  // namespace gaugeline::stream
