// The kernels that work on lists of rows of a table.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

#include "versions.hpp"

namespace gaugeline::kernels {
namespace {

constexpr std::size_t dot_side = 4;  // rows at a time
constexpr std::size_t ahead = 2 * dot_side;

template <std::size_t width, std::size_t height, class Scalar>
GAUGELINE_INLINE void add_products(Lanes<Scalar, width> (&sums)[height][dot_side], const Scalar* const (&a)[height],
                                   const Scalar* const (&b)[dot_side], std::size_t k) noexcept {
  Lanes<Scalar, width> right[dot_side];
  GAUGELINE_UNROLL
  for (std::size_t j = 0; j < dot_side; ++j) load(right[j], b[j] + k);
  GAUGELINE_UNROLL
  for (std::size_t i = 0; i < height; ++i) {
    Lanes<Scalar, width> left;
    load(left, a[i] + k);
    GAUGELINE_UNROLL
    for (std::size_t j = 0; j < dot_side; ++j) sums[i][j] += left * right[j];
  }
}

// Adds each sum's lanes, and the products from k on, which are fewer than a width.
template <std::size_t width, std::size_t height, class Scalar>
GAUGELINE_INLINE void finish_dots(Lanes<Scalar, dot_side> (&dots)[height],
                                  Lanes<Scalar, width> (&sums)[height][dot_side], const Scalar* const (&a)[height],
                                  const Scalar* const (&b)[dot_side], std::size_t k, std::size_t depth) noexcept {
  if constexpr (width > dot_side) {
    Lanes<Scalar, width / 2> halves[height][dot_side];
    GAUGELINE_UNROLL
    for (std::size_t i = 0; i < height; ++i) {
      GAUGELINE_UNROLL
      for (std::size_t j = 0; j < dot_side; ++j)
        add_halves(halves[i][j], sums[i][j], std::make_index_sequence<width / 2>());
    }
    if (k + width / 2 <= depth) {
      add_products<width / 2>(halves, a, b, k);
      k += width / 2;
    }
    finish_dots<width / 2>(dots, halves, a, b, k, depth);
  } else {
    GAUGELINE_UNROLL
    for (std::size_t i = 0; i < height; ++i) add_across(dots[i], sums[i]);
    for (; k < depth; ++k) {
      const Lanes<Scalar, dot_side> right{b[0][k], b[1][k], b[2][k], b[3][k]};
      GAUGELINE_UNROLL
      for (std::size_t i = 0; i < height; ++i) dots[i] += a[i][k] * right;
    }
  }
}

// dots[i][j] = a[i] . b[j]
template <std::size_t width, std::size_t height, class Scalar>
GAUGELINE_INLINE void dot_tile(Lanes<Scalar, dot_side> (&dots)[height], const Scalar* const (&a)[height],
                               const Scalar* const (&b)[dot_side], std::size_t depth) noexcept {
  Lanes<Scalar, width> sums[height][dot_side] = {};
  std::size_t k = 0;
  for (; k + width <= depth; k += width) add_products<width>(sums, a, b, k);
  finish_dots<width>(dots, sums, a, b, k, depth);
}

template <class Scalar>
GAUGELINE_INLINE const Scalar* row_of(const RowList<Scalar>& rows, std::size_t e) noexcept {
  return rows.table + (rows.at == nullptr ? e : rows.at[e]) * rows.dimension;
}

// Asks for a list's next rows from e on: they lie anywhere in a table that may be larger than the caches.
template <class Scalar>
GAUGELINE_INLINE void prefetch_rows(const RowList<Scalar>& rows, std::size_t e) noexcept {
  constexpr std::size_t line = 64 / sizeof(Scalar);
  if (rows.at == nullptr) return;
  for (std::size_t r = e; r < std::min(e + dot_side, rows.count); ++r) {
    for (std::size_t k = 0; k < rows.dimension; k += line) __builtin_prefetch(row_of(rows, r) + k);
  }
}

// dots[r] = x . rows[e + r], where rows past the end repeat the last one.
template <std::size_t bytes, class Scalar>
GAUGELINE_INLINE void dots_of_rows(Lanes<Scalar, dot_side>& dots, const Scalar* x, const RowList<Scalar>& rows,
                                   std::size_t e) noexcept {
  const Scalar* const left[1] = {x};
  const Scalar* right[dot_side];
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < dot_side; ++r) right[r] = row_of(rows, std::min(e + r, rows.count - 1));
  Lanes<Scalar, dot_side> sums[1];
  dot_tile<widest<Scalar, bytes>>(sums, left, right, rows.dimension);
  dots = sums[0];
}

// y += the sum of weights[r] rows[e + r] over r < height
template <std::size_t bytes, std::size_t height, class Scalar>
GAUGELINE_INLINE void add_some_rows(Scalar* y, const Scalar* weights, const RowList<Scalar>& rows,
                                    std::size_t e) noexcept {
  Scalar weight[height];
  const Scalar* row[height];
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < height; ++r) {
    weight[r] = weights[r];
    row[r] = row_of(rows, e + r);
  }
  for_lanes<widest<Scalar, bytes>>(rows.dimension, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
    Lanes<Scalar, width()> sum;
    load(sum, y + begin);
    GAUGELINE_UNROLL
    for (std::size_t r = 0; r < height; ++r) {
      Lanes<Scalar, width()> lanes;
      load(lanes, row[r] + begin);
      sum += weight[r] * lanes;
    }
    store(y + begin, sum);
  });
}

