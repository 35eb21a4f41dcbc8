// Token <-> row, with room for a fixed number of rows and of bytes that is reserved at the start. Rows are numbered in
// the order of admission; they keep their number until rows before them are removed.
//
// A part of the room can be spare: there new tokens stand beside those that they replace until the slice is learnt.
//
// Memory: lies in the arena that `reserve` is given; nothing is allocated afterwards. Thread-safety: const calls may
// run side by side. find and admit cost O(length of the token) on the average (open addressing, at most half full).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <gaugeline/types.hpp>

namespace gaugeline {

class Arena;

// FNV-1a with a finaliser: the low bits are as good as the high ones.
[[nodiscard]] std::uint64_t token_hash(std::string_view token) noexcept;

// So many rows of a full vocabulary can be replaced in one slice: an eighth, at least one.
[[nodiscard]] constexpr std::size_t spare_rows(std::size_t capacity) noexcept { return capacity / 8 + 1; }

[[nodiscard]] constexpr std::size_t row_room(std::size_t capacity) noexcept { return capacity + spare_rows(capacity); }

enum class VocabularyRoom : std::uint8_t {
  regular,  // what may be filled between two slices
  spare,    // and, within one, what lies beyond
};

class Vocabulary {
 public:
  // Takes room for `rows` tokens of `bytes` bytes together out of the arena (or only measures it, as the arena does),
  // and spare room for as many more as `spare_rows` says, with bytes in proportion.
  void reserve(Arena& arena, std::size_t rows, std::size_t bytes, std::size_t spare_rows = 0) noexcept;

  // The row of a token, or no_row.
  [[nodiscard]] RowIndex find(std::string_view token) const noexcept;
  // The row of a token, which is given one if it has none; no_row if there is no room left.
  [[nodiscard]] RowIndex admit(std::string_view token, VocabularyRoom room = VocabularyRoom::regular) noexcept;
  // Forgets the rows from `rows` on: undoes the admissions after size() was `rows`.
  void truncate(std::size_t rows) noexcept;

  // Takes rows out, which are rising; the others close up in their order. O(rows and bytes).
  void remove(std::span<const RowIndex> rows) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::size_t byte_capacity() const noexcept { return byte_capacity_; }
  [[nodiscard]] TokenList tokens() const noexcept;  // valid until the next admission

 private:
  [[nodiscard]] std::size_t slot_of(std::string_view token) const noexcept;

  std::size_t size_ = 0;
  std::size_t capacity_ = 0;       // of the regular room
  std::size_t byte_capacity_ = 0;  // as well
  std::span<char> bytes_;
  std::span<std::uint32_t> ends_;
  std::span<RowIndex> slots_;  // a power of two; no_row where empty
};

}  // namespace gaugeline
