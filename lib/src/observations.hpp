// The observations of one slice in the learner's own rows, indexed by item and by context.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>
#include <gaugeline/types.hpp>

#include "arena.hpp"

namespace gaugeline {

// One observation as seen from a row: the row of the other side, and the count or the value.
struct Observed {
  RowIndex other = 0;
  float weight = 0;
};

// The observations of every row of one side: of row r, all[starts[r]] up to all[starts[r + 1]], by rising row of the
// other side.
struct ObservedRows {
  std::span<const std::uint32_t> starts;
  std::span<const Observed> all;
  [[nodiscard]] std::span<const Observed> of(std::size_t row) const noexcept {
    return all.subspan(starts[row], starts[row + 1] - starts[row]);
  }
};

// Local token id -> row, no_row for tokens that have none.
struct RowsOfTokens {
  std::span<const RowIndex> items;
  std::span<const RowIndex> contexts;
};

class Observations {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // Counts the pairs of sequences, expands symmetric pairs, adds up equal pairs (skip-gram), or takes the values
  // (Gaussian), and leaves out what has no row. ErrorCode::capacity_exceeded if there is no room.
  // O(n) in the number of observations before equal ones are added up, and for sequences O(items contexts / 64); the
  // values of one pair, and pairs given with different weights, cost a sort of their own. The pairs of sequences are
  // counted item by item, so that what is counted stays in the caches, and are never written down one by one. Where
  // they are all there is, and every token has the same row on both sides, they are indexed once, for both.
  [[nodiscard]] Expected<> build(const SliceView& slice, const RowsOfTokens& rows, std::size_t item_rows,
                                 std::size_t context_rows) noexcept;
  void clear() noexcept;

  [[nodiscard]] ObservedRows rows(Side side) const noexcept {
    const bool as_items = side == Side::items || sides_are_alike_;
    return as_items ? ObservedRows{item_starts_, by_item_} : ObservedRows{context_starts_, by_context_};
  }
  [[nodiscard]] std::span<const Observed> of(Side side, std::size_t row) const noexcept { return rows(side).of(row); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] double left_out() const noexcept { return left_out_; }  // weight, or number of values

 private:
  struct Entry {
    RowIndex item;
    RowIndex context;
    float weight;
  };
  // A position of a sequence: its rows, and how many positions before it and after it are within the window.
  struct Position {
    RowIndex item;
    RowIndex context;
    std::uint8_t before, after;
  };
  // What pairs count by their distance, as whole numbers of units, so that sums are exact.
  struct Window {
    std::array<std::uint32_t, std::size_t{max_window} + 1> units{};
    float unit = 1;  // what one counts
  };
  [[nodiscard]] bool both_ways_alike(const SliceView& slice, const RowsOfTokens& rows) const noexcept;
  [[nodiscard]] Expected<> collect(const SliceView& slice, const RowsOfTokens& rows) noexcept;
  [[nodiscard]] Expected<> add_sequences(const SliceView& slice, const RowsOfTokens& rows) noexcept;
  // How many positions there is room for, beside those around them.
  [[nodiscard]] std::size_t positions_at_once(const SliceView& slice) const noexcept {
    return positions_.size() - 2 * std::size_t{slice.window};
  }
  std::size_t take_positions(const SliceView& slice, const RowsOfTokens& rows, std::size_t first,
                             std::size_t last) noexcept;
  void sort_centres(std::size_t first, std::size_t last) noexcept;
  [[nodiscard]] Expected<> count_centres(const Window& window) noexcept;
  void count_around(std::size_t position, const Window& window) noexcept;
  [[nodiscard]] bool put_counted(std::span<const Observed> given, float unit) noexcept;
  [[nodiscard]] Error no_room() const noexcept;
  [[nodiscard]] Expected<> add(RowIndex item, RowIndex context, float weight) noexcept;
  void add_up_equal() noexcept;
  void sort_entries() noexcept;
  void take_sorted() noexcept;
  void index_by_context() noexcept;

  Likelihood likelihood_ = Likelihood::skipgram;
  std::size_t capacity_ = 0;
  // Entries while they are collected; positions of sequences, and those of each item; then by_context_.
  std::span<std::byte> entry_bytes_;
  std::span<Entry> entries_;
  std::span<Position> positions_;
  std::span<std::uint32_t> centres_;        // of positions_, item by item ...
  std::span<std::uint32_t> centre_starts_;  // ... from here on, for as many rows as there are, plus one
  std::span<std::uint64_t> units_;          // counted so far of one item, per context
  std::span<std::uint64_t> counted_;        // one bit per context: those with units
  std::span<Observed> by_item_;
  std::span<Observed> by_context_;
  std::span<std::uint32_t> all_item_starts_, item_starts_;        // for as many rows as there can be, and as there are
  std::span<std::uint32_t> all_context_starts_, context_starts_;  // plus one
  bool sides_are_alike_ = false;  // a context's observations are those of the item with its row
  std::size_t size_ = 0;
  double left_out_ = 0;
  double left_out_units_ = 0;  // while sequences are counted
};

}  // namespace gaugeline
