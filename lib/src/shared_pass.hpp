// A pass over a slice's sequences (sequence_pass.hpp) in Options::pass_parts parts at the same time. All parts start
// from the same tables; each goes over every so many-th run of 256 positions, on tables of its own, and
//   z_i = (1 / parts) sum_p z_i^(p),   and likewise E,
// follows for all rows (McDonald, Hall & Mann 2010, "Distributed training strategies for the structured perceptron";
// Zinkevich et al. 2010, "Parallelized stochastic gradient descent"). Runs by turns, so that every part ends where the
// slice ends, with what is newest. What that does to what is predicted: docs/experiments.md, "The pass in parts".
//
// A part has at least 8,192 positions, so that small slices have fewer parts or one. So has a slice that starts at
// random, where there is nothing yet that would keep the parts together.
//
// The parts do not depend on the number of workers, nor does the result.
// Cost: the pass's, and two sides' tables copied and averaged; memory of two tables for each part after the first. No
// allocation.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>

#include "arena.hpp"
#include "sequence_pass.hpp"
#include "side.hpp"

namespace gaugeline {

template <class Scalar>
class SharedPass {
 public:
  static constexpr std::size_t least_positions = 8192;  // of a part, if there are several

  void reserve(Arena& arena, const Options& options) noexcept;

  // As SequencePass::run, over all of the slice; `tied`: it does not start at random.
  void run(const SliceView& slice, SideRows<Scalar>& items, SideRows<Scalar>& contexts, std::uint64_t key, bool tied,
           Executor& executor) noexcept;

 private:
  struct Part {
    SequencePass<Scalar> pass;
    std::array<std::span<Scalar>, 2> embeddings,
        gradient_energy;  // none of the first part, which takes the model's own
  };
  std::span<Part> parts_;
};

extern template class SharedPass<float>;
extern template class SharedPass<double>;

}  // namespace gaugeline
