// From a slice's tokens to the learner's rows, and which rows have to go for them.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>

#include "arena.hpp"
#include "side.hpp"

namespace gaugeline {

// Uses fade by this factor per slice, those of rows and those of candidates: half of them are from the last seven
// slices. Not count_decay, which belongs to the negatives and may be 0 or 1.
inline constexpr float use_decay = .9F;

// Fills `uses` (one per token of that side): those that the slice states, else what its observations say.
void count_uses(const SliceView& slice, Side side, std::span<float> uses) noexcept;

template <class Scalar>
class Admission {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // Finds the row of every token, by side.uses_of_token. Unknown tokens whose faded uses, with those of this slice,
  // reach admission_uses are given rows: all of them while there is room, in the order in which they are listed. Else
  // the most used first, each into free room or in place of the rows with the lowest frequency that the slice does not
  // name, if it is used more often than each of them; at most spare_rows of them. The others get no_row. The rows that
  // are replaced stay until `settle`, and are listed in side.evicted: so a slice that is refused has changed nothing
  // but the end of the vocabulary. Returns how many used tokens have no row.
  std::uint32_t run(SideRows<Scalar>& side, const TokenList& tokens) noexcept;

  // The slice is learnt: uses are added up, and the replaced rows go, back among the candidates; rows from first_new
  // on are those that it gave.
  void settle(SideRows<Scalar>& side, std::size_t first_new, const TokenList& tokens) noexcept;

 private:
  std::uint32_t choose_candidates(SideRows<Scalar>& side, const TokenList& tokens) noexcept;
  void admit_in_full(SideRows<Scalar>& side, const TokenList& tokens, std::uint32_t& without_row) noexcept;
  void list_victims(SideRows<Scalar>& side, std::size_t known) noexcept;

  std::uint32_t admission_uses_ = 1;
  std::span<std::uint32_t> chosen_;
  std::size_t chosen_count_ = 0;
  std::span<float> wanted_;  // of a token of the slice without a row: its faded uses
  std::span<char> named_;    // of a row: the slice names it
};

extern template class Admission<float>;
extern template class Admission<double>;

}  // namespace gaugeline
