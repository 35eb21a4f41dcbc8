#include "similarity_kernels.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "versions.hpp"

namespace gaugeline::kernels {
namespace {

constexpr std::size_t side = 4;  // rows at a time

enum class Norms { leave_out, add };

// Asks for what lies as far ahead as memory takes to answer: without it a query takes a quarter longer than a read of
// the table, with it less. Past the end of a table it does nothing.
GAUGELINE_INLINE void prefetch(const float* numbers, std::size_t count) noexcept {
  constexpr std::size_t ahead = 8192;
  constexpr std::size_t cache_line = 64;
  const char* const bytes = reinterpret_cast<const char*>(numbers) + ahead;
  for (std::size_t b = 0; b < count * sizeof(float); b += cache_line) __builtin_prefetch(bytes + b);
}

// The sums of a tile: `height` queries and, after them, the rows themselves, with `side` rows.
template <std::size_t width, std::size_t height, Norms norms>
struct TileSums {
  static constexpr std::size_t lines = height + (norms == Norms::add ? 1 : 0);
  Lanes<float, width> of[lines][side];
};

// Any run of lanes from here is a mask of its last ones.
constexpr std::size_t most_lanes = 16;
constexpr std::int32_t none_then_all[2 * most_lanes] = {0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
                                                        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};

// Lanes of numbers, those outside of `mask` as 0.
template <class Vector, class Mask>
GAUGELINE_INLINE void load_masked(Vector& lanes, const float* from, const Mask& mask) noexcept {
  load(lanes, from);
  lanes = reinterpret_cast<Vector>(reinterpret_cast<Mask>(lanes) & mask);
}

// load_lanes(lanes, from) loads them from memory.
template <std::size_t width, std::size_t height, Norms norms, class Load>
GAUGELINE_INLINE void add_products(TileSums<width, height, norms>& sums, const float* const* queries,
                                   const float* const (&rows)[side], std::size_t k, const Load& load_lanes) noexcept {
  Lanes<float, width> left[height];
  GAUGELINE_UNROLL
  for (std::size_t i = 0; i < height; ++i) load_lanes(left[i], queries[i] + k);
  GAUGELINE_UNROLL
  for (std::size_t j = 0; j < side; ++j) {
    Lanes<float, width> right;
    load_lanes(right, rows[j] + k);
    if constexpr (norms == Norms::add) sums.of[height][j] += right * right;
    GAUGELINE_UNROLL
    for (std::size_t i = 0; i < height; ++i) sums.of[i][j] += left[i] * right;
  }
}

template <class Whole>
GAUGELINE_INLINE void add_quarters(Lanes<float, side>& sums, const Whole& whole) noexcept {
  constexpr std::size_t width = sizeof(Whole) / sizeof(float);
  if constexpr (width == side) {
    sums = whole;
  } else {
    Lanes<float, width / 2> half;
    add_halves(half, whole, std::make_index_sequence<width / 2>());
    add_quarters(sums, half);
  }
}

// In each quarter of a register: a's sums of two lanes that are two apart, interleaved with b's.
template <class Vector, std::size_t... i>
GAUGELINE_INLINE void add_pairs(Vector& sums, const Vector& a, const Vector& b, std::index_sequence<i...>) noexcept {
  constexpr std::size_t width = sizeof...(i);
  sums = __builtin_shufflevector(a, b, (i / 4 * 4 + i % 4 / 2 + i % 2 * width)...) +
         __builtin_shufflevector(a, b, (i / 4 * 4 + i % 4 / 2 + i % 2 * width + 2)...);
}
// sums[j] = the sum of from[j]'s lanes: first within quarters of a register, which costs least, then over them.
template <std::size_t width, std::size_t... i>
GAUGELINE_INLINE void add_across_all(Lanes<float, side>& sums, const Lanes<float, width> (&from)[side],
                                     std::index_sequence<i...>) noexcept {
  Lanes<float, width> a, b;
  add_pairs(a, from[0], from[1], std::index_sequence<i...>());
  add_pairs(b, from[2], from[3], std::index_sequence<i...>());
  const Lanes<float, width> quarters = __builtin_shufflevector(a, b, (i / 4 * 4 + i % 2 + i % 4 / 2 * width)...) +
                                       __builtin_shufflevector(a, b, (i / 4 * 4 + i % 2 + i % 4 / 2 * width + 2)...);
  add_quarters(sums, quarters);
}
// The sums of `height` queries with all rows of a block, whose dimension is at least a width. The last lanes may
// overlap those before, which then count as 0.
template <std::size_t width, std::size_t height, Norms norms>
GAUGELINE_INLINE void sum_wide(RowFigures* dots, RowFigures& squares, const float* const* queries,
                               const RowBlock& rows) noexcept {
  const auto whole = [](auto& lanes, const float* from) __attribute__((always_inline)) { load(lanes, from); };
  const std::size_t rest = rows.dimension % width;
  Lanes<std::int32_t, width> last;  // `rest` lanes
  load(last, &none_then_all[most_lanes - width + rest]);
  for (std::size_t r = 0; r < rows.count; r += side) {
    const float* row[side];
    GAUGELINE_UNROLL
    for (std::size_t j = 0; j < side; ++j) row[j] = rows.data + std::min(r + j, rows.count - 1) * rows.dimension;
    TileSums<width, height, norms> sums = {};
    if constexpr (norms == Norms::add) prefetch(row[0], side * rows.dimension);
    for (std::size_t k = 0; k + width <= rows.dimension; k += width) add_products(sums, queries, row, k, whole);
    if (rest != 0) {
      add_products(sums, queries, row, rows.dimension - width,
                   [&](auto& lanes, const float* from)
                       __attribute__((always_inline)) { load_masked(lanes, from, last); });
    }
#pragma GCC unroll 8  // above the greatest number of lines: registers have no indices
    for (std::size_t i = 0; i < sums.lines; ++i) {
      Lanes<float, side> four;
      add_across_all<width>(four, sums.of[i], std::make_index_sequence<width>());
      store((i < height ? dots[i] : squares).data() + r, four);
    }
  }
}

// One number at a time.
template <std::size_t height, Norms norms>
GAUGELINE_INLINE void sum_narrow(RowFigures* dots, RowFigures& squares, const float* const* queries,
                                 const RowBlock& rows) noexcept {
  // Inlined, so that it is of the same units wherever it is called from, and sums alike.
  const auto dot = [&](const float* a, const float* b) __attribute__((always_inline)) {
    float sum = 0;
    for (std::size_t k = 0; k < rows.dimension; ++k) sum += a[k] * b[k];
    return sum;
  };
  for (std::size_t r = 0; r < rows.count; ++r) {
    const float* const row = rows.data + r * rows.dimension;
    for (std::size_t i = 0; i < height; ++i) dots[i][r] = dot(queries[i], row);
    if constexpr (norms == Norms::add) squares[r] = dot(row, row);
  }
}

template <std::size_t width, std::size_t height, Norms norms>
GAUGELINE_INLINE void sum_block(RowFigures* dots, RowFigures& squares, const float* const* queries,
                                const RowBlock& rows) noexcept {
  if (rows.dimension >= width) {
    sum_wide<width, height, norms>(dots, squares, queries, rows);
  } else if constexpr (width > side) {
    sum_block<width / 2, height, norms>(dots, squares, queries, rows);
  } else {
    sum_narrow<height, norms>(dots, squares, queries, rows);
  }
}

struct SimilaritySums {
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(std::span<RowFigures> dots, RowFigures* norms, std::span<const float* const> queries,
                                   const RowBlock& rows) noexcept {
    constexpr std::size_t width = widest<float, bytes>;
    constexpr std::size_t height = bytes == 64 ? 4 : 2;  // as many sums as there are registers for
    std::size_t q = 1;
    if (queries.size() < height) {
      sum_block<width, 1, Norms::add>(dots.data(), *norms, queries.data(), rows);
    } else {
      sum_block<width, height, Norms::add>(dots.data(), *norms, queries.data(), rows);
      for (q = height; q + height <= queries.size(); q += height)
        sum_block<width, height, Norms::leave_out>(&dots[q], *norms, &queries[q], rows);
    }
    for (; q < queries.size(); ++q) sum_block<width, 1, Norms::leave_out>(&dots[q], *norms, &queries[q], rows);
  }
};

struct AnyAbove {
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(bool* found, const RowFigures& dots, const RowFigures& norms,
                                   double bound) noexcept {
    constexpr std::size_t width = widest<double, bytes>;
    Lanes<std::int64_t, width> above = {};
    for (std::size_t r = 0; r < rows_at_once; r += width) {
      Lanes<float, width> narrow[2];
      load(narrow[0], &dots[r]);
      load(narrow[1], &norms[r]);
      const auto dot = __builtin_convertvector(narrow[0], Lanes<double, width>);
      const auto norm = __builtin_convertvector(narrow[1], Lanes<double, width>);
      above |= dot * (dot < 0 ? -dot : dot) > bound * norm;
    }
    std::int64_t any = 0;
    for (std::size_t i = 0; i < width; ++i) any |= above[i];
    *found = any != 0;
  }
};

}  // namespace

void similarity_sums(std::span<RowFigures> dots, RowFigures& norms, std::span<const float* const> queries,
                     const RowBlock& rows, Units units) noexcept {
  run<SimilaritySums>(units, dots, &norms, queries, rows);
  for (RowFigures& figures : dots.first(queries.size())) std::fill(figures.begin() + rows.count, figures.end(), 0.F);
  std::fill(norms.begin() + rows.count, norms.end(), 0.F);
}

bool any_above(const RowFigures& dots, const RowFigures& norms, double bound, Units units) noexcept {
  bool found = false;
  run<AnyAbove>(units, &found, dots, norms, bound);
  return found;
}

}  // namespace gaugeline::kernels
