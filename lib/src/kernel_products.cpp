// The kernels that multiply blocks of matrices.
#include <algorithm>
#include <utility>

#include "versions.hpp"

namespace gaugeline::kernels {
namespace {

// c's rows from i on, `height` of them or, if `partial`, as many of these as there are, and columns [j, j + vectors *
// width): a b, added or not.
template <bool add, bool partial, std::size_t width, std::size_t height, std::size_t vectors, class Scalar>
GAUGELINE_INLINE void product_tile(const Block<Scalar>& c, const Block<const Scalar>& a, const Block<const Scalar>& b,
                                   std::size_t i, std::size_t j) noexcept {
  Lanes<Scalar, width> sums[height][vectors] = {};
  const Scalar* factors[height];
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < height; ++r) {
    const std::size_t row = partial ? std::min(i + r, c.rows - 1) : i + r;  // the last one again and again
    factors[r] = a.data + row * a.row_step;
    if constexpr (add) {
      GAUGELINE_UNROLL
      for (std::size_t v = 0; v < vectors; ++v) load(sums[r][v], c.data + row * c.row_step + j + v * width);
    }
  }
  const Scalar* from = b.data + j;
  for (std::size_t k = 0; k < b.rows; ++k, from += b.row_step) {
    Lanes<Scalar, width> lanes[vectors];
    GAUGELINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) load(lanes[v], from + v * width);
    GAUGELINE_UNROLL
    for (std::size_t r = 0; r < height; ++r) {
      GAUGELINE_UNROLL
      for (std::size_t v = 0; v < vectors; ++v) sums[r][v] += factors[r][k * a.column_step] * lanes[v];
    }
  }
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < height; ++r) {
    if (partial && i + r >= c.rows) break;
    GAUGELINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) store(c.data + (i + r) * c.row_step + j + v * width, sums[r][v]);
  }
}

template <bool add>
struct Product {
  // Sums take three quarters of the registers: of 32, 8 rows by 3 vectors, for which 11 numbers are read; or of the 16
  // of narrower units, 4 by 2.
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(const Block<Scalar>& c, const Block<const Scalar>& a,
                                   const Block<const Scalar>& b) noexcept {
    constexpr std::size_t width = widest<Scalar, bytes>;
    constexpr bool many = bytes == 64;
    std::size_t j = 0;
    // Vectors left, none of which by itself where it can be helped: one vector is bound by what is read.
    for (std::size_t left = c.columns / width; left > 0;) {
      if constexpr (many) {
        if (left == 3 || left > 4) {
          panel<width, 8, 3>(c, a, b, j);
          left -= 3;
          j += 3 * width;
          continue;
        }
      }
      if (left == 1) break;
      panel<width, many ? 8 : 4, 2>(c, a, b, j);
      left -= 2;
      j += 2 * width;
    }
    if constexpr (!add) {
      // The last columns, which fill no register: some before them are computed again, to the same numbers.
      const std::size_t rest = (c.columns - j + width - 1) / width;
      if (rest * width <= c.columns) j = c.columns - rest * width;
      if (rest == 2 && rest * width <= c.columns) {
        panel<width, many ? 8 : 4, 2>(c, a, b, j);
        return;
      }
    }
    for_lanes<width>(
        c.columns,
        [&](auto lanes, std::size_t begin) __attribute__((always_inline)) { panel<lanes(), 8, 1>(c, a, b, begin); }, j);
  }

 private:
  // All rows of these columns: `height` at a time, then half as many, ...
  template <std::size_t width, std::size_t height, std::size_t vectors, class Scalar>
  GAUGELINE_INLINE static void panel(const Block<Scalar>& c, const Block<const Scalar>& a, const Block<const Scalar>& b,
                                     std::size_t j, std::size_t i = 0) noexcept {
    for (; i + height <= c.rows; i += height) product_tile<add, false, width, height, vectors>(c, a, b, i, j);
    if constexpr (height > 4) {
      panel<width, height / 2, vectors>(c, a, b, j, i);
    } else {
      if (i < c.rows) product_tile<add, true, width, height, vectors>(c, a, b, i, j);
    }
  }
};

// The block of `width` by `width` at (i, j): by log2(width) rounds of interleaving rows that are half of them apart.
template <std::size_t width, class Scalar>
GAUGELINE_INLINE void transpose_square(const Block<Scalar>& to, const Block<const Scalar>& from, std::size_t i,
                                       std::size_t j) noexcept {
  Lanes<Scalar, width> lanes[width];
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < width; ++r) load(lanes[r], from.data + (i + r) * from.row_step + j);
  GAUGELINE_UNROLL
  for (std::size_t round = 1; round < width; round *= 2) {
    Lanes<Scalar, width> next[width];
    GAUGELINE_UNROLL
    for (std::size_t r = 0; r < width / 2; ++r) {
      next[2 * r] = lanes[r];
      next[2 * r + 1] = lanes[r + width / 2];
      interleave(next[2 * r], next[2 * r + 1], std::make_index_sequence<width>());
    }
    GAUGELINE_UNROLL
    for (std::size_t r = 0; r < width; ++r) lanes[r] = next[r];
  }
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < width; ++r) store(to.data + (j + r) * to.row_step + i, lanes[r]);
}

struct Transpose {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(const Block<Scalar>& to, const Block<const Scalar>& from) noexcept {
    constexpr std::size_t width = widest<Scalar, bytes>;
    std::size_t i = 0;
    for (; i + width <= from.rows; i += width) {
      std::size_t j = 0;
      for (; j + width <= from.columns; j += width) transpose_square<width>(to, from, i, j);
      copy_one_by_one(to, from, {i, i + width}, j);
    }
    copy_one_by_one(to, from, {i, from.rows}, 0);
  }

 private:
  template <class Scalar>
  GAUGELINE_INLINE static void copy_one_by_one(const Block<Scalar>& to, const Block<const Scalar>& from,
                                               std::pair<std::size_t, std::size_t> rows, std::size_t column) noexcept {
    for (std::size_t i = rows.first; i < rows.second; ++i) {
      for (std::size_t j = column; j < from.columns; ++j)
        to.data[j * to.row_step + i] = from.data[i * from.row_step + j];
    }
  }
};

}  // namespace

template <class Scalar>
void add_product(const Block<Scalar>& c, const ConstBlock<Scalar>& a, const ConstBlock<Scalar>& b,
                 Units units) noexcept {
  run<Product<true>>(units, c, a, b);
}

template <class Scalar>
void product(const Block<Scalar>& c, const ConstBlock<Scalar>& a, const ConstBlock<Scalar>& b, Units units) noexcept {
  run<Product<false>>(units, c, a, b);
}

template <class Scalar>
void transpose(const Block<Scalar>& to, const ConstBlock<Scalar>& from, Units units) noexcept {
  run<Transpose>(units, to, from);
}

template void add_product(const Block<float>&, const Block<const float>&, const Block<const float>&, Units) noexcept;
template void add_product(const Block<double>&, const Block<const double>&, const Block<const double>&, Units) noexcept;
template void product(const Block<float>&, const Block<const float>&, const Block<const float>&, Units) noexcept;
template void product(const Block<double>&, const Block<const double>&, const Block<const double>&, Units) noexcept;
template void transpose(const Block<float>&, const Block<const float>&, Units) noexcept;
template void transpose(const Block<double>&, const Block<const double>&, Units) noexcept;

}  // namespace gaugeline::kernels
