// From a slice's tokens to the learner's rows.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>
#include <gaugeline/vocabulary.hpp>

#include "arena.hpp"

namespace gaugeline {

// Fills `uses` (one per token of that side): those that the slice states, else what its observations say.
void count_uses(const SliceView& slice, Side side, std::span<float> uses) noexcept;

class Admission {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // Finds the row of every token. Unknown tokens that are used often enough are given rows, in the order in which they
  // are listed; if there are more of them than rows left, the most used ones. The others get no_row.
  // Returns how many used tokens have no row.
  std::uint32_t run(Vocabulary& vocabulary, const TokenList& tokens, std::span<const float> uses,
                    std::span<RowIndex> rows) noexcept;

 private:
  std::uint32_t admission_uses_ = 1;
  std::span<std::uint32_t> candidates_;
};

}  // namespace gaugeline
