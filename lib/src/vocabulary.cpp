#include <gaugeline/vocabulary.hpp>

#include <algorithm>
#include <bit>

#include "arena.hpp"

namespace gaugeline {
namespace {

// FNV-1a, with a finaliser since only the low bits choose the slot.
std::uint64_t hash(std::string_view token) noexcept {
  std::uint64_t h = 0xCBF29CE484222325ULL;
  for (const char c : token) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  h ^= h >> 32U;
  h *= 0xD6E8FEB86659FD93ULL;
  return h ^ (h >> 32U);
}

}  // namespace

void Vocabulary::reserve(Arena& arena, std::size_t rows, std::size_t bytes) noexcept {
  size_ = 0;
  bytes_ = arena.take<char>(bytes);
  ends_ = arena.take<std::uint32_t>(rows);
  slots_ = arena.take<RowIndex>(std::bit_ceil(2 * rows));
  std::ranges::fill(slots_, no_row);
}

TokenList Vocabulary::tokens() const noexcept {
  return {bytes_.first(size_ == 0 ? 0 : ends_[size_ - 1]), ends_.first(size_)};
}

// The slot that holds the token, or the empty one where it belongs.
std::size_t Vocabulary::slot_of(std::string_view token) const noexcept {
  const TokenList known = tokens();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = hash(token) & mask;
  while (slots_[slot] != no_row && known[slots_[slot]] != token) slot = (slot + 1) & mask;
  return slot;
}

RowIndex Vocabulary::find(std::string_view token) const noexcept { return slots_[slot_of(token)]; }

RowIndex Vocabulary::admit(std::string_view token) noexcept {
  const std::size_t slot = slot_of(token);
  if (slots_[slot] != no_row) return slots_[slot];
  const std::size_t begin = tokens().bytes().size();
  if (size_ == ends_.size() || token.size() > bytes_.size() - begin) return no_row;
  std::ranges::copy(token, bytes_.begin() + static_cast<std::ptrdiff_t>(begin));
  ends_[size_] = static_cast<std::uint32_t>(begin + token.size());
  slots_[slot] = static_cast<RowIndex>(size_);
  return static_cast<RowIndex>(size_++);
}

void Vocabulary::truncate(std::size_t rows) noexcept {
  // Backwards: the last token that came in is never in the way of one that is looked up past it.
  while (size_ > rows) {
    slots_[slot_of(tokens()[size_ - 1])] = no_row;
    --size_;
  }
}

}  // namespace gaugeline
