// How often tokens without a row were used: a sketch of fixed size, in buckets of eight entries that a token's hash
// chooses. A token that finds its bucket full takes the entry with the lowest count if it was used more often than
// that; else it lowers that entry's count by its own (as Misra & Gries, Science of Computer Programming 2, 1982, do
// with all entries). So a count is never above the token's own faded uses: nobody gets a row for what others were used.
//
// Two tokens are one to the sketch if their 64-bit hashes are equal. Cost of a call: O(1); of fade: O(entries).
#pragma once

#include <cstdint>
#include <span>

#include "arena.hpp"

namespace gaugeline {

class Candidates {
 public:
  // An entry for every eighth row, but at least one bucket.
  void reserve(Arena& arena, std::size_t rows) noexcept;

  [[nodiscard]] float count(std::uint64_t hash) const noexcept;  // 0 if it is not there
  void fade(float factor) noexcept;
  void add(std::uint64_t hash, float uses) noexcept;
  void remove(std::uint64_t hash) noexcept;

  [[nodiscard]] std::span<const std::uint64_t> hashes() const noexcept { return hashes_; }
  [[nodiscard]] std::span<const float> counts() const noexcept { return counts_; }
  // Takes over what hashes() and counts() gave: as it was if the sizes are equal, else entry by entry. Nothing: empty.
  void restore(std::span<const std::uint64_t> hashes, std::span<const float> counts) noexcept;

 private:
  static constexpr std::size_t bucket_size = 8;
  [[nodiscard]] std::size_t bucket(std::uint64_t hash) const noexcept {
    return static_cast<std::size_t>(hash) & (hashes_.size() - bucket_size);
  }
  [[nodiscard]] std::size_t place(std::uint64_t hash) const noexcept;  // its entry, or the size

  std::span<std::uint64_t> hashes_;  // a power of two of them; 0 where the count is 0
  std::span<float> counts_;
};

}  // namespace gaugeline
