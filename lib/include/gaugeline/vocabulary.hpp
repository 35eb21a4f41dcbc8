// Token <-> row, with room for a fixed number of rows and of bytes that is reserved at the start. Rows are numbered in
// the order of admission and keep their number.
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

class Vocabulary {
 public:
  // Takes room for `rows` tokens of `bytes` bytes together out of the arena (or only measures it, as the arena does).
  void reserve(Arena& arena, std::size_t rows, std::size_t bytes) noexcept;

  // The row of a token, or no_row.
  [[nodiscard]] RowIndex find(std::string_view token) const noexcept;
  // The row of a token, which is given one if it has none; no_row if there is no room left.
  [[nodiscard]] RowIndex admit(std::string_view token) noexcept;
  // Forgets the rows from `rows` on: undoes the admissions after size() was `rows`.
  void truncate(std::size_t rows) noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return ends_.size(); }
  [[nodiscard]] TokenList tokens() const noexcept;  // valid until the next admission

 private:
  [[nodiscard]] std::size_t slot_of(std::string_view token) const noexcept;

  std::size_t size_ = 0;
  std::span<char> bytes_;
  std::span<std::uint32_t> ends_;
  std::span<RowIndex> slots_;  // a power of two; no_row where empty
};

}  // namespace gaugeline
