// A pass, or what shares one out, with both sides' rows in memory of their own: random rows for tokens that stand at
// their number, and contexts all drawn alike.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include <gaugeline/random.hpp>
#include <support/tokens.hpp>

#include "../../lib/src/side.hpp"

namespace gaugeline::testing {

template <class Pass>
class PassBench {
 public:
  PassBench(const Options& options, std::size_t tokens) {
    Arena measure;
    reserve(measure, options);
    memory_.resize(measure.used() + arena_alignment);
    void* at = memory_.data();
    std::size_t room = memory_.size();
    Arena arena(static_cast<std::byte*>(std::align(arena_alignment, measure.used(), at, room)));
    reserve(arena, options);
    const OwnedTokens names = numbered_tokens("w", tokens);
    Random random(5);
    for (SideRows<double>* side : {&items, &contexts}) {
      for (std::size_t row = 0; row < tokens; ++row) {
        side->row_of_token[row] = side->vocabulary.admit(names.list()[row]);
        side->gradient_energy[row] = initial_gradient_energy;
        side->negative_share[row] = 1;
        for (double& x : side->row(row)) x = random.normal();
      }
    }
  }
  PassBench(const PassBench&) = delete;
  PassBench& operator=(const PassBench&) = delete;

  SideRows<double> items, contexts;
  Pass pass;

 private:
  void reserve(Arena& arena, const Options& options) {
    items.reserve(arena, options, options.item_capacity);
    contexts.reserve(arena, options, options.context_capacity);
    pass.reserve(arena, options);
  }
  std::vector<std::byte> memory_;
};

}  // namespace gaugeline::testing
