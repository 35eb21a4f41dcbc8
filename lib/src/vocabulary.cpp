#include <gaugeline/vocabulary.hpp>

#include <algorithm>
#include <bit>

#include "arena.hpp"

namespace gaugeline {

std::uint64_t token_hash(std::string_view token) noexcept {
  std::uint64_t h = 0xCBF29CE484222325ULL;
  for (const char c : token) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001B3ULL;
  h ^= h >> 32U;
  h *= 0xD6E8FEB86659FD93ULL;
  return h ^ (h >> 32U);
}

void Vocabulary::reserve(Arena& arena, std::size_t rows, std::size_t bytes, std::size_t spare_rows) noexcept {
  size_ = 0;
  capacity_ = rows;
  byte_capacity_ = bytes;
  bytes_ = arena.take<char>(bytes + (rows == 0 ? 0 : bytes / rows * spare_rows));
  ends_ = arena.take<std::uint32_t>(rows + spare_rows);
  slots_ = arena.take<RowIndex>(std::bit_ceil(2 * (rows + spare_rows)));
  std::ranges::fill(slots_, no_row);
}

TokenList Vocabulary::tokens() const noexcept {
  return {bytes_.first(size_ == 0 ? 0 : ends_[size_ - 1]), ends_.first(size_)};
}

// The slot that holds the token, or the empty one where it belongs.
std::size_t Vocabulary::slot_of(std::string_view token) const noexcept {
  const TokenList known = tokens();
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = token_hash(token) & mask;
  while (slots_[slot] != no_row && known[slots_[slot]] != token) slot = (slot + 1) & mask;
  return slot;
}

RowIndex Vocabulary::find(std::string_view token) const noexcept { return slots_[slot_of(token)]; }

RowIndex Vocabulary::admit(std::string_view token, VocabularyRoom room) noexcept {
  const std::size_t slot = slot_of(token);
  if (slots_[slot] != no_row) return slots_[slot];
  const std::size_t begin = tokens().bytes().size();
  const std::size_t most_rows = room == VocabularyRoom::regular ? capacity_ : ends_.size();
  const std::size_t most_bytes = room == VocabularyRoom::regular ? byte_capacity_ : bytes_.size();
  if (size_ >= most_rows || begin + token.size() > most_bytes) return no_row;
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

void Vocabulary::remove(std::span<const RowIndex> rows) noexcept {
  if (rows.empty()) return;
  std::size_t kept = 0, begin = 0, end = 0;
  for (std::size_t row = 0, next = 0; row < size_; ++row) {
    const std::size_t first = begin;
    begin = ends_[row];
    if (next < rows.size() && rows[next] == row) {
      ++next;
      continue;
    }
    std::copy(bytes_.data() + first, bytes_.data() + begin, bytes_.data() + end);
    end += begin - first;
    ends_[kept++] = static_cast<std::uint32_t>(end);
  }
  // Every later row has another number: the slots are filled anew.
  std::ranges::fill(slots_, no_row);
  size_ = 0;
  for (std::size_t row = 0; row < kept; ++row) {
    const std::size_t first = row == 0 ? 0 : ends_[row - 1];
    slots_[slot_of({bytes_.data() + first, ends_[row] - first})] = static_cast<RowIndex>(row);
    ++size_;
  }
}

}  // namespace gaugeline