struct Dots {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(Scalar* products, const Scalar* x, const RowList<Scalar>& rows) noexcept {
    for (std::size_t e = 0; e < rows.count; e += dot_side) {
      prefetch_rows(rows, e + ahead);
      Lanes<Scalar, dot_side> dots;
      dots_of_rows<bytes>(dots, x, rows, e);
      if (e + dot_side <= rows.count) {
        store(products + e, dots);
      } else {
        for (std::size_t r = 0; e + r < rows.count; ++r) products[e + r] = dots[r];
      }
    }
  }
};

struct AddRows {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(Scalar* y, const Scalar* weights, const RowList<Scalar>& rows) noexcept {
    std::size_t e = 0;
    for (; e + dot_side <= rows.count; e += dot_side) {
      prefetch_rows(rows, e + ahead);
      add_some_rows<bytes, dot_side>(y, weights + e, rows, e);
    }
    for (; e < rows.count; ++e) add_some_rows<bytes, 1>(y, weights + e, rows, e);
  }
};

struct AddNormalProduct {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(Scalar* y, const Scalar* x, const Scalar* weights,
                                   const RowList<Scalar>& rows) noexcept {
    for (std::size_t e = 0; e < rows.count; e += dot_side) {
      prefetch_rows(rows, e + ahead);
      const std::size_t count = std::min(dot_side, rows.count - e);
      Lanes<Scalar, dot_side> dots;
      dots_of_rows<bytes>(dots, x, rows, e);
      Scalar weighted[dot_side];
      store(weighted, dots);
      for (std::size_t r = 0; r < count; ++r) weighted[r] *= weights[e + r];
      if (count == dot_side) {
        add_some_rows<bytes, dot_side>(y, weighted, rows, e);
      } else {
        for (std::size_t r = 0; r < count; ++r) add_some_rows<bytes, 1>(y, weighted + r, rows, e + r);
      }
    }
  }
};

struct Gather {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(const Block<Scalar>& to, const RowList<Scalar>& rows) noexcept {
    for (std::size_t e = 0; e < rows.count; ++e) {
      if (e % dot_side == 0) prefetch_rows(rows, e + ahead);
      const Scalar* const from = row_of(rows, e);
      Scalar* const row = to.data + e * to.row_step;
      for_lanes<widest<Scalar, bytes>>(rows.dimension,
                                       [&](auto width, std::size_t begin) __attribute__((always_inline)) {
                                         Lanes<Scalar, width()> lanes;
                                         load(lanes, from + begin);
                                         store(row + begin, lanes);
                                       });
      for (std::size_t j = rows.dimension; j < to.columns; ++j) row[j] = 0;
    }
  }
};

struct GatherWeighted {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(const Block<Scalar>& to, const Block<const Scalar>& rows, const std::uint32_t* at,
                                   const Scalar* weights) noexcept {
    for (std::size_t e = 0; e < to.rows; ++e) {
      const Scalar* const from = rows.data + at[e] * rows.row_step;
      Scalar* const row = to.data + e * to.row_step;
      const Scalar weight = weights == nullptr ? Scalar(1) : weights[at[e]];
      for_lanes<widest<Scalar, bytes>>(rows.columns, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
        Lanes<Scalar, width()> lanes;
        load(lanes, from + begin);
        lanes *= weight;
        store(row + begin, lanes);
      });
    }
  }
};

struct AddTo {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(double* sums, std::size_t count, const Scalar* x) noexcept {
    for_lanes<widest<double, bytes>>(count, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
      Lanes<Scalar, width()> lanes;
      Lanes<double, width()> sum;
      load(lanes, x + begin);
      load(sum, sums + begin);
      sum += __builtin_convertvector(lanes, Lanes<double, width()>);
      store(sums + begin, sum);
    });
  }
};

