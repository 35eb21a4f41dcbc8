#include "candidates.hpp"

#include <algorithm>
#include <bit>

namespace gaugeline {

void Candidates::reserve(Arena& arena, std::size_t rows) noexcept {
  const std::size_t entries = std::bit_ceil(std::max(rows / 8, bucket_size));
  hashes_ = arena.take<std::uint64_t>(entries);
  counts_ = arena.take<float>(entries);
  restore({}, {});
}

std::size_t Candidates::place(std::uint64_t hash) const noexcept {
  const std::size_t first = bucket(hash);
  for (std::size_t i = first; i < first + bucket_size; ++i) {
    if (hashes_[i] == hash && counts_[i] > 0) return i;
  }
  return hashes_.size();
}

float Candidates::count(std::uint64_t hash) const noexcept {
  const std::size_t i = place(hash);
  return i < counts_.size() ? counts_[i] : 0;
}

void Candidates::fade(float factor) noexcept {
  constexpr float least = .01F;  // a single use of 44 slices ago, at a factor of .9
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    counts_[i] *= factor;
    if (counts_[i] < least) hashes_[i] = 0, counts_[i] = 0;
  }
}

void Candidates::add(std::uint64_t hash, float uses) noexcept {
  if (const std::size_t i = place(hash); i < counts_.size()) {
    counts_[i] += uses;
    return;
  }
  const auto first = counts_.begin() + static_cast<std::ptrdiff_t>(bucket(hash));
  const auto lowest = std::min_element(first, first + static_cast<std::ptrdiff_t>(bucket_size));
  const auto i = static_cast<std::size_t>(lowest - counts_.begin());
  if (uses > counts_[i]) {
    hashes_[i] = hash;
    counts_[i] = uses;
  } else {
    counts_[i] -= uses;
    if (counts_[i] <= 0) hashes_[i] = 0;
  }
}

void Candidates::remove(std::uint64_t hash) noexcept {
  if (const std::size_t i = place(hash); i < counts_.size()) hashes_[i] = 0, counts_[i] = 0;
}

void Candidates::restore(std::span<const std::uint64_t> hashes, std::span<const float> counts) noexcept {
  std::ranges::fill(hashes_, std::uint64_t{0});
  std::ranges::fill(counts_, 0.F);
  if (hashes.size() == hashes_.size()) {
    std::ranges::copy(hashes, hashes_.begin());
    std::ranges::copy(counts, counts_.begin());
    return;
  }
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    if (counts[i] > 0) add(hashes[i], counts[i]);
  }
}

}  // namespace gaugeline
