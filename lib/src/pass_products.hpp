// The products of a block of the pass (sequence_pass.hpp): of its 16 centres U with some others V, scores V U^T, and
// with the weights W that follow from them the gradients W^T V of the centres and W U of the others. In two versions
// with the same members: in Scalar, and rounded to bfloat16 where the processor multiplies that.
#pragma once

#include <cstdint>
#include <span>

#include "arena.hpp"
#include "dense.hpp"
#include "kernel_tiles.hpp"

namespace gaugeline {

inline constexpr std::size_t pass_block = 16;  // centres of a block

template <class Scalar>
class FloatProducts {
 public:
  static constexpr std::size_t at_a_time = tile;  // others

  void reserve(Arena& arena, std::size_t dimension) noexcept {
    dimension_ = dimension;
    stride_ = padded(dimension);
    centres_ = arena.take<Scalar>(pass_block * stride_);
    columns_ = arena.take<Scalar>(pass_block * stride_);
    others_ = arena.take<Scalar>(at_a_time * stride_);
  }

  void set_centres(const kernels::RowList<Scalar>& rows) noexcept {
    kernels::gather<Scalar>(block(centres_, pass_block), rows);
    kernels::transpose<Scalar>({columns_.data(), stride_, pass_block, pass_block}, block(centres_, pass_block));
  }
  // scores: as many rows as others, or more, and a column per centre, pass_block apart.
  void score(std::span<Scalar> scores, const kernels::RowList<Scalar>& others) noexcept {
    size_ = others.count;
    kernels::gather<Scalar>(block(others_, size_), others);
    kernels::product<Scalar>({scores.data(), size_, pass_block, pass_block}, block(others_, size_),
                             {columns_.data(), dimension_, pass_block, pass_block});
  }
  // += W^T V, in 16 rows padded(dimension) apart.
  void add_centre_gradients(std::span<Scalar> gradients, std::span<const Scalar> weights) noexcept {
    kernels::add_product<Scalar>(block(gradients, pass_block), {weights.data(), pass_block, size_, 1, pass_block},
                                 block(others_, size_));
  }
  // W U for up to 16 others, whose weights are given; there is room for 16.
  void other_gradients(std::span<Scalar> gradients, std::span<const Scalar> weights, std::size_t count) noexcept {
    kernels::product<Scalar>(block(gradients, count), {weights.data(), count, pass_block, pass_block},
                             block(centres_, pass_block));
  }

 private:
  [[nodiscard]] kernels::Block<Scalar> block(std::span<Scalar> rows, std::size_t count) const noexcept {
    return {rows.data(), count, stride_, stride_};
  }

  std::size_t dimension_ = 0, stride_ = 0, size_ = 0;
  std::span<Scalar> centres_, columns_, others_;  // U, U^T, V
};

// Between set_centres and the last gradients, the calling thread has the unit's kernels::tiles::Registers.
class TileProducts {
 public:
  static constexpr std::size_t at_a_time = kernels::tiles::side;  // more do not stay in the first cache

  void reserve(Arena& arena, std::size_t dimension, kernels::tiles::Unit unit = kernels::tiles::best_unit()) noexcept {
    unit_ = unit;
    dimension_ = dimension;
    stride_ = padded(dimension);
    const auto factor = [&](std::size_t across, std::size_t along) {
      return kernels::tiles::Factor{arena.take<std::uint32_t>(across * along * kernels::tiles::words).data(), across,
                                    along};
    };
    const std::size_t along = kernels::tiles::tiles_along(dimension);
    const std::size_t across = kernels::tiles::tiles_across(dimension);
    centres_left_ = factor(1, along);
    centres_transposed_ = factor(1, along);
    centres_ = factor(across, 1);
    others_left_ = factor(1, along);
    others_ = factor(across, 1);
    weights_ = factor(1, 1);
  }

  void set_centres(const kernels::RowList<float>& rows) noexcept {
    kernels::tiles::gather(centres_left_, centres_, rows);
    kernels::tiles::transpose(centres_transposed_, centres_left_);
  }
  void score(std::span<float> scores, const kernels::RowList<float>& others) noexcept {
    kernels::tiles::gather(others_left_, others_, others);
    kernels::tiles::product({scores.data(), pass_block, pass_block, pass_block}, others_left_, centres_transposed_,
                            dimension_, unit_);
  }
  void add_centre_gradients(std::span<float> gradients, std::span<const float> weights) noexcept {
    kernels::tiles::pack_transposed(weights_, {weights.data(), pass_block, pass_block, pass_block});
    kernels::tiles::add_product({gradients.data(), pass_block, stride_, stride_}, weights_, others_, pass_block, unit_);
  }
  void other_gradients(std::span<float> gradients, std::span<const float> weights, std::size_t) noexcept {
    kernels::tiles::pack(weights_, {weights.data(), pass_block, pass_block, pass_block});
    kernels::tiles::product({gradients.data(), pass_block, stride_, stride_}, weights_, centres_, pass_block, unit_);
  }

  [[nodiscard]] kernels::tiles::Unit unit() const noexcept { return unit_; }

 private:
  kernels::tiles::Unit unit_ = kernels::tiles::Unit::none;
  std::size_t dimension_ = 0, stride_ = 0;
  kernels::tiles::Factor centres_left_, centres_transposed_, centres_;  // U, U^T, U
  kernels::tiles::Factor others_left_, others_;                         // V
  kernels::tiles::Factor weights_;                                      // W^T, then W
};

}  // namespace gaugeline