struct Rotate {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(Scalar* x, Scalar* y, std::size_t count, Scalar c, Scalar s) noexcept {
    for_lanes<widest<Scalar, bytes>>(count, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
      Lanes<Scalar, width()> a;
      Lanes<Scalar, width()> b;
      load(a, x + begin);
      load(b, y + begin);
      const Lanes<Scalar, width()> turned = c * a - s * b;
      b = s * a + c * b;
      store(x + begin, turned);
      store(y + begin, b);
    });
  }
};

struct Descend {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(const Descent<Scalar>& descent, const std::uint32_t* at,
                                   const Block<const Scalar>& gradients) noexcept {
    const std::size_t d = descent.dimension;
    for (std::size_t e = 0; e < gradients.rows; ++e) {
      const Scalar* const gradient = gradients.data + e * gradients.row_step;
      const Scalar* const same[dot_side] = {gradient, gradient, gradient, gradient};
      const Scalar* const left[1] = {gradient};
      Lanes<Scalar, dot_side> squares[1];
      dot_tile<widest<Scalar, bytes>>(squares, left, same, d);
      Scalar& energy = descent.energy[at[e]];
      energy += squares[0][0] / static_cast<Scalar>(d);
      const Scalar step = descent.rate / std::sqrt(energy);
      Scalar* const row = descent.table + at[e] * d;
      for_lanes<widest<Scalar, bytes>>(d, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
        Lanes<Scalar, width()> z;
        Lanes<Scalar, width()> g;
        load(z, row + begin);
        load(g, gradient + begin);
        z -= step * g;
        store(row + begin, z);
      });
    }
  }
};

}  // namespace

template <class Scalar>
void dots(Scalar* products, const Scalar* x, const RowList<Scalar>& rows, Units units) noexcept {
  run<Dots>(units, products, x, rows);
}

template <class Scalar>
void add_rows(Scalar* y, const Scalar* weights, const RowList<Scalar>& rows, Units units) noexcept {
  run<AddRows>(units, y, weights, rows);
}

template <class Scalar>
void add_normal_product(Scalar* y, const Scalar* x, const Scalar* weights, const RowList<Scalar>& rows,
                        Units units) noexcept {
  run<AddNormalProduct>(units, y, x, weights, rows);
}

template <class Scalar>
void gather(const Block<Scalar>& to, const RowList<Scalar>& rows, Units units) noexcept {
  run<Gather>(units, to, rows);
}

template <class Scalar>
void gather_weighted(const Block<Scalar>& to, const ConstBlock<Scalar>& rows, const std::uint32_t* at,
                     const std::type_identity_t<Scalar>* weights, Units units) noexcept {
  run<GatherWeighted>(units, to, rows, at, weights);
}

template <class Scalar>
void add_to(std::span<double> sums, const Scalar* x, Units units) noexcept {
  run<AddTo>(units, sums.data(), sums.size(), x);
}

template <class Scalar>
void descend(const Descent<Scalar>& descent, const std::uint32_t* at, const ConstBlock<Scalar>& gradients,
             Units units) noexcept {
  run<Descend>(units, descent, at, gradients);
}

template <class Scalar>
void rotate(std::span<Scalar> x, std::span<Scalar> y, std::type_identity_t<Scalar> c, std::type_identity_t<Scalar> s,
            Units units) noexcept {
  run<Rotate>(units, x.data(), y.data(), x.size(), c, s);
}

template void dots(float*, const float*, const RowList<float>&, Units) noexcept;
template void dots(double*, const double*, const RowList<double>&, Units) noexcept;
template void add_rows(float*, const float*, const RowList<float>&, Units) noexcept;
template void add_rows(double*, const double*, const RowList<double>&, Units) noexcept;
template void add_normal_product(float*, const float*, const float*, const RowList<float>&, Units) noexcept;
template void add_normal_product(double*, const double*, const double*, const RowList<double>&, Units) noexcept;
template void gather(const Block<float>&, const RowList<float>&, Units) noexcept;
template void gather(const Block<double>&, const RowList<double>&, Units) noexcept;
template void gather_weighted(const Block<float>&, const Block<const float>&, const std::uint32_t*, const float*,
                              Units) noexcept;
template void gather_weighted(const Block<double>&, const Block<const double>&, const std::uint32_t*, const double*,
                              Units) noexcept;
template void add_to(std::span<double>, const float*, Units) noexcept;
template void add_to(std::span<double>, const double*, Units) noexcept;
template void rotate(std::span<float>, std::span<float>, float, float, Units) noexcept;
template void rotate(std::span<double>, std::span<double>, double, double, Units) noexcept;
template void descend(const Descent<float>&, const std::uint32_t*, const Block<const float>&, Units) noexcept;
template void descend(const Descent<double>&, const std::uint32_t*, const Block<const double>&, Units) noexcept;

}  // namespace gaugeline::kernels
