#include "shared_pass.hpp"

#include <algorithm>
#include <memory>
#include <type_traits>

#include <gaugeline/random.hpp>

#include "dense.hpp"

namespace gaugeline {

template <class Scalar>
void SharedPass<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  static_assert(std::is_trivially_destructible_v<Part>);
  const std::size_t parts = options.passes > 0 ? options.pass_parts : 1;
  parts_ = arena.take<Part>(parts);
  Part measured;  // where the arena has no memory, but measures
  for (std::size_t p = 0; p < parts; ++p) {
    Part& part = parts_.empty() ? measured : *std::construct_at(&parts_[p]);
    part.pass.reserve(arena, options);
    if (p == 0) continue;
    for (std::size_t side = 0; side < 2; ++side) {
      const std::size_t rows = row_room(side == 0 ? options.item_capacity : options.context_capacity);
      part.embeddings[side] = arena.take<Scalar>(rows * options.dimension);
      part.gradient_energy[side] = arena.take<Scalar>(rows);
    }
  }
}

template <class Scalar>
void SharedPass<Scalar>::run(const SliceView& slice, SideRows<Scalar>& items, SideRows<Scalar>& contexts,
                             std::uint64_t key, bool tied, Executor& executor) noexcept {
  const std::size_t positions = slice.sequence_ids.size();
  const std::size_t parts =
      tied ? std::clamp<std::size_t>(positions / least_positions, 1, parts_.size()) : std::size_t{1};
  if (parts == 1) return parts_[0].pass.run(slice, {}, items, contexts, key);

  const auto each_side = [&](const auto& visit) {
    executor.run(2, [&](std::size_t, std::size_t side) { visit(side, side == 0 ? items : contexts); });
  };
  each_side([&](std::size_t side, const SideRows<Scalar>& rows) {
    for (Part& part : parts_.subspan(1, parts - 1)) {
      std::ranges::copy(rows.embeddings.first(rows.size() * rows.dimension), part.embeddings[side].begin());
      std::ranges::copy(rows.gradient_energy.first(rows.size()), part.gradient_energy[side].begin());
    }
  });

  executor.run(parts, [&](std::size_t, std::size_t p) {
    SideRows<Scalar> own_items = items;
    SideRows<Scalar> own_contexts = contexts;
    if (p > 0) {
      for (std::size_t side = 0; side < 2; ++side) {
        SideRows<Scalar>& rows = side == 0 ? own_items : own_contexts;
        rows.embeddings = parts_[p].embeddings[side];
        rows.gradient_energy = parts_[p].gradient_energy[side];
      }
    }
    parts_[p].pass.run(slice, {p, parts}, own_items, own_contexts, p == 0 ? key : Random(key + p).bits());
  });

  each_side([&](std::size_t side, SideRows<Scalar>& rows) {
    const auto average = [&](std::span<Scalar> mean, auto column) {
      auto sum = as_vector(mean);
      for (Part& part : parts_.subspan(1, parts - 1)) sum += as_vector((part.*column)[side].first(mean.size()));
      sum /= static_cast<Scalar>(parts);
    };
    average(rows.embeddings.first(rows.size() * rows.dimension), &Part::embeddings);
    average(rows.gradient_energy.first(rows.size()), &Part::gradient_energy);
  });
}

template class SharedPass<float>;
template class SharedPass<double>;

}  // namespace gaugeline
